"""The frozen publications that people open: ``published/releases/<release_id>/``, copied from the archive.

Belongs here: making these folders, noticing that one is gone or damaged and making it anew. Does not belong here: what
a release is (``warehouse.releases``). The archive is the truth; nothing is lost with these copies.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from schemas import render
from schemas.tables import TABLES
from warehouse.build import SCHEMAS
from warehouse.connection import quoted, writer
from warehouse.durable import make_durable, remove_tree, sync_directory
from warehouse.publish import FILE_NAME
from warehouse.releases import file_hash, file_of
from warehouse.stage import FROZEN, LOGGED

RELEASES: Final = "releases"
SUMS: Final = "SHA256SUMS"
_BLOCK_BYTES: Final = 16_384
"""the smallest that DuckDB has: releases are small and kept for ever"""


def restore_folder(archived: Path, published: Path) -> bool:
    """Make the copy of a release below ``published/releases`` if it is not there or not as it was made.

    Returns whether it had to be made.
    """
    target = published / RELEASES / archived.name
    if is_sound(target):
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    for leftover in (partial, target):
        if leftover.exists():
            remove_tree(leftover)
    partial.mkdir()
    for table in (*FROZEN, *LOGGED):
        schema, name = table.split(".")
        copy = partial / "parquet" / schema / f"{name}.parquet"
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(archived / file_of(table), copy)
    _build_database(partial)
    files = sorted(path for path in partial.rglob("*") if path.is_file())
    sums = "".join(f"{file_hash(path)}  {path.relative_to(partial)}\n" for path in files)
    (partial / SUMS).write_text(sums, encoding="ascii")
    make_durable(partial)
    partial.rename(target)
    sync_directory(target.parent)
    return True


def is_sound(folder: Path) -> bool:
    """Whether every file of the copy has the bytes that it was made with."""
    sums = folder / SUMS
    if not sums.is_file():
        return False
    lines = [line.partition("  ") for line in sums.read_text(encoding="ascii", errors="replace").splitlines()]
    return bool(lines) and all(file_hash(folder / name) == digest for digest, _, name in lines)


def _build_database(folder: Path) -> None:
    """The same tables as one file to open; a column that came after the release is not in it."""
    with writer(folder / FILE_NAME, _BLOCK_BYTES) as connection:
        for schema in SCHEMAS:
            connection.execute(f"CREATE SCHEMA {schema}")
        for table in (*FROZEN, *LOGGED):
            schema, name = table.split(".")
            path = folder / "parquet" / schema / f"{name}.parquet"
            connection.execute(f"CREATE TABLE {table} AS FROM read_parquet('{quoted(path)}')")
            found = {str(row[0]) for row in connection.execute(f"DESCRIBE {table}").fetchall()}
            connection.execute(render.table_comment_statement(TABLES[table]))
            for column in render.columns_of(TABLES[table]):
                if column.name in found:
                    connection.execute(render.column_comment_statement(TABLES[table], column))
        connection.execute("CHECKPOINT")
