"""The facts of every answer, gathered once from the published tables.

Belongs here: which submissions and files are answered, under which number, with which findings in which order. Does not
belong here: how an answer looks, and where it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any, Final

import duckdb

from pipelines.answers.wording import NextStep, next_step, status_key
from schemas.form import CellKey, load_forms
from schemas.narrative import NARRATIVE_SHEET, label_of
from warehouse.connection import dicts

READS: Final = (
    "core.dim_form",
    "core.dim_organ",
    "core.fct_cell",
    "core.fct_file",
    "core.fct_finding",
    "core.fct_submission",
    "core.finding_cell",
    "core.finding_explanation",
    "core.reporting_duty",
    "meta.build",
)
"""the tables that the answers are written from"""
UNKNOWN: Final = "_unknown"
"""where a file under an unknown folder is answered, never under a name from outside"""
_SEVERITIES: Final = ("error", "warning", "info")


@dataclass(frozen=True, slots=True)
class FoundCell:
    """A cell that takes part in a finding. ``address`` is '' where the file has no such row."""

    position: int
    indicator_code: str
    applicant_kind: str
    measure: str
    sheet: str
    address: str
    printed: str
    value: Decimal | None
    role: str
    suggested_value: Decimal | None
    label: str
    """what the form calls the cell; '' for a place outside the form"""

    @property
    def key(self) -> CellKey:
        """The cell of the form."""
        return CellKey(self.indicator_code, self.applicant_kind, self.measure)

    @property
    def place(self) -> str:
        """``sheet!address``, or ''."""
        return f"{self.sheet}!{self.address}" if self.address else ""

    @property
    def excess(self) -> Decimal | None:
        """By how much the printed value is above the suggested one."""
        if self.value is None or self.suggested_value is None:
            return None
        return self.value - self.suggested_value


@dataclass(frozen=True, slots=True)
class Explanation:
    """One explanation of a finding, as ``core.finding_explanation`` has it."""

    position: int
    explanation_kind: str
    indicator_code: str
    applicant_kind: str
    measure: str
    suggested_value: Decimal | None
    message: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding with its cells and explanations; ``number`` counts the findings of an answer by importance from 1."""

    number: int
    finding_id: str
    rule_id: str
    severity: str
    outcome: str
    scope: str
    message: str
    mend: str
    lhs: Decimal | None
    rhs: Decimal | None
    difference: Decimal | None
    state: str
    decision_note: str
    table: str
    """code of the form's table that it is about; 正文 for prose, '' for the report as a whole"""
    cells: tuple[FoundCell, ...]
    explanations: tuple[Explanation, ...]

    @property
    def level(self) -> str:
        """How it is marked: its severity, or ``waived``."""
        return "waived" if self.state == "waived" else self.severity

    @property
    def telling(self) -> tuple[FoundCell, ...]:
        """The cells to look at: all but the zeros and blanks that merely stand in the same sum."""
        cells = tuple(cell for cell in self.cells if self._tells(cell))
        return cells or self.cells

    @property
    def silent(self) -> tuple[FoundCell, ...]:
        """The other cells of the same sum."""
        telling = self.telling
        return tuple(cell for cell in self.cells if cell not in telling)

    def _tells(self, cell: FoundCell) -> bool:
        if cell.role != "operand" or cell.value or not cell.address:
            return True
        return cell.value is None and (bool(cell.printed) or self.outcome == "uncertain")


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything that one receipt tells; it lies in ``folder`` under ``number``."""

    folder: str
    number: str
    about: Mapping[str, Any]
    """the submission or file: organ, year, form, name, times, status"""
    status: str
    """key of ``wording.STATUS``"""
    next_step: NextStep
    night: date
    findings: tuple[Finding, ...]
    variant: str = ""
    cells_digest: str = ""
    """changes with any cell of the submission; '' for a file"""

    @property
    def is_submission(self) -> bool:
        """False for the answer to a file as a whole."""
        return "submission_id" in self.about

    @property
    def due(self) -> date | None:
        """The deadline, where there was one: a year collected afterwards has none."""
        due: date | None = self.about["due_on"] if self.about.get("mode") == "live" else None
        return due

    def as_json(self) -> dict[str, Any]:
        """The answer for machines: exact decimals and times as text once it is dumped with ``default=str``."""
        hidden = ("mode", "gates_total", "official_receipt_no", "is_overtaken")
        told = {name: value for name, value in self.about.items() if name not in hidden}
        step = asdict(self.next_step)
        return told | {
            "due_on": self.due,
            "next_step": step,
            "findings": [asdict(finding) for finding in self.findings],
        }


def answers(connection: duckdb.DuckDBPyConnection) -> Iterator[Answer]:
    """The answer to every submission, then to every file that was rejected, repeated or read in part only."""
    ((night,),) = connection.execute("SELECT CAST(built_at AS DATE) FROM meta.build").fetchall()
    by_submission, by_file = _findings(connection)
    yield from _submissions(connection, night, by_submission)
    yield from _files(connection, night, by_file)


def cells_of(connection: duckdb.DuckDBPyConnection, submission_ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Every cell of the submissions as read: its key, printed text, value and state."""
    found: dict[str, list[dict[str, Any]]] = {}
    for cell in dicts(
        connection,
        """
        SELECT submission_id, indicator_code, applicant_kind, measure, printed, value, value_state
        FROM core.fct_cell
        WHERE submission_id IN (SELECT unnest(CAST(? AS VARCHAR[])))
        ORDER BY submission_id, sheet, length(address), address, indicator_code, applicant_kind, measure""",
        [submission_ids],
    ):
        found.setdefault(cell.pop("submission_id"), []).append(cell)
    return found


