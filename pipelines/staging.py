"""From what was read and journalled to the staging tables of a night.

Belongs here: loading files, submissions, cells and problems, and the forms, rules and register as data, into the build
database. ``pipelines.precheck`` stages a file before it is sent with the same functions. Does not belong here: whose a
submission is (``pipelines.assignment``), reading, judging.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.assignment import (
    Assigned,
    Remark,
    Stated,
    assign,
    duty_index,
    file_id,
    first_of_each,
    same_night,
    unknown_folder,
)
from pipelines.closing import HASHES, finding_events
from pipelines.decisions import EVENT as DECISION_RECEIVED
from pipelines.decisions import presumed, staged_decisions, told_of
from pipelines.intake import shown
from pipelines.journal import Entry, Journal
from pipelines.knowledge import Knowledge
from pipelines.parse_cache import SHAPES, parts, reading_key
from pipelines.releases import frozen_releases, release_rows
from warehouse.build import load_rows
from warehouse.connection import dicts
from warehouse.releases import stage_releases
from warehouse.stage import create_stage


@dataclass(frozen=True, slots=True)
class Staged:
    """The counts that the conservation checks compare."""

    files_received: int
    files_accounted: int
    cells_read: int
    cells_stored: int
    submissions: int
    problems: int


@dataclass(frozen=True, slots=True)
class Readings:
    """What was read, by reading key: its submissions, and what was said of the file as a whole."""

    stated: Mapping[str, list[Stated]]
    reasons: Mapping[str, list[str]]


def stage_night(
    connection: duckdb.DuckDBPyConnection, journal: Journal, parse_folder: Path, knowledge: Knowledge
) -> Staged:
    """Fill the empty staging tables with everything ever received; returns the counts that must agree."""
    stage_knowledge(connection, knowledge)
    _attach_readings(connection, parse_folder)
    readings = readings_of(connection)
    files, decided = journal.of("file_received"), journal.of(DECISION_RECEIVED)
    entries = sorted((*files, *decided), key=lambda entry: int(entry["sequence"]))
    owners = knowledge.register.organs.keys()
    owned = [entry for entry in files if entry["outcome"] == "archived" and entry["folder"] in owners]
    strays = [entry for entry in entries if entry["outcome"] == "archived" and _is_stray(entry, owners)]
    assigned, repeated = _assign(owned, readings, knowledge)
    repeats = _repeats(owned, readings, {item.entry["sequence"] for item in assigned})
    load_rows(connection, "stage.file", (file_row(entry, owners, readings, repeats) for entry in entries))
    load_rows(connection, "stage.problem", (_stray(entry) for entry in strays))
    load_rows(connection, "stage.problem", _presumed(decided, assigned))
    load_rows(connection, "stage.decision", staged_decisions(decided))
    stage_submissions(connection, assigned, [*repeated, *same_night(assigned)], owned)
    _load_history(connection, journal, knowledge)
    return _count(connection, len(entries), sum(item.stated.cells for item in assigned))


def stage_knowledge(connection: duckdb.DuckDBPyConnection, knowledge: Knowledge) -> None:
    """Create the staging tables and fill those that hold the register, the forms and the rules."""
    create_stage(connection)
    for table, rows in knowledge.rows().items():
        load_rows(connection, f"stage.{table}", rows)


def stage_submissions(
    connection: duckdb.DuckDBPyConnection,
    assigned: list[Assigned],
    said: Iterable[tuple[Assigned, Remark]],
    files: list[Entry],
) -> None:
    """The submissions, their cells, and what is to be told of them and of the files as a whole.

    Cells and problems are taken from the views ``reading_cell`` and ``reading_problem``; ``said`` comes on top of the
    remarks that the submissions bring.
    """
    load_rows(connection, "stage.submission", (_submission(item) for item in assigned))
    remarks = [(item, remark) for item in assigned for remark in item.remarks]
    load_rows(connection, "stage.problem", _remarks([*remarks, *said]))
    _load_cells(connection, assigned, files)


def _assign(
    owned: Iterable[Entry], readings: Readings, knowledge: Knowledge
) -> tuple[list[Assigned], list[tuple[Assigned, Remark]]]:
    duties = duty_index(knowledge.register)
    return first_of_each(
        assign(entry, stated, knowledge.register, duties)
        for entry in owned
        for stated in readings.stated.get(reading_of(entry), ())
    )


def reading_of(entry: Entry) -> str:
    """The key of what was read from a received file."""
    return reading_key(entry["sha256"], entry["path"])


def _repeats(owned: Iterable[Entry], readings: Readings, kept: Container[int]) -> set[int]:
    """The files (by sequence) that only repeat an earlier one of their folder: the same bytes, read to the same end."""
    repeats: set[int] = set()
    rejected: set[tuple[str, str, tuple[str, ...]]] = set()
    for entry in owned:
        key = reading_of(entry)
        if key in readings.stated:
            if entry["sequence"] not in kept:
                repeats.add(entry["sequence"])
        else:
            fate = (entry["folder"], entry["sha256"], tuple(readings.reasons.get(key, ())))
            if fate in rejected:
                repeats.add(entry["sequence"])
            rejected.add(fate)
    return repeats


def _attach_readings(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """The parts of the parse cache as temporary views; an empty cache gives empty ones."""
    for name, shape in SHAPES.items():
        files = [str(path) for path in parts(folder, name)]
        if files:
            connection.read_parquet(files).create_view(f"reading_{name}")
        else:
            connection.register(f"reading_{name}", shape.empty_table())


def readings_of(connection: duckdb.DuckDBPyConnection) -> Readings:
    """What the views ``reading_submission`` and ``reading_problem`` hold."""
    stated: dict[str, list[Stated]] = {}
    for row in dicts(connection, "SELECT * FROM reading_submission ORDER BY reading, ordinal"):
        stated.setdefault(row["reading"], []).append(Stated(**row))
    reasons: dict[str, list[str]] = {}
    for row in dicts(connection, "SELECT reading, message FROM reading_problem WHERE ordinal IS NULL"):
        reasons.setdefault(row["reading"], []).append(row["message"])
    return Readings(stated, reasons)


def file_row(entry: Entry, owners: Container[str], readings: Readings, repeats: Container[int]) -> dict[str, Any]:
    """A received file and what became of it, as a row of ``stage.file``."""
    outcome, reason = entry["outcome"], entry["reason"]
    if outcome == "archived":
        key = reading_of(entry)
        if entry["sequence"] in repeats:
            outcome, reason = "duplicate", "内容与以前收到的文件完全相同，不另作一份报表"
        elif _is_stray(entry, owners):
            outcome, reason = "rejected", unknown_folder(shown(entry["folder"]))
        elif entry["event"] == DECISION_RECEIVED and entry["is_repeat"]:
            outcome, reason = "duplicate", "内容与以前收到的决定完全相同，不另作决定"
        elif entry["event"] == DECISION_RECEIVED:
            outcome, reason = "decisions", told_of(entry)
        elif key in readings.stated:
            outcome, reason = "read", ""
        else:
            outcome, reason = "rejected", "；".join(readings.reasons.get(key, ["没有读到任何报表"]))
    return {
        "file_id": file_id(entry),
        "sequence": entry["sequence"],
        "sha256": entry["sha256"],
        "folder": shown(entry["folder"]),
        "inbox_path": shown(entry["path"]),
        "size_bytes": entry["size"],
        "received_at": datetime.fromisoformat(entry["received_at"]),
        "outcome": outcome,
        "reason": reason,
    }


def _is_stray(entry: Entry, owners: Container[str]) -> bool:
    """Whether it lay in no organ's folder; the office's decisions lie in the office's own."""
    return entry["folder"] not in owners and not entry.get("is_office", False)


