"""Before sending: what the coming night would say of some files, told now and stored nowhere.

Belongs here: treating files that lie anywhere as one delivery that has just come in - whose they are, their place after
what was received, the history that the rules look back on - and collecting the answer. Reading, staging, judging and
the published SELECTs are those of the night. Does not belong here: any judgement or sentence of a rule, printing
(``pipelines.precheck_page``).

A file that was received already is judged in its old place in the sequence, as the night would: the same bytes again
are no new submission. Everything happens in memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa

from pipelines.assignment import (
    Assigned,
    DutyIndex,
    Remark,
    Stated,
    assign,
    assign_unregistered,
    duty_index,
    file_id,
    first_of_each,
    same_night,
)
from pipelines.intake import shown, why_not_opened
from pipelines.journal import Entry
from pipelines.knowledge import Knowledge, load_knowledge
from pipelines.parse_cache import tabulate
from pipelines.readers.model import FileReading, Limits, Problem
from pipelines.readers.pool import Item, read_many
from pipelines.settings import Settings, now
from pipelines.staging import file_row, reading_of, readings_of, stage_knowledge, stage_submissions
from schemas.register import Register
from warehouse.build import build_order, build_table, load_rows
from warehouse.connection import dicts, scratch
from warehouse.history import PublishedNight, attach_history, sequences, stage_history
from warehouse.judge import judge

CLEAN, ERRORS, UNREADABLE = 0, 1, 2
"""exit codes: clean or warnings only, errors found, unreadable or unknown form"""
_TOLD: Final = ("core.fct_submission", "core.fct_finding", "core.finding_explanation", "core.finding_cell")
_FINDING: Final = (
    "finding_id", "rule_id", "severity", "outcome", "scope", "message", "mend", "lhs", "rhs", "difference", "state",
)  # fmt: skip
_RANK: Final = {"error": 1, "warning": 2, "info": 3}
_ONLY_INSIDE: Final = "只核对表内各格，不核对应报名单和上年数；请用 --organ 给出机构代码"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is to be said of one submission, or of a file (part) that gave none; '' and None where it is not known.

    ``received_as`` is the receipt number if the very same file was received before; ``findings`` are in order of
    importance, each with its cells (the likelier wrong one first) and explanations.
    """

    file: str
    form_code: str
    form_title: str
    organ_code: str
    organ_name: str
    report_year: int | None
    status: str
    is_nil: bool
    cells: int
    received_as: str
    findings: Sequence[Mapping[str, Any]]

    @property
    def exit_code(self) -> int:
        """CLEAN, ERRORS or UNREADABLE. An error that the office has accepted is none."""
        if self.status == "unreadable":
            return UNREADABLE
        is_wrong = any(item["severity"] == "error" and item["state"] != "waived" for item in self.findings)
        return ERRORS if is_wrong else CLEAN


@dataclass(frozen=True, slots=True)
class Precheck:
    """All answers, in the order in which the files were given; ``no_history`` says why there is none."""

    answers: Sequence[Answer]
    history: PublishedNight | None
    no_history: str

    @property
    def exit_code(self) -> int:
        """The highest of all answers."""
        return max((answer.exit_code for answer in self.answers), default=CLEAN)

    def as_json(self) -> dict[str, Any]:
        """The object that ``--json`` prints. A figure is an integer, or a number with the decimals that it has."""
        night = {"night": self.history.night, "built_at": self.history.built_at} if self.history else None
        return {"files": _plain(self.answers), "history": _plain(night), "no_history": self.no_history}


@dataclass(frozen=True, slots=True)
class _Delivery:
    """The files as if received just now: entries as the journal would have them, and what was read from them.

    ``organ`` and ``year`` are the command line's; ``register`` and ``duties`` decide whose a submission is.
    """

    paths: Sequence[str]
    entries: Sequence[Entry]
    tables: Mapping[str, pa.Table]
    organ: str
    year: int | None
    register: Register
    duties: DutyIndex


@dataclass(frozen=True, slots=True)
class _Claims:
    """The delivery's submissions. ``of`` lists for each file the submissions that it brings, by position."""

    assigned: list[Assigned]
    said: list[tuple[Assigned, Remark]]
    of: Sequence[Sequence[str]]
    known: Mapping[str, int]


class _HistoryError(RuntimeError):
    """The published file cannot be read."""


