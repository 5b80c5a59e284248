"""A small city of core tables made by hand, for the tests of the marts.

Belongs here: organs, duties and official cells as plain data, and building the marts from them. Does not belong here:
any expectation, reading files, judging.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

import duckdb

from pipelines.knowledge import Knowledge, load_knowledge
from schemas import render
from schemas.form import CellKey
from schemas.organ_event import OrganEvent, successions
from schemas.tables import TABLES
from warehouse.build import build_table, load_rows
from warehouse.connection import dicts
from warehouse.stage import create_stage

Figure = int | str | Decimal | None
"""a number; None = blank; '=5' = blank with 5 derived; '/' = not applicable"""
ORGANS = {
    # organ_code: kind, district, level, slice
    "CITY": ("city_government", None, "own", "government"),
    "OFFICE": ("municipal_office", None, "own", "government"),
    "DEPT": ("municipal_department", None, "own", "department"),
    "DEPT2": ("municipal_department", None, "own", "department"),
    "EAST": ("district_government", "EAST", "lower", "government"),
    "EASTDEPT": ("district_department", "EAST", "lower", "department"),
    "EASTTOWN": ("town", "EAST", "lower", "government"),
    "WEST": ("district_government", "WEST", "lower", "government"),
    "WESTDEPT": ("district_department", "WEST", "lower", "department"),
}
BASES = {"CITY": "published", "EAST": "consolidated", "WEST": "consolidated"}
OPEN = "fj_open_total"
MOST = 99_999_999_999_999
"""the largest whole number of a cell"""
HAND_MADE = (
    "core.dim_organ",
    "core.dim_organ_year",
    "core.reporting_duty",
    "core.organ_event",
    "core.fct_file",
    "core.fct_submission",
    "core.fct_finding",
    "core.official_cell",
)
MARTS = (
    "mart.rollup_source",
    "mart.slice_organ",
    "mart.city_rollup",
    "mart.comparison_base",
    "mart.year_over_year",
    "mart.contribution",
    "mart.year_over_year_like_for_like",
    "mart.concept_organ",
    "mart.concept_series",
    "mart.concept_contribution",
    "mart.reported_vs_computed",
    "mart.assessment_rate",
)


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


@dataclass
class City:
    """Duties and submissions before the marts are built; cells that are not named are not there."""

    lives: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)
    """first and last year of the organs that do not exist for ever"""
    events: list[dict[str, Any]] = field(default_factory=list)
    files: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)
    duties: list[dict[str, Any]] = field(default_factory=list)
    submissions: list[dict[str, Any]] = field(default_factory=list)
    releases: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """staging table -> its rows"""
    cells: list[dict[str, Any]] = field(default_factory=list)
    gates: dict[tuple[int, str], Decimal] = field(default_factory=dict)
    """(year, form) -> share of the gating organs that is enough"""

    def expect(
        self,
        *organs: str,
        year: int = 2017,
        form: str = "fj_annex_2017",
        gates: bool = True,
        mode: str = "backfill",
        due: date | None = None,
        begins: date | None = None,
    ) -> City:
        """These organs must file."""
        for organ in organs:
            basis = BASES.get(organ, "own")
            self.duties.append(
                {
                    "organ_code": organ,
                    "report_year": year,
                    "form_code": form,
                    "basis": basis,
                    "due_on": due or date(year + 1, 3, 31),
                    "gates_total": gates and basis == "own",
                    "mode": mode,
                    "statutory_due_on": date(year + 1, 3, 31),
                    "period_from": begins or date(year, 1, 1),
                    "period_to": date(year, 12, 31),
                    "summed_basis": "own",
                    "use_rule": "",
                }
            )
        return self

    def consolidate(
        self, district: str, reason: str = "只收汇总", *, year: int = 2017, form: str = "fj_annex_2017"
    ) -> City:
        """The totals take the district's consolidated report: so say the duties that are there by now."""
        for duty in self.duties:
            if (duty["report_year"], duty["form_code"], ORGANS[duty["organ_code"]][1]) == (year, form, district):
                is_summed = duty["basis"] == "consolidated"
                duty |= {"summed_basis": "consolidated", "use_rule": reason, "gates_total": is_summed}
        return self

    def file(
        self,
        organ: str,
        figures: Mapping[str, Figure] | None = None,
        *,
        year: int = 2017,
        form: str = "fj_annex_2017",
        variant: str = "",
        nil: bool = False,
        held: bool = False,
        official: bool | None = None,
        received: datetime = datetime(2025, 1, 1),
    ) -> City:
        """A submission; only one that is official (None = not held) has its cells among the official ones."""
        number = len(self.submissions) + 1
        submission_id = f"{number:012x}"
        self.submissions.append(
            {
                "submission_id": submission_id,
                "organ_code": organ,
                "report_year": year,
                "form_code": form,
                "variant": variant,
                "basis": BASES.get(organ, "own"),
                "is_nil": nil,
                "file_id": f"F{number:06d}",
                "file_name": "报表.xlsx",
                "sha256": f"{number:064x}",
                "sequence": number,
                "received_at": received,
                "status": "held" if held else "accepted",
                "is_official": not held if official is None else official,
                "supersedes": None,
                "resubmission_reason": "",
                "receipt_no": f"{organ}-{year}-{form}-{number:06d}",
            }
        )
        if not held:
            place = {"submission_id": submission_id, "organ_code": organ, "report_year": year, "form_code": form}
            self.cells += (place | cell for cell in _cells(figures or {}))
        return self

    def find(self, message: str, *, rule: str = "M01", severity: str = "error", state: str = "open") -> City:
        """Something wrong with the last submission."""
        number = len(self.findings) + 1
        last = {name: self.submissions[-1][name] for name in ("submission_id", "organ_code", "report_year")}
        self.findings.append(
            last
            | {
                "finding_id": f"{number:012x}",
                "rule_id": rule,
                "severity": severity,
                "scope": f"annual/{number:02}",
                "outcome": "fail",
                "message": message,
                "mend": "",
                "state": state,
                "decision_note": "",
                "first_seen_at": datetime(2025, 1, 1),
            }
        )
        return self

    def reject(self, folder: str, received: datetime, reason: str) -> City:
        """A file that could not be read."""
        number = 900 + len(self.files)
        self.files.append(
            {
                "file_id": f"F{number:06d}",
                "sequence": number,
                "sha256": f"{number:064x}",
                "folder": folder,
                "inbox_path": f"{folder}/坏.xlsx",
                "size_bytes": 1,
                "received_at": received,
                "outcome": "rejected",
                "reason": reason,
                "submissions": 0,
            }
        )
        return self

    def correct(
        self,
        organ: str,
        figures: Mapping[str, Figure] | None = None,
        *,
        year: int = 2017,
        form: str = "fj_annex_2017",
        nil: bool = False,
    ) -> City:
        """A submission that takes the place of the official one."""
        for old in self.submissions:
            if (old["organ_code"], old["report_year"], old["form_code"]) == (organ, year, form):
                old["is_official"] = False
                self.cells = [cell for cell in self.cells if cell["submission_id"] != old["submission_id"]]
        return self.file(organ, figures, year=year, form=form, nil=nil)

    def release(self) -> City:
        """Freeze what is official now, and the roll-up of it."""
        night = len(self.releases.get("stage.release", ())) + 1
        mark = {"release_id": f"R{night}"}
        with self.built() as connection:
            rollup = dicts(connection, "SELECT * FROM mart.city_rollup")
            cells = dicts(connection, "SELECT * FROM core.official_cell")
        stamp = {"night": night, "released_at": datetime(2025, 1, night), "content_hash": f"{night:064x}"}
        for table, rows in (("release", [stamp]), ("release_cell", cells), ("release_rollup", rollup)):
            self.releases.setdefault(f"stage.{table}", []).extend(row | mark for row in rows)
        return self

    def happen(
        self,
        organ: str,
        event: str,
        year: int,
        sentence: str = "",
        *,
        successor: str | None = None,
        share: Decimal | None = None,
    ) -> City:
        """An event of an organ."""
        self.events.append(
            {
                "organ_code": organ,
                "event": event,
                "happened_on": str(year),
                "effective_year": year,
                "successor_code": successor,
                "share": share,
                "carries": _event(organ, event, year, successor, share).carries,
                "source_kind": "made_up",
                "sentence": sentence,
                "note": "",
            }
        )
        return self

    def built(self, on: datetime = datetime(2025, 6, 1, 2)) -> duckdb.DuckDBPyConnection:
        """The core tables as given and the marts built from them, on that night."""
        connection = duckdb.connect(":memory:")
        create_stage(connection)
        rows = knowledge().rows()
        for table in ("form_cell", "comparability", "concept_step", "concept_term", "rate_term", "threshold"):
            load_rows(connection, f"stage.{table}", rows[table])
        happened = ("organ_code", "event", "effective_year", "successor_code", "share")
        events = [_event(*(row[name] for name in happened)) for row in self.events]
        load_rows(connection, "stage.succession", (item._asdict() for item in successions(events)))
        for table, frozen in self.releases.items():
            load_rows(connection, table, _only(connection, table, frozen))
        shares = ({"report_year": y, "form_code": f, "min_coverage": share} for (y, f), share in self.gates.items())
        load_rows(connection, "stage.gate", shares)
        connection.execute("CREATE SCHEMA core")
        for table in HAND_MADE:
            connection.execute(render.create_table(TABLES[table]))
        organs = list(self._organs())
        load_rows(connection, "stage.build", [build_row(on)])
        load_rows(connection, "core.dim_organ", organs)
        load_rows(
            connection, "core.dim_organ_year", _organ_years(organs, {duty["report_year"] for duty in self.duties})
        )
        load_rows(connection, "core.organ_event", self.events)
        load_rows(connection, "core.reporting_duty", self.duties)
        load_rows(connection, "core.fct_file", self.files)
        load_rows(connection, "core.fct_submission", self.submissions)
        load_rows(connection, "core.fct_finding", self.findings)
        load_rows(connection, "core.official_cell", self.cells)
        for table in MARTS:
            build_table(connection, table)
        return connection

    def _organs(self) -> Iterator[dict[str, Any]]:
        for code, (kind, district, level, organ_kind) in ORGANS.items():
            first, last = self.lives.get(code, (None, None))
            yield {
                "organ_code": code,
                "name": code,
                "kind": kind,
                "parent_code": None if code == "CITY" else "CITY",
                "district_code": district,
                "level": level,
                "organ_kind": organ_kind,
                "valid_from_year": first,
                "valid_to_year": last,
                "code_status": "provisional",
            }


