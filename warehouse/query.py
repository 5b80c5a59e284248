"""A read-only look at the published file for the command line.

Belongs here: bounds on a statement that somebody typed: no files, no settings, no extensions, bounded time and memory.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

import duckdb
import pyarrow

from warehouse.connection import reader

_ALLOWED: Final = frozenset({duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN, duckdb.StatementType.CALL})


class QueryError(ValueError):
    """The statement is not one that only reads, or it ran out of its bounds."""


def query(path: Path, statement: str, *, max_rows: int, seconds: float = 60, memory: str = "2GB") -> pyarrow.Table:
    """The first ``max_rows`` rows of one reading statement on the published file.

    Raises QueryError for anything but a single SELECT, EXPLAIN, DESCRIBE, SHOW or SUMMARIZE, and when time runs out.
    """
    with reader(path) as connection:
        statements = connection.extract_statements(statement)
        if len(statements) != 1 or statements[0].type not in _ALLOWED:
            raise QueryError("give one statement that only reads: SELECT, DESCRIBE, SHOW, SUMMARIZE or EXPLAIN")
        connection.execute(f"SET memory_limit='{memory}'")
        connection.execute("SET enable_external_access=false")
        connection.execute("SET lock_configuration=true")
        timer = threading.Timer(seconds, connection.interrupt)
        timer.start()
        try:
            batches = connection.execute(statements[0]).to_arrow_reader(max_rows)
            return pyarrow.Table.from_batches(_first(batches, max_rows), schema=batches.schema).slice(0, max_rows)
        except duckdb.InterruptException:
            raise QueryError(f"the statement ran longer than {seconds:g} seconds and was stopped") from None
        finally:
            timer.cancel()


def _first(batches: pyarrow.RecordBatchReader, max_rows: int) -> list[pyarrow.RecordBatch]:
    """Batches until there are enough rows: the rest of a large result is never fetched."""
    taken: list[pyarrow.RecordBatch] = []
    rows = 0
    for batch in batches:
        taken.append(batch)
        rows += batch.num_rows
        if rows >= max_rows:
            break
    return taken