def _submission(item: Assigned) -> dict[str, Any]:
    return {
        "submission_id": item.submission_id,
        "file_id": file_id(item.entry),
        "sequence": item.entry["sequence"],
        "organ_code": item.organ_code,
        "report_year": item.stated.report_year,
        "form_code": item.stated.form_code,
        "variant": item.stated.variant,
        "basis": item.basis,
        "is_nil": item.stated.is_nil,
        "resubmission_reason": item.stated.resubmission_reason,
    }


def _remarks(said: Iterable[tuple[Assigned, Remark]]) -> Iterator[dict[str, Any]]:
    for item, remark in said:
        yield _problem(file_id(item.entry), item.submission_id, remark)


def _presumed(decided: Iterable[Entry], assigned: Iterable[Assigned]) -> Iterator[dict[str, Any]]:
    """V30 on the submission that a department tried to accept, or on its decisions file where there is none."""
    files = {item.submission_id: file_id(item.entry) for item in assigned}
    for entry, submission, message in presumed(decided):
        if submission in files:
            yield _problem(files[submission], submission, Remark("V30", message))
        else:
            yield _problem(file_id(entry), None, Remark("V30", message))


def _stray(entry: Entry) -> dict[str, Any]:
    return _problem(file_id(entry), None, Remark("V20", unknown_folder(shown(entry["folder"]))))


