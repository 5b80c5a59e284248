"""Small staged nights for the tests of the rules: organs, submissions and their cells as plain data, and one judgement.

Belongs here: what every rule test needs to set a scene. Does not belong here: any expectation.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.readers.model import ReadCell, ReadSubmission
from schemas.form import APPLICANT_KINDS, MEASURES, CellKey, load_forms
from schemas.rule import Rule, load_rules
from warehouse.build import load_rows
from warehouse.judge import judge
from warehouse.stage import create_stage

PUBLISHED = Path(__file__).parents[1] / "data" / "published"
ORGANS = (
    # organ_code, name, kind, parent_code, district_code
    ("CITY", "某市人民政府", "city_government", None, None),
    ("OFFICE", "某市人民政府办公厅", "municipal_office", "CITY", None),
    ("DEPT", "某市教育局", "municipal_department", "CITY", None),
    ("DEPT2", "某市民政局", "municipal_department", "CITY", None),
    ("AREA", "某区人民政府", "district_government", "CITY", "AREA"),
    ("AREADEPT", "某区教育局", "district_department", "AREA", "AREA"),
    ("AREATOWN", "某镇人民政府", "town", "AREA", "AREA"),
)
STATES = ("blank", "not_applicable", "not_a_number", "missing_row", "uncertain", "absent")
_KEY = re.compile(r"(?P<code>[a-z0-9_]+)(?:\[(?P<dimensions>[a-z_,]+)\])?")

Figure = Decimal | str | Mapping[str, Any]
"""A number; a state of STATES ('absent' = the cell is not there at all); or the fields of a cell of prose"""


@dataclass(frozen=True)
class Outcome:
    """One line of the ledger."""

    submission_id: str | None
    organ_code: str
    report_year: int | None
    form_code: str | None
    rule_id: str
    severity: str
    scope: str
    outcome: str
    lhs: Decimal | None
    rhs: Decimal | None
    difference: Decimal | None
    note: str
    message: str


@dataclass
class World:
    """One night before it is judged; cells that are not named are zero."""

    submissions: list[dict[str, Any]] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)
    problems: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    duties: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    names: list[dict[str, Any]] = field(default_factory=list)
    """further spellings of organs' names"""
    events: list[dict[str, Any]] = field(default_factory=list)
    moved: dict[tuple[str, int], str | None] = field(default_factory=dict)
    """(organ, year) -> the district below which it stood then, where that is not its latest one"""
    begun: dict[str, int] = field(default_factory=dict)
    """organ -> its first report year, where it has one"""

    def file(self, organ: str = "DEPT") -> str:
        """A file received; returns its id."""
        number = len(self.files) + 1
        self.files.append(
            {
                "file_id": f"file{number}", "sequence": number, "sha256": f"{number:064x}", "folder": organ,
                "inbox_path": f"{organ}/{number}.xlsx", "size_bytes": 1, "received_at": datetime(2018, 1, number),
                "outcome": "read", "reason": "",
            }
        )  # fmt: skip
        return f"file{number}"

    def submit(
        self,
        figures: Mapping[str, Any] | None = None,
        *,
        form: str = "fj_annex_2017",
        year: int = 2017,
        organ: str = "DEPT",
        basis: str = "own",
        variant: str = "",
        nil: bool = False,
        reason: str = "更正",
        otherwise: Figure = Decimal(0),
    ) -> str:
        """A submission with ``figures`` by cell, and ``otherwise`` in the other cells; returns its id."""
        file_id = self.file(organ)
        submission_id = f"sub{len(self.submissions) + 1}"
        self.submissions.append(
            {
                "submission_id": submission_id, "file_id": file_id, "sequence": len(self.files), "organ_code": organ,
                "report_year": year, "form_code": form, "variant": variant, "basis": basis, "is_nil": nil,
                "resubmission_reason": reason,
            }
        )  # fmt: skip
        if not nil:
            named = {cell_key(form, text): figure for text, figure in (figures or {}).items()}
            values = dict.fromkeys(load_forms()[form].cells(variant), otherwise) | named
            for key, figure in values.items():
                self._add_cell(submission_id, key, figure)
        return submission_id

    def read(self, submission: ReadSubmission, **options: Any) -> str:
        """A submission as a reader read it; returns its id."""
        submission_id = self.submit(
            form=submission.form_code,
            year=submission.report_year,
            variant=submission.variant,
            otherwise="absent",
            **options,
        )
        for cell in submission.cells:
            self._add_cell(submission_id, cell.key, fields_of(cell))
        return submission_id

    def publish(self, name: str, **options: Any) -> str:
        """The whole table of a real organ, from tests/data/published; returns the submission's id."""
        with (PUBLISHED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        figures = {
            f"{row['indicator_code']}[{','.join(filter(None, (row['measure'], row['applicant_kind'])))}]": row["value"]
            or "blank"
            for row in rows
        }
        return self.submit(
            figures, form=rows[0]["form_code"], year=int(rows[0]["report_year"]), otherwise="absent", **options
        )

    def problem(self, rule_id: str, submission_id: str | None = None, **said: str) -> None:
        """What reading had to say; of the last file where no submission is named."""
        owner = next((s for s in self.submissions if s["submission_id"] == submission_id), None)
        self.problems.append(
            {
                "file_id": owner["file_id"] if owner else self.files[-1]["file_id"], "submission_id": submission_id,
                "rule_id": rule_id, "scope": "", "outcome": "fail", "message": "有误。", "sheet": "", "address": "",
                "printed": "",
            }
            | said
        )  # fmt: skip

    def decide(
        self,
        submission_id: str,
        rule_id: str,
        scope: str = "",
        values: tuple[int | None, int | None] = (None, None),
        **changed: Any,
    ) -> str:
        """The office accepts as printed what ``rule_id`` found in a submission with these two sides; returns the id."""
        owner = next(s for s in self.submissions if s["submission_id"] == submission_id)
        number = len(self.decisions) + 1
        self.decisions.append(
            {
                "decision_id": f"D{number}", "sequence": 100 + number, "line": 2, "file_id": "F000001",
                "source": "office", "received_at": datetime(2018, 2, number), "receipt_no": "", "finding_id": "",
                "decision": "accept_as_printed", "reason": "原表如此", "signed_by": "张三",
                "signed_on": date(2018, 2, number), "submission_id": submission_id,
                "organ_code": owner["organ_code"], "report_year": owner["report_year"],
                "form_code": owner["form_code"], "rule_id": rule_id, "scope": scope,
                "lhs": _decimal(values[0]), "rhs": _decimal(values[1]), "message": "", "problem": "",
            }
            | changed
        )  # fmt: skip
        return f"D{number}"

    def expect(
        self,
        *organs: str,
        form: str = "fj_annex_2017",
        year: int = 2017,
        basis: str = "own",
        summed: str = "own",
        why: str = "",
    ) -> None:
        """These organs must report; the totals sum the reports of the basis ``summed``."""
        for organ in organs:
            self.duties.append(
                {
                    "organ_code": organ, "report_year": year, "form_code": form, "basis": basis,
                    "due_on": date(year + 1, 3, 31), "gates_total": basis == summed, "mode": "live",
                    "statutory_due_on": date(year + 1, 3, 31), "period_from": date(year, 1, 1),
                    "period_to": date(year, 12, 31), "summed_basis": summed, "use_rule": why,
                }
            )  # fmt: skip

    def happen(
        self,
        organ: str,
        event: str,
        successor: str,
        year: int = 2024,
        *,
        share: str | None = "1",
        carries: str = "all",
    ) -> None:
        """From ``year`` on the successor took over from the organ; ``share`` None = not stated."""
        self.events.append(
            {
                "organ_code": organ, "event": event, "happened_on": str(year), "effective_year": year,
                "successor_code": successor, "share": None if share is None else Decimal(share), "source": "made_up",
                "note": "", "carries": carries if share else "none",
                "sentence": f"{organ}自{year}年度起{event}{successor}",
            }
        )  # fmt: skip

    def _add_cell(self, submission_id: str, key: CellKey, figure: Figure) -> None:
        if figure == "absent":
            return
        fields = figure if isinstance(figure, Mapping) else {}
        figure = fields.get("value", fields.get("value_state", "")) if isinstance(figure, Mapping) else figure
        state = str(figure) if str(figure) in STATES else "reported"
        self.cells.append(
            {
                "submission_id": submission_id, "position": len(self.cells) + 1, "indicator_code": key.indicator_code,
                "applicant_kind": key.applicant_kind, "measure": key.measure,
                "value": Decimal(str(figure)) if state == "reported" else None, "value_state": state,
                "printed": str(figure) if state == "reported" else "", "sheet": "附表", "address": "C1", "note": "",
            }
            | fields
        )  # fmt: skip


class Judged:
    """A judged night."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        columns = ", ".join(Outcome.__dataclass_fields__)
        rows = connection.execute(f"SELECT {columns} FROM stage.rule_outcome ORDER BY rule_id, scope, submission_id")
        self.outcomes = [Outcome(*row) for row in rows.fetchall()]

    def of(self, rule_id: str, submission_id: str | None = None) -> dict[str, Outcome]:
        """The outcomes of one rule by scope, of one submission where one is named."""
        found = [o for o in self.outcomes if o.rule_id == rule_id and submission_id in (None, o.submission_id)]
        assert len({o.scope for o in found}) == len(found), "name the submission"
        return {o.scope: o for o in found}

    def one(self, rule_id: str, submission_id: str | None = None, scope: str | None = None) -> Outcome:
        """The one outcome of a rule, at ``scope`` where it has several."""
        found = self.of(rule_id, submission_id)
        return found[scope] if scope is not None else next(iter(found.values()))

    def remarks(self, submission_id: str) -> dict[tuple[str, str], tuple[str, Decimal | None]]:
        """(rule, scope) -> (outcome, difference) of what failed or is uncertain in a submission."""
        return {
            (o.rule_id, o.scope): (o.outcome, o.difference)
            for o in self.outcomes
            if o.submission_id == submission_id and o.outcome in ("fail", "uncertain")
        }

    def verdict(self, submission_id: str) -> tuple[str, bool, str | None]:
        """(status, is_official, supersedes)"""
        row = self.connection.execute(
            "SELECT status, is_official, supersedes FROM stage.verdict WHERE submission_id = ?", [submission_id]
        ).fetchone()
        assert row is not None
        return row

    def derived(self, submission_id: str) -> dict[tuple[str, str], Decimal]:
        """(indicator, applicant) -> derived value."""
        rows = self.connection.execute(
            "SELECT indicator_code, applicant_kind, derived_value FROM stage.derived_value WHERE submission_id = ?",
            [submission_id],
        ).fetchall()
        found = {(code, kind): value for code, kind, value in rows}
        assert len(found) == len(rows)
        return found


def judged(world: World, rules: Sequence[Rule] | None = None) -> Judged:
    """Stage ``world`` in memory and judge it by ``rules`` (the whole catalogue by default)."""
    connection = duckdb.connect(":memory:")
    create_stage(connection)
    load_rows(connection, "stage.file", world.files)
    load_rows(connection, "stage.submission", world.submissions)
    load_rows(connection, "stage.cell", world.cells)
    load_rows(connection, "stage.problem", world.problems)
    load_rows(connection, "stage.duty", world.duties)
    load_rows(connection, "stage.decision", world.decisions)
    load_rows(connection, "stage.organ", _organs(world))
    load_rows(
        connection,
        "stage.organ_name",
        ({"kind": "official", "normalised_name": row["name"]} | row for row in world.names),
    )
    load_rows(connection, "stage.organ_year", _organ_years(world))
    load_rows(connection, "stage.organ_event", world.events)
    judge(connection, rules or load_rules(), load_forms())
    return Judged(connection)


def fields_of(cell: ReadCell) -> Mapping[str, Any]:
    """A cell that was read, as a figure."""
    fields = {name: getattr(cell, name) for name in ("printed", "value_state", "sheet", "address", "note")}
    return fields if cell.value is None else fields | {"value": cell.value}


def cell_key(form_code: str, text: str) -> CellKey:
    """``code``, ``code[cumulative]``, ``code[natural_person]`` or ``code[annual,total]`` as a cell."""
    match = _KEY.fullmatch(text)
    assert match is not None, f"not a cell: {text!r}"
    measure, applicant = "annual", ""
    for dimension in filter(None, (match["dimensions"] or "").split(",")):
        if dimension in MEASURES:
            measure = dimension
        else:
            assert dimension in APPLICANT_KINDS, f"{text!r} of {form_code}"
            applicant = dimension
    key = CellKey(match["code"], applicant, measure)
    form = load_forms()[form_code]
    known = {cell for variant in form.variants for cell in form.cells(variant)}
    assert key in known or key.indicator_code.startswith("nar_"), f"{form_code} has no {key}"
    return key


def _decimal(value: int | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _organs(world: World) -> Iterable[dict[str, Any]]:
    for organ_code, name, kind, parent_code, district_code in ORGANS:
        yield {
            "organ_code": organ_code, "name": name, "kind": kind, "parent_code": parent_code,
            "district_code": district_code, "level": "lower" if district_code else "own",
            "organ_kind": "department", "valid_from_year": world.begun.get(organ_code), "valid_to_year": None,
            "code_status": "made_up",
        }  # fmt: skip


def _organ_years(world: World) -> Iterable[dict[str, Any]]:
    """Every organ in every year that is reported on or before one."""
    years = {row["report_year"] + step for row in (*world.submissions, *world.duties) for step in (-1, 0)}
    for year in sorted(years):
        for organ_code, name, _, parent_code, district_code in ORGANS:
            district = world.moved.get((organ_code, year), district_code)
            yield {
                "organ_code": organ_code, "report_year": year, "name": name, "parent_code": parent_code,
                "district_code": district, "level": "lower" if district else "own", "organ_kind": "department",
                "does_exist": True,
            }  # fmt: skip
