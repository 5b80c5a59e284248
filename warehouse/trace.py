"""Tracing every published column back through the SELECT of its table, by sqlglot.

Belongs here: what ``make docs`` writes into ``column_lineage.csv``. Does not belong here: anything that a night runs -
it reads the file (``warehouse.lineage``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.lineage import lineage
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import build_scope

from schemas import render
from schemas.form import load_forms
from schemas.rule import load_rules
from schemas.tables import TABLES
from warehouse.build import select_of
from warehouse.judge import judge
from warehouse.lineage import ColumnRef, Traced
from warehouse.stage import create_stage

_Shapes = dict[str, object]
"""schema -> table -> column -> type, as sqlglot takes it"""


def trace() -> tuple[Traced, dict[str, str]]:
    """Published column -> the published columns it is made of; and table -> why it could not be traced.

    Columns that come from the staged night only have no row. Takes about ten seconds.
    """
    shapes = _shapes()
    traced: dict[ColumnRef, tuple[ColumnRef, ...]] = {}
    untraced: dict[str, str] = {}
    for table in TABLES:
        try:
            traced |= {column: sources for column, sources in _columns(table, shapes) if sources}
        except SqlglotError as problem:
            untraced[table] = str(problem)
    return traced, untraced


def _columns(table: str, shapes: _Shapes) -> Iterator[tuple[ColumnRef, tuple[ColumnRef, ...]]]:
    select = qualify(
        sqlglot.parse_one(select_of(table), dialect="duckdb"),
        schema=shapes,
        dialect="duckdb",
        validate_qualify_columns=False,
    )
    scope = build_scope(select)
    for column in TABLES[table].columns:
        node = lineage(str(column), select, schema=shapes, dialect="duckdb", scope=scope, copy=False)
        found = {
            ColumnRef(f"{leaf.source.db}.{leaf.source.name}", leaf.name.rpartition(".")[2].strip('"'))
            for leaf in node.walk()
            if isinstance(leaf.source, exp.Table)
        }
        yield ColumnRef(table, str(column)), tuple(sorted(ref for ref in found if ref.table in TABLES))


def _shapes() -> _Shapes:
    """The published tables and those of the staged and judged night."""
    shapes: defaultdict[str, defaultdict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
    for table, contract in TABLES.items():
        schema, name = table.split(".")
        shapes[schema][name] = {item.name: item.sql_type for item in render.columns_of(contract)}
    with duckdb.connect(":memory:") as connection:
        create_stage(connection)
        judge(connection, load_rules(), load_forms())
        for name, column, sql_type in connection.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE schema_name = 'stage'"
        ).fetchall():
            shapes["stage"][name][column] = sql_type
    return dict(shapes)