def check_files(settings: Settings, paths: Sequence[Path], organ: str = "", year: int | None = None) -> Precheck:
    """Judge files as the coming night would. ``organ`` and ``year`` are what the command line says of them ('', None).

    Raises RegisterError where the register is broken. A file that cannot be read is an answer, not an error.
    """
    knowledge = load_knowledge(settings.register)
    delivery = _deliver(settings, sorted(paths, key=_arrival), shown(organ), year, knowledge.register)
    published = settings.published_file
    if not published.exists():
        result = _judged(delivery, knowledge, None, "没有历史数据")
    else:
        try:
            # one generation, whatever is published meanwhile
            result = _judged(delivery, knowledge, published.resolve(), "")
        except _HistoryError as error:
            result = _judged(delivery, knowledge, None, f"历史数据读不了（{error}）")
    given = [shown(str(path)) for path in paths]
    return replace(result, answers=sorted(result.answers, key=lambda answer: given.index(answer.file)))


def _arrival(path: Path) -> tuple[int, str]:
    """What orders the files of a night."""
    try:
        return path.stat().st_mtime_ns, str(path)
    except (OSError, ValueError):
        return 0, str(path)


def _deliver(settings: Settings, paths: Sequence[Path], organ: str, year: int | None, register: Register) -> _Delivery:
    """Look at every file and read those that may be opened, each content under each name once."""
    entries: list[Entry] = []
    wanted: dict[str, Item] = {}
    refused: dict[str, FileReading] = {}
    received_at = now().isoformat()
    for path in paths:
        sha256, size, reason = _look(path, settings.limits)
        entry = {
            "event": "file_received", "sequence": 0, "night": 0, "sha256": sha256, "folder": organ,
            "path": f"{organ}/{path.name}", "size": size, "received_at": received_at, "outcome": "archived",
            "reason": "",
        }  # fmt: skip
        entries.append(entry)
        key = reading_of(entry)
        if reason:
            refused[key] = FileReading(problems=(Problem("V01", reason),))
        else:
            wanted[key] = (key, path, key.split("/", 1)[1])
    read = read_many(wanted.values(), settings.limits, settings.workers, year)
    tables = tabulate([*refused.items(), *read])
    return _Delivery([shown(str(path)) for path in paths], entries, tables, organ, year, register, duty_index(register))


def _look(path: Path, limits: Limits) -> tuple[str, int, str]:
    """(SHA-256, size, why it is not read); of a file that is not read the hash is only a name."""
    name = hashlib.sha256(str(path).encode("utf-8", "surrogateescape")).hexdigest()
    try:
        status = path.stat()
        if path.is_dir():
            return name, 0, "这是一个文件夹；请给出其中的文件"
        if reason := why_not_opened(status, limits):
            return name, status.st_size, reason
        return hashlib.sha256(path.read_bytes()).hexdigest(), status.st_size, ""
    except FileNotFoundError:
        return name, 0, "没有这个文件；请检查路径"
    except (OSError, ValueError) as error:
        return name, 0, f"文件打不开（{getattr(error, 'strerror', None) or error}）；请检查权限或关闭正在打开它的程序"


def _judged(delivery: _Delivery, knowledge: Knowledge, published: Path | None, no_history: str) -> Precheck:
    """Judge year after year: neighbours are staged for one year only, what lies between two of theirs is not here."""
    years: list[int | None] = sorted(set(delivery.tables["submission"]["report_year"].to_pylist())) or [None]
    told: dict[str, dict[str, Any]] = {}
    whole: dict[tuple[Any, ...], list[Any]] = {}
    night: PublishedNight | None = None
    for report_year in years:
        with scratch() as connection:
            stage_knowledge(connection, knowledge)
            for name, table in delivery.tables.items():
                connection.register(f"reading_{name}", table)
            night = _attached(connection, published)
            entries = _numbered(delivery.entries, night)
            claims = _claims(connection, delivery, entries, night)
            _stage(connection, entries, claims, knowledge, night)
            if night is not None and report_year is not None:
                with _history_errors():
                    stage_history(connection, *_company(claims, report_year, knowledge.register), list(claims.known))
            judge(connection, knowledge.rules, knowledge.forms)
            for name in build_order(*_TOLD):
                build_table(connection, name)
            told |= {row["submission_id"]: row for row in _submissions(connection, claims, report_year)}
            whole = _findings(connection, "submission_id IS NULL AND file_id IS NOT NULL", "file_id")
    return Precheck(list(_answers(delivery, entries, claims, told, whole)), night, no_history)


