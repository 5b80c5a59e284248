"""Building the tables of a night: contract -> DDL, one SELECT -> rows, contract -> check.

Belongs here: running the SELECTs under ``sql/`` into tables made from ``schemas.tables``, in an order that follows from
the SELECTs themselves, and validating what came out. Does not belong here: judging (``warehouse.judge``), publication
(``warehouse.publish``), reading files.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any, Final

import duckdb
import pandas as pd
import pandera.pandas as pa
import pyarrow
from pandera.config import get_config_context

from schemas import render
from schemas.tables import HISTORIES, TABLES
from warehouse.connection import transaction
from warehouse.releases import history_select

SQL_FOLDER: Final = Path(__file__).parent / "sql"
SCHEMAS: Final = ("core", "mart", "meta")
RELEASED: Final = "release"
LAYERS: Final = (*SCHEMAS, RELEASED)
"""steps that build tables: a schema each, and then what speaks of releases, whatever its schema"""
_DECIDED: Final = "meta.release"


class ContractError(RuntimeError):
    """Validation was switched off from outside; without it nothing may be published."""


def select_of(table: str) -> str:
    """The SELECT of 'schema.table'; those of histories differ in nothing but the table that they are of."""
    if table in HISTORIES:
        return history_select(table)
    schema, name = table.split(".")
    return (SQL_FOLDER / schema / f"{name}.sql").read_text(encoding="utf-8")


@cache
def dependencies(table: str) -> frozenset[str]:
    """The published tables that the SELECT of ``table`` reads, as DuckDB's parser finds them.

    The parse tree is walked because ``get_table_names`` leaves out a table that has an alias.
    """
    with duckdb.connect(":memory:") as connection:
        row = connection.execute("SELECT json_serialize_sql(?)", [select_of(table)]).fetchone()
    tree = json.loads(row[0]) if row else {}
    if tree.get("error", True):
        raise ValueError(f"{table}: {tree.get('error_message', 'no parse tree')}")
    return frozenset(_tables_in(tree)) & TABLES.keys()


@cache
def layer_of(table: str) -> str:
    """The step that builds ``table``: what reads the releases, directly or not, comes after all else."""
    return RELEASED if _DECIDED in build_order(table) else table.split(".", maxsplit=1)[0]


def _tables_in(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if node.get("type") == "BASE_TABLE":
            yield f"{node['schema_name']}.{node['table_name']}"
        for child in node.values():
            yield from _tables_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from _tables_in(child)


@cache
def build_order(*wanted: str) -> tuple[str, ...]:
    """Every published table - or only ``wanted`` and what they read, directly or not - after those that it reads."""
    found: dict[str, frozenset[str]] = {}
    waiting = list(wanted or TABLES)
    while waiting:
        table = waiting.pop()
        if table not in found:
            found[table] = dependencies(table)
            waiting += found[table]
    return tuple(TopologicalSorter({table: sorted(found[table]) for table in TABLES if table in found}).static_order())


def build_table(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Replace ``table`` by the rows of its SELECT; returns their number."""
    contract = TABLES[table]
    schema, _ = table.split(".")
    with transaction(connection):
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.execute(f"DROP TABLE IF EXISTS {table}")
        connection.execute(render.create_table(contract))
        connection.execute(f"INSERT INTO {table} BY NAME {select_of(table)}")
        for statement in render.comments(contract):
            connection.execute(statement)
    return row_count(connection, table)


def row_count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of ``table``."""
    row = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a name of ours
    return int(row[0]) if row else 0


def violations(connection: duckdb.DuckDBPyConnection, table: str) -> pd.DataFrame:
    """What in ``table`` breaks its contract: columns check, column, index, failure_case; empty where it holds."""
    frame = connection.table(table).to_arrow_table().to_pandas(types_mapper=pd.ArrowDtype)
    return contract_failures(TABLES[table], frame)


def contract_failures(contract: pa.DataFrameSchema, frame: pd.DataFrame) -> pd.DataFrame:
    """The failure cases of ``frame`` under ``contract``, sorted; raises ContractError if validation is switched off."""
    if not get_config_context().validation_enabled:
        raise ContractError("PANDERA_VALIDATION_ENABLED is off: unset it, an unchecked table is never published")
    try:
        contract.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases: pd.DataFrame = errors.failure_cases[["check", "column", "index", "failure_case"]]
        return cases.sort_values(["index", "column", "check"], na_position="first").reset_index(drop=True)
    return pd.DataFrame(columns=["check", "column", "index", "failure_case"])


def load_rows(connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    """Append dictionaries to a staging table by column name, through Arrow with the table's own types."""
    batch = list(rows)
    if not batch:
        return
    empty = connection.table(table).limit(0).to_arrow_table()
    connection.register("incoming", pyarrow.Table.from_pylist(batch, schema=empty.schema))
    connection.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")  # noqa: S608 - a name of ours
    connection.unregister("incoming")
