"""Sample figures in the shape of a real city: what is published and what is made up is said in ``README.md``.

Belongs here: figures, and the making of files from them. Does not belong here: anything that the pipeline needs to run.
"""
