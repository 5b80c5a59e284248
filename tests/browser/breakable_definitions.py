"""Definitions in which a table breaks its contract as soon as a file ``break`` lies in the home."""

from __future__ import annotations

import duckdb

from pipelines.definitions import build_defs
from pipelines.settings import Settings
from warehouse.build import build_table

_SETTINGS = Settings.from_environment()


def _build(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    rows = build_table(connection, table)
    if table == "core.fct_cell" and (_SETTINGS.home / "break").exists():
        connection.execute("UPDATE core.fct_cell SET value_state = 'invented' WHERE indicator_code = 'req_new'")
    return rows


defs = build_defs(_SETTINGS, build=_build)
