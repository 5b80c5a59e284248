"""What was read from each file, kept between nights by content, name and reader version.

Belongs here: reading what is not in the cache yet, one pandera call over all its cells, and the Parquet parts that a
night's staging starts from. Does not belong here: whose a submission is (``pipelines.staging``), how a file is read
(``pipelines.readers``). Nothing in the cache is precious: without it every file is read again from the archive.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.intake import archived_path
from pipelines.journal import Journal
from pipelines.readers.model import FileReading, Problem
from pipelines.readers.pool import READER_VERSION, read_many
from pipelines.settings import Settings
from schemas.cells import cell_problems

_TEXT: Final = pa.string()
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
    return f"{sha256}/{path.rsplit('/', 1)[-1]}"


def read_new(settings: Settings, journal: Journal) -> ParseResult:
    """Read every archived file that this reader version has not read yet; returns what it did."""
    folder = settings.parse_cache / READER_VERSION[:16]
    known = _known(folder)
    wanted = {
        reading_key(entry["sha256"], entry["path"]): entry
        for entry in journal.of("file_received")
        if entry["outcome"] == "archived" and reading_key(entry["sha256"], entry["path"]) not in known
    }
    items = [
        (key, archived_path(settings.archive, entry["sha256"]), entry["path"].rsplit("/", 1)[-1])
        for key, entry in wanted.items()
    ]
    tables = tabulate(read_many(items, settings.limits, settings.workers))
    _write_part(folder, tables)
    return ParseResult(len(items), tables["cell"].num_rows, folder)


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
                }
                for position, cell in enumerate(submission.cells)
            )
    cells = pa.Table.from_pylist(rows["cell"], schema=SHAPES["cell"])
    rows["problem"] += cell_problems(cells.to_pandas(types_mapper=pd.ArrowDtype))
    tables = {name: pa.Table.from_pylist(rows[name], schema=shape) for name, shape in SHAPES.items() if name != "cell"}
    return tables | {"cell": cells}


def parts(folder: Path, name: str) -> Iterator[Path]:
    """The Parquet parts of one kind."""
    return (path / f"{name}.parquet" for path in sorted(folder.glob("part-*")))


def _known(folder: Path) -> set[str]:
    return {key for path in parts(folder, "file") for key in pq.read_table(path)["reading"].to_pylist()}


def _write_part(folder: Path, tables: dict[str, pa.Table]) -> None:
    """A part appears whole or not at all."""
    number = len(list(folder.glob("part-*"))) + 1
    if tables["file"].num_rows == 0 and number > 1:
        return
    partial = folder / f".part-{number:06d}"
    partial.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        pq.write_table(table, partial / f"{name}.parquet")
    partial.rename(folder / f"part-{number:06d}")


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
