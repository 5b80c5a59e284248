"""A small city's file as analysts find it: every table, what is laid over them, and the register's words.

Belongs here: filling in the tables that ``City`` does not make. Does not belong here: any expectation.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from schemas import render
from schemas.tables import TABLES
from tests.unit.city import City, knowledge
from warehouse.build import build_table, load_rows
from warehouse.publish import descriptions

_CHAIN = """
INSERT INTO core.submission_chain BY NAME
SELECT submission_id, organ_code, report_year, form_code, status, is_official, received_at, resubmission_reason,
       CAST(row_number() OVER (PARTITION BY organ_code, report_year, form_code ORDER BY sequence) AS INTEGER) AS version
FROM core.fct_submission"""


def explained(city: City, on: datetime = datetime(2025, 6, 1, 2)) -> duckdb.DuckDBPyConnection:
    """The tables of ``city`` with comments, views and macros; what it has no rows for is empty."""
    connection = city.built(on)
    build_table(connection, "mart.submission_status")
    connection.execute("CREATE SCHEMA IF NOT EXISTS meta")
    there = {
        f"{schema}.{name}"
        for schema, name in connection.sql("SELECT schema_name, table_name FROM duckdb_tables()").fetchall()
    }
    for table, contract in TABLES.items():
        if table not in there:
            connection.execute(render.create_table(contract))
    rows = knowledge().rows()
    load_rows(connection, "core.dim_form", rows["form"])
    load_rows(connection, "core.dim_indicator", rows["indicator"])
    connection.execute(
        "INSERT INTO core.dim_organ_name"
        " SELECT organ_code, name || '（曾用）', 'former', 2000, 2010 FROM core.dim_organ"
    )
    connection.execute(_CHAIN)
    for statement in descriptions():
        connection.execute(statement)
    return connection
