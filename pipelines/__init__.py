"""What happens: reading files, the nightly assets and checks, the command line.

Belongs here: everything that moves bytes or is scheduled; the only room that imports dagster.
"""