def _submissions(
    connection: duckdb.DuckDBPyConnection, night: date, findings: Mapping[str, list[dict[str, Any]]]
) -> Iterator[Answer]:
    rows = dicts(
        connection,
        """
        WITH held_cell AS (
            SELECT c.submission_id, count(*) AS cells, CAST(bit_xor(hash(c)) AS VARCHAR) AS digest
            FROM core.fct_cell AS c GROUP BY c.submission_id
        )
        SELECT s.receipt_no, s.submission_id, s.organ_code, o.name AS organ_name, s.report_year, s.form_code,
               f.short_title, s.basis, s.file_name AS file, s.status, s.is_official, s.is_nil, s.received_at, s.sha256,
               coalesce(c.cells, 0) AS cells, s.variant, coalesce(c.digest, '') AS digest,
               d.due_on, d.mode, coalesce(d.gates_total, false) AS gates_total, e.receipt_no AS official_receipt_no,
               coalesce(e.sequence > s.sequence, false) AS is_overtaken
        FROM core.fct_submission AS s
        JOIN core.dim_organ AS o ON o.organ_code = s.organ_code
        JOIN core.dim_form AS f ON f.form_code = s.form_code
        LEFT JOIN held_cell AS c ON c.submission_id = s.submission_id
        LEFT JOIN core.reporting_duty AS d
            ON d.organ_code = s.organ_code AND d.report_year = s.report_year AND d.form_code = s.form_code
        LEFT JOIN core.fct_submission AS e
            ON e.organ_code = s.organ_code AND e.report_year = s.report_year AND e.form_code = s.form_code
            AND e.is_official AND e.submission_id <> s.submission_id
        ORDER BY s.sequence, s.submission_id""",
    )
    for row in rows:
        variant, digest = row.pop("variant"), row.pop("digest")
        found = _ordered(findings.get(row["submission_id"], []), row["form_code"])
        yield _answer(row["organ_code"], row["receipt_no"], row, found, night, variant=variant, cells_digest=digest)


def _files(
    connection: duckdb.DuckDBPyConnection, night: date, findings: Mapping[str, list[dict[str, Any]]]
) -> Iterator[Answer]:
    rows = dicts(
        connection,
        """
        SELECT f.file_id, f.folder, o.organ_code, o.name AS organ_name, NULL AS report_year, NULL AS form_code,
               regexp_extract(f.inbox_path, '[^/]*$') AS file,
               CASE f.outcome WHEN 'decisions' THEN 'noted' ELSE 'unreadable' END AS status, f.outcome, f.reason,
               f.received_at, f.sha256, 0 AS cells
        FROM core.fct_file AS f LEFT JOIN core.dim_organ AS o ON o.organ_code = f.folder
        -- the office reads what became of its decisions in the warehouse
        WHERE NOT (f.folder = '' AND f.inbox_path LIKE 'decisions/%')
        ORDER BY f.sequence""",
    )
    taken: set[str] = set()
    for row in rows:
        found = _ordered(findings.get(row["file_id"], []), "")
        # of a file that was read only what none of its submissions is told
        if row["outcome"] == "read" and not found:
            continue
        # of decisions that all count the findings tell
        if row["outcome"] == "decisions" and not row["reason"]:
            continue
        if row["organ_code"] is not None:
            folder, receipt = row["organ_code"], f"{row['organ_code']}-{row['file_id']}-{row['sha256'][:6]}"
        else:
            folder, receipt = UNKNOWN, row["sha256"][:12]
            if receipt in taken:  # the same bytes under another unknown folder
                receipt = f"{receipt}-{row['file_id']}"
            taken.add(receipt)
        yield _answer(folder, receipt, row, found, night)