@contextmanager
def _history_errors() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as error:
        raise _HistoryError(str(error).split("\n", 1)[0]) from error


def _attached(connection: duckdb.DuckDBPyConnection, published: Path | None) -> PublishedNight | None:
    with _history_errors():
        return attach_history(connection, published) if published else None


def _numbered(entries: Sequence[Entry], night: PublishedNight | None) -> list[Entry]:
    """The entries with the next numbers of the journal, and the next night's."""
    last, number = (night.last_sequence, night.night) if night else (0, 0)
    return [{**entry, "sequence": last + n, "night": number + 1} for n, entry in enumerate(entries, start=1)]


def _claims(
    connection: duckdb.DuckDBPyConnection, delivery: _Delivery, entries: Sequence[Entry], night: PublishedNight | None
) -> _Claims:
    """Whose every submission is, and what is said of it; one that the night has already keeps its place there."""
    readings = readings_of(connection)
    brought: list[list[Assigned]] = []
    for entry in entries:
        # one entry for each organ that the file speaks of: what one entry brings twice is told (V07)
        folders: dict[str, Entry] = {}
        brought.append(
            [_assigned(delivery, entry, folders, stated) for stated in readings.stated.get(reading_of(entry), ())]
        )
    assigned, repeated = first_of_each(item for items in brought for item in items)
    known: dict[str, int] = {}
    if night is not None:
        with _history_errors():
            known = sequences(connection, [item.submission_id for item in assigned])
    placed = {item.submission_id: _placed(item, known.get(item.submission_id)) for item in assigned}
    said = [(placed[item.submission_id], remark) for item, remark in repeated]
    fresh = (item for item in placed.values() if item.submission_id not in known)
    of = [list(dict.fromkeys(item.submission_id for item in items)) for items in brought]
    return _Claims(list(placed.values()), [*said, *same_night(fresh)], of, known)


def _assigned(delivery: _Delivery, entry: Entry, folders: dict[str, Entry], stated: Stated) -> Assigned:
    """The submission under the organ of the command line, else under the one that the file states."""
    register, organ = delivery.register, delivery.organ
    if not organ and stated.organ_code in register.organs:
        organ = stated.organ_code
    elif not organ and (named := register.by_name(stated.organ_name, stated.report_year)):
        organ = named.organ_code
    if organ in register.organs:
        item = assign(folders.setdefault(organ, {**entry, "folder": organ}), stated, register, delivery.duties)
    else:
        organ = organ or stated.organ_code
        who = organ or stated.organ_name
        sentence = f"名录中没有机构“{who}”，{_ONLY_INSIDE}" if who else f"文件没有写明机构，{_ONLY_INSIDE}"
        # without a code two files must not be taken for one organ's
        item = assign_unregistered(folders.setdefault(organ, entry), stated, organ or file_id(entry), sentence)
    if delivery.year in (None, stated.report_year):
        return item
    message = f"文件写明的报告年度是{stated.report_year}，核对时给出的却是 {delivery.year}；请改正年度，或去掉 --year"
    return replace(item, remarks=(*item.remarks, Remark("V10", message, str(stated.report_year))))


def _placed(item: Assigned, sequence: int | None) -> Assigned:
    return item if sequence is None else replace(item, entry={**item.entry, "sequence": sequence})


def _stage(
    connection: duckdb.DuckDBPyConnection,
    entries: list[Entry],
    claims: _Claims,
    knowledge: Knowledge,
    night: PublishedNight | None,
) -> None:
    readings = readings_of(connection)
    folders = {entry["folder"] for entry in entries}
    load_rows(connection, "stage.file", (file_row(entry, folders, readings, ()) for entry in entries))
    stage_submissions(connection, claims.assigned, claims.said, entries)
    build = {"night": night.night + 1 if night else 1, "built_at": now(), "files_received": len(entries)}
    load_rows(connection, "stage.build", [build | dict(knowledge.hashes) | {"changed_since": "", "cells_read": 0}])


def _company(claims: _Claims, report_year: int, register: Register) -> tuple[list[str], int, list[str]]:
    """Whose history is needed - an organ's and that of whom it took over - and which forms of everybody's this year."""
    organs: set[str] = set()
    waiting = {item.organ_code for item in claims.assigned}
    while waiting:
        organs |= waiting
        waiting = {event.organ_code for code in waiting for event in register.predecessors(code, report_year)} - organs
    forms = sorted({item.stated.form_code for item in claims.assigned if item.stated.report_year == report_year})
    return sorted(organs), report_year, forms