def _problem(file: str, submission: str | None, remark: Remark) -> dict[str, Any]:
    return {
        "file_id": file,
        "submission_id": submission,
        "rule_id": remark.rule_id,
        "scope": "",
        "outcome": "fail",
        "message": remark.message,
        "sheet": "",
        "address": "",
        "printed": remark.printed,
    }


def _load_cells(connection: duckdb.DuckDBPyConnection, assigned: list[Assigned], files: list[Entry]) -> None:
    """Cells and problems as read, under the identities just given; file-level problems under the file's."""
    places = [
        {
            "reading": item.stated.reading,
            "ordinal": item.stated.ordinal,
            "submission_id": item.submission_id,
            "file_id": file_id(item.entry),
        }
        for item in assigned
    ]
    whole = [{"reading": reading_of(entry), "file_id": file_id(entry)} for entry in files]
    text = pa.string()
    place = pa.schema([("reading", text), ("ordinal", pa.int32()), ("submission_id", text), ("file_id", text)])
    connection.register("place", pa.Table.from_pylist(places, schema=place))
    connection.register("whole", pa.Table.from_pylist(whole, schema=pa.schema([("reading", text), ("file_id", text)])))
    connection.execute("""
        INSERT INTO stage.cell BY NAME
        SELECT p.submission_id, c.position, c.indicator_code, c.applicant_kind, c.measure, c.value, c.value_state,
               c.printed, c.sheet, c.address, c.note, c.confidence
        FROM reading_cell AS c JOIN place AS p ON p.reading = c.reading AND p.ordinal = c.ordinal""")
    connection.execute("""
        INSERT INTO stage.problem BY NAME
        SELECT p.file_id, p.submission_id, r.rule_id, r.scope, r.outcome, r.message, r.sheet, r.address, r.printed
        FROM reading_problem AS r JOIN place AS p ON p.reading = r.reading AND p.ordinal = r.ordinal
        UNION ALL
        SELECT w.file_id, NULL, r.rule_id, r.scope, r.outcome, r.message, r.sheet, r.address, r.printed
        FROM reading_problem AS r JOIN whole AS w ON w.reading = r.reading
        WHERE r.ordinal IS NULL""")
    connection.unregister("place")
    connection.unregister("whole")


def _load_history(connection: duckdb.DuckDBPyConnection, journal: Journal, knowledge: Knowledge) -> None:
    """When a finding was first seen, what was released, and the record of the night itself."""
    opened, closed = journal.of("night_opened")[-1], journal.of("night_closed")
    load_rows(connection, "stage.finding_event", finding_events(closed))
    load_rows(
        connection,
        "stage.first_seen",
        (
            {"finding_id": finding, "first_seen_at": datetime.fromisoformat(entry["at"])}
            for entry in closed
            for finding in entry["new_findings"]
        ),
    )
    changed = [name for name in HASHES if closed and closed[-1][name] != knowledge.hashes[name]]
    load_rows(connection, "stage.release", release_rows(journal))
    stage_releases(connection, frozen_releases(journal))
    night = {
        "night": opened["night"],
        "built_at": datetime.fromisoformat(opened["at"]),
        "changed_since": "、".join(HASHES[name] for name in changed),
        "files_received": len(journal.of("file_received")) + len(journal.of(DECISION_RECEIVED)),
        "cells_read": 0,
    }
    load_rows(connection, "stage.build", [night | dict(knowledge.hashes)])


def _count(connection: duckdb.DuckDBPyConnection, files_received: int, cells_read: int) -> Staged:
    connection.execute("UPDATE stage.build SET cells_read = ?", [cells_read])
    row = connection.execute("""
        SELECT (SELECT count(*) FROM stage.file WHERE outcome IN ('read', 'rejected', 'duplicate', 'decisions')),
               (SELECT count(*) FROM stage.cell), (SELECT count(*) FROM stage.submission),
               (SELECT count(*) FROM stage.problem)""").fetchone()
    accounted, stored, submissions, problems = row or (0, 0, 0, 0)
    return Staged(files_received, accounted, cells_read, stored, submissions, problems)
