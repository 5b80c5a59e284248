"""Releases: which publications had other figures, what they said, and proof that they still say it.

Belongs here: the hash over values, the decision whether tonight's figures make a release, writing a release to Parquet
and reading all of them back into the staging tables. Does not belong here: the journal (``pipelines.closing``), the
folders that people open (``warehouse.release_folders``).

A release is a folder with one file for each table of ``FROZEN`` and ``LOGGED``. Its name and hash are over the values
of ``HASHED``, whatever the order of rows and the writer of the files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import duckdb

from schemas import render
from schemas.tables import HISTORIES, TABLES
from warehouse.connection import dicts, quoted, reader, scratch
from warehouse.durable import sync_directory, sync_file
from warehouse.stage import FROZEN, LOGGED

HASHED: Final = {
    "core.official_cell": "正式数",
    "mart.city_rollup": "汇总",
    "mart.year_over_year": "同比",
}
"""Tables whose values make a release -> what they are called in its record."""
_ROW_COUNTS: Final = {
    "core.official_cell": "official_cells",
    "mart.city_rollup": "rollup_rows",
    "mart.year_over_year": "year_over_year_rows",
}
_KNOWN_BY: Final = {"code_version": "程序", "rules_hash": "规则", "forms_hash": "表样", "register_hash": "名录"}


@dataclass(frozen=True, slots=True)
class FrozenRelease:
    """A release in the archive: its number and folder; files have the names of ``file_of``."""

    release_no: int
    folder: Path


def file_of(table: str) -> str:
    """The name of a table's file in a release."""
    return f"{table}.parquet"


# the hash over values -----------------------------------------------------------------------------------------------


def content_hash(connection: duckdb.DuckDBPyConnection, relations: Mapping[str, str]) -> str:
    """SHA-256 over the values of ``relations`` (name -> what stands after FROM), as hexadecimal digits.

    Over every value as text with its length, NULL apart from '', in order of the columns' names; over the rows in the
    order of their own hashes. The columns' names are part of it, their types and the order of rows are not.
    """
    digest = hashlib.sha256()
    for name, relation in sorted(relations.items()):
        columns = sorted(str(row[0]) for row in connection.execute(f"DESCRIBE FROM {relation}").fetchall())
        row_text = " || ".join(
            f"coalesce(length(CAST(\"{column}\" AS VARCHAR)) || ':' || CAST(\"{column}\" AS VARCHAR), '~')"
            for column in columns
        )
        found = connection.execute(
            f"SELECT sha256(string_agg(digest, '' ORDER BY digest)) FROM"  # noqa: S608 - names of ours
            f" (SELECT sha256({row_text}) AS digest FROM {relation})"
        ).fetchone()
        digest.update(f"{name}\0{','.join(columns)}\0{found[0] if found else None}\n".encode())
    return digest.hexdigest()


# the archive --------------------------------------------------------------------------------------------------------


def write_release(published_file: Path, folder: Path, release_id: str) -> dict[str, dict[str, Any]]:
    """Write the frozen tables of ``published_file`` below ``folder``, durable and read-only.

    Returns rows and SHA-256 of the bytes by table. The folder must not exist; it has its name when it is whole.
    """
    partial = folder.with_name(f".{folder.name}.partial")
    partial.mkdir(parents=True)
    files = {}
    with reader(published_file) as connection:
        for table in (*FROZEN, *LOGGED):
            path = partial / file_of(table)
            only = f"WHERE release_id = '{release_id}'" if table in LOGGED else ""
            rows = connection.execute(
                f"COPY (SELECT * FROM {table} {only}) TO '{quoted(path)}'"  # noqa: S608 - names of ours
                " (FORMAT parquet, COMPRESSION zstd)"
            ).fetchone()
            sync_file(path)
            path.chmod(0o444)
            files[table] = {"rows": int(rows[0]) if rows else 0, "sha256": file_hash(path)}
    sync_directory(partial)
    partial.chmod(0o555)
    partial.rename(folder)
    sync_directory(folder.parent)
    return files