def _submissions(
    connection: duckdb.DuckDBPyConnection, claims: _Claims, report_year: int | None
) -> Iterator[dict[str, Any]]:
    """The delivery's submissions of one year with their findings.

    What the rules of family H say of an organ and year belongs to the submission that counts: it is told with it.
    """
    mine = {item.submission_id for item in claims.assigned}
    own = _findings(connection, "submission_id IS NOT NULL", "submission_id")
    of_year = _findings(
        connection, "file_id IS NULL AND submission_id IS NULL", "organ_code", "report_year", "form_code"
    )
    rows = dicts(
        connection,
        """
        SELECT s.submission_id, s.organ_code, coalesce(o.name, '') AS organ_name, s.report_year, s.form_code,
               f.short_title AS form_title, s.status, s.is_official, s.is_nil, s.receipt_no,
               (SELECT count(*) FROM stage.cell AS c WHERE c.submission_id = s.submission_id) AS cells
        FROM core.fct_submission AS s
        JOIN stage.form AS f ON f.form_code = s.form_code
        LEFT JOIN stage.organ AS o ON o.organ_code = s.organ_code""",
    )
    for row in rows:
        if row["submission_id"] in mine and row["report_year"] == report_year:
            there = of_year.get((row["organ_code"], row["report_year"], row["form_code"]), [])
            found = [*own.get((row["submission_id"],), []), *(there if row["is_official"] else [])]
            row["findings"] = sorted(found, key=_importance)
            yield row


def _findings(connection: duckdb.DuckDBPyConnection, condition: str, *key: str) -> dict[tuple[Any, ...], list[Any]]:
    """Findings by ``key``, each with its cells and explanations."""
    parts: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for name in ("finding_cell", "finding_explanation"):
        for row in dicts(connection, f"SELECT * FROM core.{name} ORDER BY finding_id, position"):  # noqa: S608 - a name of ours
            parts.setdefault((name, row.pop("finding_id")), []).append(row)
    found: dict[tuple[Any, ...], list[Any]] = {}
    for row in dicts(connection, f"SELECT * FROM core.fct_finding WHERE {condition}"):  # noqa: S608 - ours
        finding = {name: row[name] for name in _FINDING}
        finding["cells"] = parts.get(("finding_cell", row["finding_id"]), [])
        finding["explanations"] = parts.get(("finding_explanation", row["finding_id"]), [])
        found.setdefault(tuple(row[name] for name in key), []).append(finding)
    return {place: sorted(items, key=_importance) for place, items in found.items()}


def _importance(finding: Mapping[str, Any]) -> tuple[int, str, str]:
    return _RANK[finding["severity"]], finding["rule_id"], finding["scope"]


def _answers(
    delivery: _Delivery,
    entries: Sequence[Entry],
    claims: _Claims,
    told: Mapping[str, dict[str, Any]],
    whole: Mapping[tuple[Any, ...], list[Any]],
) -> Iterator[Answer]:
    """For every file its submissions, then what none of them is told."""
    for path, entry, brought in zip(delivery.paths, entries, claims.of, strict=True):
        for submission in brought:
            row = told[submission]
            yield Answer(
                file=path,
                form_code=row["form_code"],
                form_title=row["form_title"],
                organ_code="" if row["organ_code"] == file_id(entry) else shown(row["organ_code"]),
                organ_name=row["organ_name"],
                report_year=row["report_year"],
                status=row["status"],
                is_nil=row["is_nil"],
                cells=row["cells"],
                received_as=row["receipt_no"] if submission in claims.known else "",
                findings=row["findings"],
            )
        found = whole.get((file_id(entry),), [])
        if found or not brought:
            yield Answer(path, "", "", delivery.organ, "", None, "unreadable", False, 0, "", found)


def _plain(value: Any) -> Any:
    """A value as JSON has it: integers as such, other decimals as numbers if they stay exact, else as text."""
    if isinstance(value, Answer):
        return {name: _plain(getattr(value, name)) for name in Answer.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        if value == value.to_integral_value():
            return int(value)
        return float(value) if Decimal(str(float(value))) == value else str(value)
    return value.isoformat() if isinstance(value, datetime) else value