def _answer(
    folder: str, receipt: str, row: dict[str, Any], findings: tuple[Finding, ...], night: date, **more: str
) -> Answer:
    has_errors = any(finding.level == "error" for finding in findings)
    status = status_key(row, has_errors=has_errors)
    return Answer(folder, receipt, row, status, next_step(row, status, night), night, findings, **more)


def _findings(
    connection: duckdb.DuckDBPyConnection,
) -> tuple[dict[str, list[dict[str, Any]]], dict[str, list[dict[str, Any]]]]:
    """Findings by submission, and those of a whole file by file, each with its cells and explanations.

    What is found about an organ and year (family H) is told with the report that is official there.
    """
    cells = _grouped(connection, "SELECT * FROM core.finding_cell ORDER BY finding_id, position")
    explanations = _grouped(connection, "SELECT * FROM core.finding_explanation ORDER BY finding_id, position")
    by_submission: dict[str, list[dict[str, Any]]] = {}
    by_file: dict[str, list[dict[str, Any]]] = {}
    for row in dicts(
        connection,
        """
        SELECT coalesce(f.submission_id, s.submission_id) AS submission_id, f.file_id, f.finding_id, f.rule_id,
               f.severity, f.outcome, f.scope, f.message, f.mend, f.lhs, f.rhs, f.difference, f.state, f.decision_note
        FROM core.fct_finding AS f
        LEFT JOIN core.fct_submission AS s
            ON f.submission_id IS NULL AND f.file_id IS NULL AND s.is_official AND s.organ_code = f.organ_code
            AND s.report_year = f.report_year AND s.form_code = f.form_code
        ORDER BY f.finding_id""",
    ):
        submission, file = row.pop("submission_id"), row.pop("file_id")
        row["cells"] = cells.get(row["finding_id"], [])
        row["explanations"] = explanations.get(row["finding_id"], [])
        if submission is not None:
            by_submission.setdefault(submission, []).append(row)
        elif file is not None:
            by_file.setdefault(file, []).append(row)
    return by_submission, by_file


def _grouped(connection: duckdb.DuckDBPyConnection, query: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in dicts(connection, query):
        found.setdefault(row.pop("finding_id"), []).append(row)
    return found


def _ordered(rows: list[dict[str, Any]], form_code: str) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            **row
            | {
                "number": place,
                "table": _table_of(row["cells"], form_code),
                "cells": tuple(FoundCell(**cell, label=_label(cell, form_code)) for cell in row["cells"]),
                "explanations": tuple(Explanation(**item) for item in row["explanations"]),
            }
        )
        for place, row in enumerate(sorted(rows, key=_importance), start=1)
    )


def _importance(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """Open, error before warning before info, sure before unsure, with a cell named as wrong, largest relative gap."""
    largest = max(abs(row["lhs"] or 0), abs(row["rhs"] or 0), 1)
    return (
        row["state"] == "waived",
        _SEVERITIES.index(row["severity"]),
        row["outcome"] != "fail",
        all(cell["role"] != "likelier_wrong" for cell in row["cells"]),
        -abs(row["difference"] or 0) / largest,
        row["rule_id"],
        row["scope"],
    )


def _label(cell: Mapping[str, Any], form_code: str) -> str:
    form = load_forms().get(form_code)
    key = CellKey(cell["indicator_code"], cell["applicant_kind"], cell["measure"])
    return label_of(form, key) if form and key.indicator_code else key.indicator_code


def _table_of(cells: list[dict[str, Any]], form_code: str) -> str:
    """The table of the form in which the first of the cells stands."""
    tables = [_tables(form_code).get(cell["indicator_code"], "") for cell in cells]
    prose = NARRATIVE_SHEET if any(cell["sheet"] == NARRATIVE_SHEET for cell in cells) else ""
    return next(filter(None, tables), prose)


@cache
def _tables(form_code: str) -> Mapping[str, str]:
    """indicator code -> code of the table that prints it"""
    form = load_forms().get(form_code)
    tables = form.tables if form else ()
    return {code: table.code for table in tables for row in table.rows for code in row.codes}
