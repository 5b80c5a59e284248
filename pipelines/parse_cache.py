"""What was read from each file, kept between nights by content, name and reader version.

Belongs here: reading what is not in the cache yet, one pandera call over all its cells, and the Parquet parts that a
night's staging starts from. Does not belong here: whose a submission is (``pipelines.staging``), how a file is read
(``pipelines.readers``). Nothing in the cache is precious: without it every file is read again from the archive.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.intake import archived_path, is_sound, shown
from pipelines.journal import Entry, Journal
from pipelines.readers.model import FileReading, Problem
from pipelines.readers.pool import READER_VERSION, read_many
from pipelines.settings import Settings
from schemas.cells import cell_problems
from warehouse.durable import sync_file

_TEXT: Final = pa.string()
_TENTATIVE: Final = "tentative"
"""readings that may come out otherwise the next night, because the reading process died"""
SHAPES: Final = {
    "file": pa.schema([("reading", _TEXT)]),
    "submission": pa.schema(
        [
            ("reading", _TEXT),
            ("ordinal", pa.int32()),
            ("organ_code", _TEXT),
            ("organ_name", _TEXT),
            ("report_year", pa.int32()),
            ("form_code", _TEXT),
            ("variant", _TEXT),
            ("is_nil", pa.bool_()),
            ("cells", pa.int32()),
            ("resubmission_reason", _TEXT),
        ]
    ),
    "cell": pa.schema(
        [
            ("reading", _TEXT),
            ("ordinal", pa.int32()),
            ("position", pa.int32()),
            ("form_code", _TEXT),
            ("variant", _TEXT),
            ("indicator_code", _TEXT),
            ("applicant_kind", _TEXT),
            ("measure", _TEXT),
            ("value", pa.decimal128(18, 4)),
            ("value_state", _TEXT),
            ("printed", _TEXT),
            ("sheet", _TEXT),
            ("address", _TEXT),
            ("note", _TEXT),
            ("confidence", pa.decimal128(18, 4)),
        ]
    ),
    "problem": pa.schema(
        [
            ("reading", _TEXT),
            ("ordinal", pa.int32()),
            ("rule_id", _TEXT),
            ("scope", _TEXT),
            ("outcome", _TEXT),
            ("message", _TEXT),
            ("sheet", _TEXT),
            ("address", _TEXT),
            ("printed", _TEXT),
        ]
    ),
}
"""The four kinds of part. ``ordinal`` is a submission's place in its file; NULL: the problem is the whole file's."""


@dataclass(frozen=True, slots=True)
class ParseResult:
    """What a night read: files and cells newly read, and where all parts lie."""

    files_read: int
    cells_read: int
    folder: Path


def reading_key(sha256: str, path: str) -> str:
    """What a reading depends on: the bytes and the file's name (a nil report says its year there)."""
    return f"{sha256}/{shown(path.rsplit('/', 1)[-1])}"


class ArchiveError(RuntimeError):
    """The archive does not hold what the journal says; nothing may be published from it."""


def read_new(settings: Settings, journal: Journal) -> ParseResult:
    """Read every archived file that this reader version has not read yet; returns what it did.

    Raises ArchiveError, naming the file, where the archive lacks its bytes or holds others.
    """
    folder = settings.parse_cache / READER_VERSION[:16]
    _drop_damaged(folder)
    known = _known(folder)
    wanted = {
        reading_key(entry["sha256"], entry["path"]): entry
        for entry in journal.of("file_received")
        if entry["outcome"] == "archived" and reading_key(entry["sha256"], entry["path"]) not in known
    }
    items = [(key, _checked(settings.archive, entry), key.split("/", 1)[1]) for key, entry in wanted.items()]
    readings = list(read_many(items, settings.limits, settings.workers))
    final = tabulate((key, reading) for key, reading in readings if reading.is_final)
    if final["file"].num_rows or not folder.exists():
        number = max((int(path.name.removeprefix("part-")) for path in folder.glob("part-*")), default=0) + 1
        _write_part(folder, f"part-{number:06d}", final)
    _write_part(folder, _TENTATIVE, tabulate((key, reading) for key, reading in readings if not reading.is_final))
    for other in settings.parse_cache.iterdir():
        if other != folder:
            shutil.rmtree(other)
    return ParseResult(len(items), final["cell"].num_rows, folder)


