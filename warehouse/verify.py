"""Reading back a file that is about to be published, in a process of its own.

Belongs here: proof that every block of every column can be read and that the columns are those of the contracts. What
they say comes on standard input, as JSON: table, view or call of a table macro -> [[column, type], ...], or null where
no columns are fixed, so that nothing but duckdb has to be imported here.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from warehouse.connection import reader


def verify(path: Path, expected: Mapping[str, Sequence[Sequence[str]] | None]) -> None:
    """Read every column of every relation; raises duckdb.Error on a damaged file, ValueError on other columns."""
    with reader(path) as connection:
        for table, columns in expected.items():
            found = [[str(row[0]), str(row[1])] for row in connection.execute(f"DESCRIBE FROM {table}").fetchall()]
            if columns is not None and found != [list(column) for column in columns]:
                raise ValueError(f"{table}: columns {found} are not those of the contract {columns}")
            # a hash over each column touches every block, checksums raise where one cannot be read; "at" is a keyword
            sums = ", ".join(f"bit_xor(hash({quoted(name)}))" for name, _ in found)
            connection.execute(f"SELECT count(*), {sums} FROM {table}").fetchall()  # noqa: S608 - names of ours


def quoted(name: str) -> str:
    """A column's name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


if __name__ == "__main__":
    verify(Path(sys.argv[1]), json.load(sys.stdin))