def file_hash(path: Path) -> str:
    """SHA-256 of the bytes of a file; '' where there is none."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def archived_hash(folder: Path) -> str:
    """The content hash of a release, from its files; raises duckdb.Error where they cannot be read."""
    with scratch() as connection:
        return content_hash(
            connection, {table: f"read_parquet('{quoted(folder / file_of(table))}')" for table in HASHED}
        )


# staging ------------------------------------------------------------------------------------------------------------


def stage_releases(connection: duckdb.DuckDBPyConnection, releases: Sequence[FrozenRelease]) -> None:
    """Fill the staging tables with what every release said; ``stage.release`` holds their records already."""
    if not releases:
        return
    for table, name in FROZEN.items():
        _stage_spells(connection, table, name, releases)
        columns = ", ".join(f's."{column.name}"' for column in render.columns_of(TABLES[table]))
        connection.execute(f"DROP TABLE stage.{name}")
        connection.execute(
            f"CREATE VIEW stage.{name} AS SELECT r.release_id, {columns} FROM stage.release AS r"  # noqa: S608
            f" JOIN stage.{name}_spell AS s"
            " ON s.from_no <= r.release_no AND (s.until_no IS NULL OR r.release_no < s.until_no)"
        )
    for table, name in LOGGED.items():
        source, columns = _frozen_rows(connection, table, releases)
        connection.execute(f"INSERT INTO stage.{name} BY NAME SELECT {columns} FROM {source}")  # noqa: S608


def _stage_spells(
    connection: duckdb.DuckDBPyConnection, table: str, name: str, releases: Sequence[FrozenRelease]
) -> None:
    """Each row of ``table`` once for each unbroken run of releases that have it.

    Nearly all rows last without a break; only the others are taken apart.
    """
    source, columns = _frozen_rows(connection, table, releases)
    numbers = [{"release_no": release.release_no, "path": str(release.folder / file_of(table))} for release in releases]
    connection.execute("CREATE OR REPLACE TEMP TABLE frozen_file AS SELECT unnest(?, recursive := true)", [numbers])
    connection.execute(
        f"""
        INSERT INTO stage.{name}_spell BY NAME
        WITH listed AS (
            SELECT {columns}, list(f.release_no ORDER BY f.release_no) AS numbers
            FROM {source} AS c JOIN frozen_file AS f ON f.path = c.filename
            GROUP BY {columns}
        ),
        numbered AS (
            SELECT * EXCLUDE (numbers), unnest(numbers) AS number, unnest(range(len(numbers))) AS place
            FROM listed WHERE numbers[-1] - numbers[1] >= len(numbers)
        ),
        spell AS (
            SELECT * EXCLUDE (numbers), numbers[1] AS from_no, numbers[-1] AS last_no
            FROM listed WHERE numbers[-1] - numbers[1] < len(numbers)
            UNION ALL BY NAME
            SELECT {columns}, min(number) AS from_no, max(number) AS last_no
            FROM numbered GROUP BY {columns}, number - place
        )
        SELECT * EXCLUDE (last_no), CASE WHEN last_no < {releases[-1].release_no} THEN last_no + 1 END AS until_no
        FROM spell"""  # noqa: S608 - names and numbers of ours
    )


def _frozen_rows(
    connection: duckdb.DuckDBPyConnection, table: str, releases: Iterable[FrozenRelease]
) -> tuple[str, str]:
    """What stands after FROM for a table of all releases, and those of its columns that the contract still has."""
    paths = ", ".join(f"'{quoted(release.folder / file_of(table))}'" for release in releases)
    source = f"read_parquet([{paths}], filename = true, union_by_name = true)"
    found = {str(row[0]) for row in connection.execute(f"DESCRIBE FROM {source}").fetchall()}
    kept = [f'"{column.name}"' for column in render.columns_of(TABLES[table]) if column.name in found]
    return source, ", ".join(kept)


# tonight ------------------------------------------------------------------------------------------------------------


def decide_release(
    connection: duckdb.DuckDBPyConnection, at: datetime, closed_sequence: int
) -> tuple[str, dict[str, Any] | None]:
    """Whether the figures of the build make a release; then its record stands in ``stage.release_tonight``.

    ``at`` is the wall time at which the figures are complete, ``closed_sequence`` the journal's number of the last
    closed night. Returns the content hash and the record (None: the figures are those of the last release).
    """
    digest = content_hash(connection, {table: table for table in HASHED})
    last = dicts(connection, "SELECT * FROM stage.release ORDER BY release_no DESC LIMIT 1")
    if last and last[0]["content_hash"] == digest:
        return digest, None
    (build,) = dicts(connection, "SELECT night, code_version, rules_hash, forms_hash, register_hash FROM stage.build")
    number = int(last[0]["release_no"]) + 1 if last else 1
    record = {
        "release_id": f"R{number:04}-{digest[:8]}",
        "release_no": number,
        # a clock that was set back must not put a release before the one that it follows
        "released_at": max(at, last[0]["released_at"]) if last else at,
        "content_hash": digest,
        "changed": _changed(connection, build, last[0]) if last else "首次发布",
        "closed_sequence": closed_sequence,
        **{name: _count(connection, table) for table, name in _ROW_COUNTS.items()},
        **build,
    }
    columns = ", ".join(record)
    marks = ", ".join("?" * len(record))
    connection.execute(
        f"INSERT INTO stage.release_tonight ({columns}) VALUES ({marks})",  # noqa: S608 - names of ours
        list(record.values()),
    )
    return digest, record


def _count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = connection.execute(f"SELECT count(*) FROM {relation}").fetchone()  # noqa: S608 - names of ours
    return int(row[0]) if row else 0


def _changed(connection: duckdb.DuckDBPyConnection, build: Mapping[str, Any], last: Mapping[str, Any]) -> str:
    """In short what is not as in the last release: cells by table, and what the night was judged by."""
    parts = []
    for table, title in HASHED.items():
        contract = TABLES[table]
        columns = ", ".join(f'"{column.name}"' for column in render.columns_of(contract))
        then = f"SELECT {columns} FROM stage.{FROZEN[table]}_spell WHERE until_no IS NULL"  # noqa: S608
        now = f"SELECT {columns} FROM {table}"  # noqa: S608 - names of ours
        key = ", ".join(render.key_of(contract))
        differing = f"(({now} EXCEPT {then}) UNION ALL ({then} EXCEPT {now}))"
        cells = _count(connection, f"(SELECT DISTINCT {key} FROM {differing})")  # noqa: S608 - names of ours
        if cells:
            parts.append(f"{title}{cells}格")
    figures = "、".join(parts) + "有变"
    knowledge = "、".join(title for name, title in _KNOWN_BY.items() if build[name] != last[name])
    return f"{figures}；{knowledge}有变" if knowledge else figures


def history_select(history: str) -> str:
    """The SELECT of a table of ``HISTORIES``: the spells of the earlier releases, and tonight's if it is one."""
    of = HISTORIES[history]
    columns = ", ".join(f'"{column.name}"' for column in render.columns_of(TABLES[of]))
    spell = f"stage.{FROZEN[of]}_spell"
    return f"""
        WITH spell AS (
            SELECT {columns}, from_no, until_no FROM {spell} WHERE until_no IS NOT NULL
            UNION ALL
            -- what the last release has lasts on unless tonight's release has it no more
            SELECT {columns}, min(number) AS from_no,
                   CASE WHEN max(is_now) = 0 THEN (SELECT max(release_no) FROM stage.release_tonight) END AS until_no
            FROM (
                SELECT {columns}, from_no AS number, 0 AS is_now FROM {spell} WHERE until_no IS NULL
                UNION ALL
                SELECT {columns}, t.release_no AS number, 1 AS is_now FROM {of} CROSS JOIN stage.release_tonight AS t
            ) AS n
            GROUP BY {columns}
        )
        SELECT {columns}, s.from_no AS from_release_no, s.until_no AS until_release_no,
               f.released_at AS released_from, u.released_at AS released_until
        FROM spell AS s
        JOIN meta.release AS f ON f.release_no = s.from_no
        LEFT JOIN meta.release AS u ON u.release_no = s.until_no
        ORDER BY {", ".join(f'"{name}"' for name in render.key_of(TABLES[of]))}, s.from_no"""  # noqa: S608