def _checked(archive: Path, entry: Entry) -> Path:
    path = archived_path(archive, entry["sha256"])
    if not is_sound(archive, entry["sha256"]):
        name = shown(entry["path"])
        raise ArchiveError(f"{path} is missing or damaged: restore it from a backup (received as {name})")
    return path


def tabulate(readings: Iterable[tuple[str, FileReading]]) -> dict[str, pa.Table]:
    """All readings as the four tables, with what pandera finds in their cells among the problems."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in SHAPES}
    for key, reading in readings:
        rows["file"].append({"reading": key})
        rows["problem"] += (_problem(key, None, problem) for problem in reading.problems)
        for ordinal, submission in enumerate(reading.submissions):
            place = {"reading": key, "ordinal": ordinal}
            kind = {"form_code": submission.form_code, "variant": submission.variant}
            rows["submission"].append(
                {
                    **place,
                    **kind,
                    "organ_code": submission.organ_code,
                    "organ_name": submission.organ_name,
                    "report_year": submission.report_year,
                    "is_nil": submission.is_nil,
                    # counted before anything is written: what staging must find again
                    "cells": len(submission.cells),
                    "resubmission_reason": submission.resubmission_reason,
                }
            )
            rows["problem"] += (_problem(key, ordinal, problem) for problem in submission.problems)
            rows["cell"] += (
                {
                    **place,
                    **kind,
                    "position": position,
                    "indicator_code": cell.key.indicator_code,
                    "applicant_kind": cell.key.applicant_kind,
                    "measure": cell.key.measure,
                    "value": cell.value,
                    "value_state": cell.value_state,
                    "printed": cell.printed,
                    "sheet": cell.sheet,
                    "address": cell.address,
                    "note": cell.note,
                    "confidence": cell.confidence,
                }
                for position, cell in enumerate(submission.cells)
            )
    cells = pa.Table.from_pylist(rows["cell"], schema=SHAPES["cell"])
    rows["problem"] += cell_problems(cells.to_pandas(types_mapper=pd.ArrowDtype))
    tables = {name: pa.Table.from_pylist(rows[name], schema=shape) for name, shape in SHAPES.items() if name != "cell"}
    return tables | {"cell": cells}


def parts(folder: Path, name: str) -> Iterator[Path]:
    """The Parquet parts of one kind, tonight's tentative one included."""
    return (path / f"{name}.parquet" for path in sorted([*folder.glob("part-*"), *folder.glob(_TENTATIVE)]))


def _known(folder: Path) -> set[str]:
    final = (path / "file.parquet" for path in folder.glob("part-*"))
    return {key for path in final for key in pq.read_table(path)["reading"].to_pylist()}


def _drop_damaged(folder: Path) -> None:
    """Remove the parts that a crash cut short: their files are read again."""
    for part in folder.glob("part-*"):
        try:
            for name in SHAPES:
                pq.read_metadata(part / f"{name}.parquet")
        except (pa.ArrowInvalid, FileNotFoundError):
            shutil.rmtree(part)


def _write_part(folder: Path, name: str, tables: dict[str, pa.Table]) -> None:
    """A part appears whole or not at all."""
    partial = folder / f".{name}"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    for kind, table in tables.items():
        path = partial / f"{kind}.parquet"
        pq.write_table(table, path)
        sync_file(path)
    shutil.rmtree(folder / name, ignore_errors=True)
    partial.rename(folder / name)


def _problem(key: str, ordinal: int | None, problem: Problem) -> dict[str, Any]:
    return {
        "reading": key,
        "ordinal": ordinal,
        "rule_id": problem.rule_id,
        "scope": problem.scope,
        "outcome": problem.outcome,
        "message": problem.message,
        "sheet": problem.sheet,
        "address": problem.address,
        "printed": problem.printed,
    }
