"""Opening a DuckDB file, for a reader and for the one writer.

Belongs here: how a connection is made and how a transaction ends. Does not belong here: any statement on a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import duckdb

_OFFLINE: Final[dict[str, str | bool | int | float | list[str]]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
CATALOG: Final = "disclosure"
STORAGE_VERSION: Final = "v1.4.0"
"""Drivers from 1.4 on read it, and it refuses a foreign write-ahead log."""


@contextmanager
def writer(path: Path, block_bytes: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """The build database of a night, created if absent, as catalog ``disclosure``; closed whatever happens.

    A column takes at least one block (256 KiB): ``block_bytes`` makes a new file of small tables several times smaller.
    """
    connection = duckdb.connect(":memory:", config=_OFFLINE)
    try:
        blocks = f", BLOCK_SIZE {block_bytes}" if block_bytes else ""
        connection.execute(f"ATTACH '{quoted(path)}' AS {CATALOG} (STORAGE_VERSION '{STORAGE_VERSION}'{blocks})")
        connection.execute(f"USE {CATALOG}")
        yield connection
    finally:
        connection.close()


@contextmanager
def scratch() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that never writes a file, not even to make room; closed whatever happens."""
    connection = duckdb.connect(":memory:", config=_OFFLINE | {"temp_directory": ""})
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def reader(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A published file, read-only and offline."""
    connection = duckdb.connect(str(path), read_only=True, config=_OFFLINE)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing: rolls back and re-raises. After an error DuckDB's own COMMIT would succeed and store nothing."""
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def quoted(path: Path) -> str:
    """A path as the inside of an SQL string literal."""
    return str(path).replace("'", "''")


def dicts(connection: duckdb.DuckDBPyConnection, query: str, params: Sequence[Any] = ()) -> list[dict[str, Any]]:
    """The rows of a query as dictionaries, through Arrow: decimals stay exact. ``params`` stand for its ``?``."""
    rows: list[dict[str, Any]] = connection.sql(query, params=list(params)).to_arrow_table().to_pylist()
    return rows
