"""Real organs' whole published tables, figure by figure, through a night of their own.

Source: tests/data/published/*.csv, each row with where it was published.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from pipelines.settings import Settings
from pipelines.templates import write_statutory
from schemas.form import CellKey, load_forms
from tests.integration.night import drop, rows, run_night

PUBLISHED = Path(__file__).parents[1] / "data" / "published"
# figure set: (organ code in the test's register, name, year, form, variant)
SETS = {
    "suqian_2023": ("T00002", "宿迁市人民政府", 2023, "gb_2021", ""),
    "suqian_2024": ("T00002", "宿迁市人民政府", 2024, "gb_2021", ""),
    "hongze_2023": ("T00003", "淮安市洪泽区人民政府", 2023, "gb_2021", "one_row_other"),
    "hongze_2024": ("T00003", "淮安市洪泽区人民政府", 2024, "gb_2021", "one_row_other"),
    "shanghai_2019": ("T00001", "上海市人民政府办公厅", 2019, "gb_2019", ""),
}
CELLS = {"suqian_2023": 200, "suqian_2024": 200, "hongze_2023": 186, "hongze_2024": 186, "shanghai_2019": 198}
REGISTER: Mapping[str, list[str]] = {
    "organs.csv": [
        "organ_code,name,kind,parent_code,valid_from_year,valid_to_year,code_status,source,note",
        "T00000,某省人民政府,city_government,,,,provisional,made_up,测试用",
        "T00001,上海市人民政府办公厅,municipal_office,T00000,,,provisional,seen,",
        "T00002,宿迁市人民政府,municipal_office,T00000,,,provisional,seen,按本级单位测试",
        "T00003,淮安市洪泽区人民政府,municipal_department,T00000,,,provisional,seen,按本级单位测试",
    ],
    "names.csv": [
        "organ_code,name,from_year,to_year,kind",
        "T00000,某省人民政府,,,official",
        "T00001,上海市人民政府办公厅,,,official",
        "T00002,宿迁市人民政府,,,official",
        "T00003,淮安市洪泽区人民政府,,,official",
    ],
    "collection.csv": [
        "report_year,form_code,mode",
        "2019,gb_2019,backfill",
        "2023,gb_2021,backfill",
        "2024,gb_2021,backfill",
    ],
    "duty_overrides.csv": ["organ_code,report_year,form_code,action,basis,due_on,gates_total,reason"],
}


def printed_figures(name: str) -> dict[CellKey, str]:
    with (PUBLISHED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return {
            CellKey(row["indicator_code"], row["applicant_kind"], row["measure"]): row["printed"]
            for row in csv.DictReader(file)
            if not row["indicator_code"].startswith("nar_")
        }


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("real")
    register = folder / "register"
    register.mkdir()
    packaged = Path(__file__).parents[2] / "schemas" / "register"
    for file in ("deadlines.csv", "concepts.csv"):
        (register / file).write_bytes((packaged / file).read_bytes())
    for file, lines in REGISTER.items():
        (register / file).write_text("\n".join(lines) + "\n", encoding="utf-8")
    settings = Settings(home=folder / "home", register=register)
    for name, (organ, organ_name, year, form_code, variant) in SETS.items():
        values: dict[CellKey, Any] = dict(printed_figures(name))
        workbook = write_statutory(
            load_forms()[form_code], organ_name=organ_name, report_year=year, variant=variant, values=values
        )
        drop(settings, f"{organ}/{year}.xlsx", workbook, f"{year + 1}-01-20T10:00:00")
    assert run_night(settings).success
    return settings


def outcomes(night: Settings, name: str, where: str) -> list[tuple[Any, ...]]:
    organ, _, year, _, _ = SETS[name]
    return rows(
        night,
        "SELECT rule_id, scope, outcome, lhs, rhs FROM core.fct_rule_outcome"
        f" WHERE organ_code = '{organ}' AND report_year = {year} AND {where} ORDER BY rule_id, scope",
    )


@pytest.mark.parametrize("name", SETS)
def test_every_published_figure_is_in_the_warehouse(night: Settings, name: str) -> None:
    organ, _, year, form_code, variant = SETS[name]
    found = {
        CellKey(indicator, applicant, measure): printed
        for indicator, applicant, measure, printed in rows(
            night,
            "SELECT indicator_code, applicant_kind, measure, printed FROM core.fct_cell"
            f" WHERE organ_code = '{organ}' AND report_year = {year}",
        )
    }
    assert len(found) == CELLS[name]
    assert found == printed_figures(name)
    assert rows(
        night,
        f"SELECT form_code, variant FROM core.fct_submission WHERE organ_code = '{organ}' AND report_year = {year}",
    ) == [(form_code, variant)]


@pytest.mark.parametrize("name", ["suqian_2023", "suqian_2024"])
def test_suqian_passes_every_table_rule(night: Settings, name: str) -> None:
    assert outcomes(night, name, "outcome IN ('fail', 'uncertain')") == []
    passed = outcomes(night, name, "outcome = 'pass' AND (rule_id LIKE 'M0%' OR rule_id LIKE 'T0%')")
    # seven columns for M01 and M02, twenty-five rows for M03, one each for T01, T02a, T02b, M04, M06
    counts = {rule: sum(row[0] == rule for row in passed) for rule in ("M01", "M02", "M03", "T01", "T02a", "T02b")}
    assert counts == {"M01": 7, "M02": 7, "M03": 25, "T01": 1, "T02a": 1, "T02b": 1}


def test_suqian_2023_as_printed(night: Settings) -> None:
    found = dict(
        rows(
            night,
            "SELECT indicator_code, value FROM core.official_cell WHERE organ_code = 'T00002' AND report_year = 2023"
            " AND applicant_kind IN ('', 'total')",
        )
    )
    # printed: 3511 new and 96 carried in; 59237.2449 ten thousand yuan of fees
    assert (found["req_new"], found["req_carried_in"]) == (3511, 96)
    assert found["a20_fees_amount"] == Decimal("59237.2449")


def test_hongze_2023_fails_what_its_printed_totals_contradict(night: Settings) -> None:
    assert outcomes(night, "hongze_2023", "outcome = 'fail'") == [
        ("M06", "", "fail", None, None),
        ("T01", "annual", "fail", 0, 11),
        ("T02b", "annual", "fail", 0, 5),
    ]
    assert rows(night, "SELECT status FROM core.fct_submission WHERE organ_code = 'T00003' ORDER BY report_year") == [
        ("held",),
        ("accepted_with_warnings",),
    ]


def test_hongze_2024_is_only_told_of_its_old_layout(night: Settings) -> None:
    assert [row[0] for row in outcomes(night, "hongze_2024", "outcome IN ('fail', 'uncertain')")] == ["M06"]


def test_shanghai_2019_has_its_nineteen_blank_totals_with_derived_values_beside_them(night: Settings) -> None:
    found = rows(
        night,
        "SELECT value, printed, value_state, derived_value FROM core.fct_cell"
        " WHERE organ_code = 'T00001' AND derived_value IS NOT NULL",
    )
    assert len(found) == 19
    assert {row[:3] for row in found} == {(None, "", "blank")}
    derived = [row[3] for row in found]
    assert sum(derived) == 805
    assert sum(value > 0 for value in derived) == 11
    # every blank of the total column has one
    assert rows(
        night,
        "SELECT count(*) FROM core.fct_cell WHERE organ_code = 'T00001' AND applicant_kind = 'total'"
        " AND value IS NULL AND derived_value IS NULL",
    ) == [(0,)]


def test_shanghais_procurement_keeps_its_unit_apart(night: Settings) -> None:
    assert rows(
        night,
        "SELECT value, printed, note FROM core.fct_cell WHERE indicator_code = 'g19_procure_amount'",
    ) == [(251000, "251000元", "单位：元")]


def test_a_blank_is_never_zero_in_the_roll_up(night: Settings) -> None:
    found = rows(
        night,
        "SELECT value, cells_derived, cells_blank FROM mart.city_rollup WHERE slice_kind = 'city'"
        " AND report_year = 2019 AND indicator_code = 'res_refused_law_forbids' AND applicant_kind = 'business'",
    )
    assert found == [(None, 0, 1)]
