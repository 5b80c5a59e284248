"""Which published columns a published column is made of.

Belongs here: reading ``column_lineage.csv``, which ``warehouse.trace`` writes (``make docs``): tracing takes ten
seconds, a night none. What was traced from another SELECT than the table has now is not shown; a test asks for the file
to be current. Does not belong here: how the scheduler shows it.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from warehouse.build import select_of

LINEAGE_FILE: Final = Path(__file__).parent / "column_lineage.csv"


class ColumnRef(NamedTuple):
    """A column of a published table."""

    table: str
    column: str


Traced = Mapping[ColumnRef, tuple[ColumnRef, ...]]


def column_lineage(table: str) -> dict[str, tuple[ColumnRef, ...]]:
    """Column of ``table`` -> the published columns it is made of; none for what comes from the staged night only.

    Columns that a row is chosen by, and not made of, are in the dependencies of the table.
    """
    selected, columns = recorded().get(table, ("", {}))
    return columns if selected == mark_of(table) else {}


def write_lineage(traced: Traced, file: Path = LINEAGE_FILE) -> None:
    """Write what was traced, one line for each column."""
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(("table", "select", "column", "made_of"))
        for (table, column), sources in sorted(traced.items()):
            writer.writerow((table, mark_of(table), column, " ".join(".".join(source) for source in sources)))


@cache
def mark_of(table: str) -> str:
    """Which SELECT the table has: the first 12 hex of its SHA-256."""
    return hashlib.sha256(select_of(table).encode()).hexdigest()[:12]


@cache
def recorded() -> dict[str, tuple[str, dict[str, tuple[ColumnRef, ...]]]]:
    """Table -> the mark of the SELECT that was traced, and its columns; empty where there is no file."""
    found: dict[str, tuple[str, dict[str, tuple[ColumnRef, ...]]]] = {}
    if LINEAGE_FILE.exists():
        with LINEAGE_FILE.open(encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                _, columns = found.setdefault(row["table"], (row["select"], {}))
                columns[row["column"]] = tuple(_references(row["made_of"].split()))
    return found


def _references(texts: Iterable[str]) -> Iterable[ColumnRef]:
    for text in texts:
        table, _, column = text.rpartition(".")
        yield ColumnRef(table, column)
