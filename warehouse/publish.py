"""Publishing a night: copy, verify in a new process, make durable, switch the link.

Belongs here: how the file that analysts open comes to be and how the one before it goes. Does not belong here: what is
in it. The order is what makes it safe: nobody but this module ever opens the new file before it is complete, readers
hold the old directory until they reconnect, and the switch is one rename of a symbolic link. Measured: no error and no
torn read in 1,600 opens during publications.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from schemas import render
from schemas.tables import HISTORIES, TABLES
from schemas.views import SCHEMA as VIEW_SCHEMA
from schemas.views import views
from warehouse.build import SCHEMAS
from warehouse.connection import quoted, reader, transaction, writer
from warehouse.durable import make_durable, remove_tree, sync_directory
from warehouse.macros import macros

FILE_NAME: Final = "disclosure.duckdb"
CURRENT: Final = "current"
SITE: Final = "site"
_VERIFY_SECONDS: Final = 1800


class PublicationError(RuntimeError):
    """The new file is not fit to be published; yesterday's stays."""


def publish(build_file: Path, published: Path, *, keep: int = 3, site: Path | None = None) -> Path:
    """Publish the tables of ``build_file``, with views and macros over them, and the pages in ``site``.

    Returns the new generation's directory, below ``published``. Raises PublicationError where the copy cannot be read
    back; then ``current`` is as it was.
    """
    generations = published / "generations"
    generations.mkdir(parents=True, exist_ok=True)
    _remove_unpublished(published)
    number = max((_number(path) for path in generations.iterdir()), default=0) + 1
    target = generations / str(number)
    partial = generations / f".{number}.partial"
    partial.mkdir()
    _copy_tables(build_file, partial / FILE_NAME)
    _export_parquet(partial / FILE_NAME, partial / "parquet")
    verify_in_new_process(partial / FILE_NAME)
    if site is not None:
        shutil.copytree(site, partial / SITE)
    make_durable(partial)
    partial.rename(target)
    sync_directory(generations)
    _switch(published, target)
    _remove_old(published, keep)
    return target


def verify_in_new_process(path: Path) -> None:
    """Read every column of every table, view and macro in a fresh interpreter.

    Block checksums raise on an unreadable segment; a view or macro that cannot be read is never published.
    """
    if path.with_name(path.name + ".wal").exists():
        raise PublicationError(f"{path.name} was not closed cleanly: a write-ahead log lies beside it")
    expected = _relations()
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "warehouse.verify", str(path)],
        input=json.dumps(expected),
        capture_output=True,
        text=True,
        timeout=_VERIFY_SECONDS,
        check=False,
        cwd=Path(__file__).parent.parent,
    )
    if done.returncode != 0:
        raise PublicationError(f"{path.name} cannot be read back: {done.stderr.strip()[-2000:]}")


def descriptions() -> Iterator[str]:
    """The statements that make the tables explain themselves: comments, looks back, views, macros."""
    for contract in TABLES.values():
        yield from render.comments(contract)
    for history, of in HISTORIES.items():
        yield from render.as_of_macro(TABLES[history], TABLES[of])
    yield f"CREATE SCHEMA {VIEW_SCHEMA}"
    for view in views().values():
        yield from view.statements
    for macro in macros():
        yield from macro.statements


def _relations() -> Mapping[str, list[tuple[str, str]] | None]:
    """What must be readable after FROM, with (column, type) where they are fixed: tables, looks back, views, macros."""
    tables = {
        table: [(column.name, column.sql_type) for column in render.columns_of(contract)]
        for table, contract in TABLES.items()
    }
    look_back = {f"{of}_as_of(DATE '9999-12-30')": tables[of] for of in HISTORIES.values()}
    turned = {name: [(column.name, column.sql_type) for column in view.columns] for name, view in views().items()}
    return {**tables, **look_back, **turned, **{macro.probe: None for macro in macros()}}


def _copy_tables(source: Path, target: Path) -> None:
    with writer(target) as connection:
        connection.execute(f"ATTACH '{quoted(source)}' AS build (READ_ONLY)")
        for schema in SCHEMAS:
            connection.execute(f"CREATE SCHEMA {schema}")
        for table, contract in TABLES.items():
            connection.execute(render.create_table(contract))
            connection.execute(f"INSERT INTO {table} SELECT * FROM build.{table}")  # noqa: S608 - names of ours
        # one transaction: each of these by itself would wait for the disk, 1,700 times
        with transaction(connection):
            for statement in descriptions():
                connection.execute(statement)
        connection.execute("CHECKPOINT")


def _export_parquet(database: Path, folder: Path) -> None:
    """Every table, and the wide views of the forms with their labels as printed, under names of letters and digits."""
    files = {table: table for table in TABLES}
    files |= {f"{VIEW_SCHEMA}.{view.exported_as}": name for name, view in views().items() if view.exported_as}
    with reader(database) as connection:
        for file, relation in files.items():
            schema, name = file.split(".")
            (folder / schema).mkdir(parents=True, exist_ok=True)
            path = folder / schema / f"{name}.parquet"
            connection.execute(f"COPY (FROM {relation}) TO '{quoted(path)}' (FORMAT parquet, COMPRESSION zstd)")


def _switch(published: Path, target: Path) -> None:
    link = published / f".{CURRENT}.new"
    link.unlink(missing_ok=True)
    link.symlink_to(target.relative_to(published), target_is_directory=True)
    link.replace(published / CURRENT)
    sync_directory(published)


def _remove_old(published: Path, keep: int) -> None:
    generations = sorted((path for path in (published / "generations").iterdir() if path.name.isdigit()), key=_number)
    for path in generations[:-keep]:
        remove_tree(path)


def _remove_unpublished(published: Path) -> None:
    """A night that died between its copy and its switch left a directory that nobody can be reading."""
    current = published / CURRENT
    # without a link (a copy that lost it) nothing tells which generation is whole: only the partial ones go
    newest = _number(current.resolve()) if current.exists() else None
    for path in (published / "generations").iterdir():
        if path.name.startswith(".") or (newest is not None and _number(path) > newest):
            remove_tree(path)


def _number(path: Path) -> int:
    return int(path.name)
