"""What analysts touch: the database, its SQL and its publication.

Belongs here: DuckDB, the SELECTs that build each table, the build of a night and its switch into place. Does not belong
here: reading files, the scheduler. May import ``schemas``; never ``pipelines``, never dagster.
"""
