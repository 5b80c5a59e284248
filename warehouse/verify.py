"""Reading back a file that is about to be published, in a process of its own.

Belongs here: proof that every block of every column can be read and that what is there is what the contracts say.
"""

from __future__ import annotations

import sys
from pathlib import Path

from schemas.render import columns_of
from schemas.tables import TABLES
from warehouse.connection import reader


def verify(path: Path) -> None:
    """Read every column of every table; raises duckdb.Error on a damaged file, ValueError on a missing column."""
    with reader(path) as connection:
        for table, contract in TABLES.items():
            found = [(str(row[0]), str(row[1])) for row in connection.execute(f"DESCRIBE {table}").fetchall()]
            expected = [(column.name, column.sql_type) for column in columns_of(contract)]
            if found != expected:
                raise ValueError(f"{table}: columns {found} are not those of the contract {expected}")
            # a hash over each column touches every block; checksums raise where one cannot be read
            sums = ", ".join(f"bit_xor(hash({column.name}))" for column in columns_of(contract))
            connection.execute(f"SELECT count(*), {sums} FROM {table}").fetchall()  # noqa: S608 - names of ours


if __name__ == "__main__":
    verify(Path(sys.argv[1]))