def _event(organ: str, event: str, year: int, successor: str | None, share: Decimal | None) -> OrganEvent:
    return OrganEvent(organ, event, str(year), year, successor or "", share, "made_up", "")


def _only(
    connection: duckdb.DuckDBPyConnection, table: str, rows: Iterable[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """The rows with the columns of the table only."""
    for row in rows:
        yield {name: row[name] for name in connection.table(table).columns if name in row}


def key_of(text: str) -> CellKey:
    """``code``, ``code[total]`` or ``code[cumulative]`` as a cell; otherwise ('', annual)."""
    code, _, dimension = text.removesuffix("]").partition("[")
    if dimension in ("annual", "cumulative"):
        return CellKey(code, "", dimension)
    return CellKey(code, dimension, "annual")


def _cells(figures: Mapping[str, Figure]) -> Iterator[dict[str, Any]]:
    for text, figure in figures.items():
        key = key_of(text)
        derived = Decimal(figure[1:]) if isinstance(figure, str) and figure.startswith("=") else None
        value = Decimal(figure) if figure not in (None, "/") and derived is None else None
        yield {
            "indicator_code": key.indicator_code,
            "applicant_kind": key.applicant_kind,
            "measure": key.measure,
            "value": value,
            "derived_value": derived,
            "value_state": "not_applicable" if figure == "/" else "blank" if value is None else "reported",
            "printed": "" if value is None else str(value),
            "sheet": "统计表",
            "address": "D5",
            "note": "",
        }


def _organ_years(organs: Iterable[Mapping[str, Any]], years: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Every organ in these years, where it stands in all of them."""
    kept = ("organ_code", "name", "parent_code", "district_code", "level", "organ_kind")
    for year in years:
        for organ in organs:
            first, last = organ["valid_from_year"] or year, organ["valid_to_year"] or year
            place = {name: organ[name] for name in kept}
            yield place | {"report_year": year, "does_exist": first <= year <= last}


def build_row(on: datetime) -> dict[str, Any]:
    """The record of a night that began at ``on``."""
    hashes = dict.fromkeys(("rules_hash", "forms_hash", "register_hash"), "0" * 64)
    return hashes | {
        "night": 1,
        "built_at": on,
        "code_version": "test",
        "changed_since": "",
        "files_received": 0,
        "cells_read": 0,
    }
