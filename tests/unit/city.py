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
from schemas.tables import TABLES
from warehouse.build import build_table, load_rows
from warehouse.stage import create_stage

Figure = int | str | Decimal | None
"""a number; None = blank; '=5' = blank with 5 derived"""
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
    "core.fct_submission",
    "core.official_cell",
)
MARTS = ("mart.city_rollup", "mart.year_over_year", "mart.reported_vs_computed", "mart.assessment_rate")


@cache
def knowledge() -> Knowledge:
    return load_knowledge()


@dataclass
class City:
    """Duties and submissions before the marts are built; cells that are not named are not there."""

    duties: list[dict[str, Any]] = field(default_factory=list)
    submissions: list[dict[str, Any]] = field(default_factory=list)
    cells: list[dict[str, Any]] = field(default_factory=list)

    def expect(self, *organs: str, year: int = 2017, form: str = "fj_annex_2017", gates: bool = True) -> City:
        """These organs must file."""
        for organ in organs:
            basis = BASES.get(organ, "own")
            self.duties.append(
                {
                    "organ_code": organ,
                    "report_year": year,
                    "form_code": form,
                    "basis": basis,
                    "due_on": date(year + 1, 3, 31),
                    "gates_total": gates and basis == "own",
                    "mode": "backfill",
                    "statutory_due_on": date(year + 1, 3, 31),
                    "period_from": date(year, 1, 1),
                    "period_to": date(year, 12, 31),
                }
            )
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
    ) -> City:
        """A submission; only one that is not held has its cells among the official ones."""
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
                "received_at": datetime(2025, 1, 1),
                "status": "held" if held else "accepted",
                "is_official": not held,
                "supersedes": None,
                "receipt_no": f"{organ}-{year}-{form}-{number:06d}",
            }
        )
        if not held:
            place = {"submission_id": submission_id, "organ_code": organ, "report_year": year, "form_code": form}
            self.cells += (place | cell for cell in _cells(figures or {}))
        return self

    def built(self) -> duckdb.DuckDBPyConnection:
        """The core tables as given and the marts built from them."""
        connection = duckdb.connect(":memory:")
        create_stage(connection)
        rows = knowledge().rows()
        for table in ("form_cell", "comparability", "rate_term"):
            load_rows(connection, f"stage.{table}", rows[table])
        connection.execute("CREATE SCHEMA core")
        for table in HAND_MADE:
            connection.execute(render.create_table(TABLES[table]))
        load_rows(connection, "core.dim_organ", _organs())
        load_rows(connection, "core.dim_organ_year", organ_years({duty["report_year"] for duty in self.duties}))
        load_rows(connection, "core.reporting_duty", self.duties)
        load_rows(connection, "core.fct_submission", self.submissions)
        load_rows(connection, "core.official_cell", self.cells)
        for table in MARTS:
            build_table(connection, table)
        return connection


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
        value = Decimal(figure) if figure is not None and derived is None else None
        yield {
            "indicator_code": key.indicator_code,
            "applicant_kind": key.applicant_kind,
            "measure": key.measure,
            "value": value,
            "derived_value": derived,
            "value_state": "blank" if value is None else "reported",
            "printed": "" if value is None else str(value),
            "sheet": "统计表",
            "address": "D5",
            "note": "",
        }


def _organs() -> Iterator[dict[str, Any]]:
    for code, (kind, district, level, organ_kind) in ORGANS.items():
        yield {
            "organ_code": code,
            "name": code,
            "kind": kind,
            "parent_code": None if code == "CITY" else "CITY",
            "district_code": district,
            "level": level,
            "organ_kind": organ_kind,
            "valid_from_year": None,
            "valid_to_year": None,
            "code_status": "provisional",
        }


def organ_years(years: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Every organ of the city in these years, the same in all of them."""
    kept = ("organ_code", "name", "parent_code", "district_code", "level", "organ_kind")
    for year in years:
        for organ in _organs():
            yield {name: organ[name] for name in kept} | {"report_year": year, "does_exist": True}
