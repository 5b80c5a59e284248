"""Which figures a total takes for a district - its members' or its consolidated report - by a row of the register.

Belongs here: two nights before and after the row. Does not belong here: the marts' figures case by case
(``tests/unit/test_marts.py``). All organs and figures are made up.
"""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime

import pytest

from pipelines.settings import Settings
from tests.integration.night import drop, new_home, rows, run_night
from tests.integration.small_city import DISTRICT, FIRST, FOURTH, SECOND, THIRD, report, write_register

REPORTS = {FIRST: (10, 12), SECOND: (20, 15), THIRD: (4, 4), FOURTH: (5, 6), DISTRICT: (30, 40)}
OPENED = "indicator_code = 'fj_open_total' AND measure = 'annual'"


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The members are summed, then the register says that the district's report is."""
    folder = tmp_path_factory.mktemp("use")
    register = write_register(folder / "register")
    settings = new_home(folder / "home", register, lambda: datetime(2018, 4, 1, 2))
    for organ, (before, opened) in REPORTS.items():
        drop(settings, f"{organ}/2016.xlsx", report(organ, 2016, before), "2018-01-05T10:00:00")
        drop(settings, f"{organ}/2017.xlsx", report(organ, 2017, opened, before), "2018-01-05T10:00:00")
    assert run_night(settings).success
    ruled = shutil.copytree(register, folder / "ruled")
    with (ruled / "rollup_use.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{year},fj_annex_2017,{DISTRICT},consolidated,区里只收汇总\n" for year in (2016, 2017))
    settings = replace(settings, register=ruled, clock=lambda: datetime(2018, 4, 2, 2))
    assert run_night(settings).success
    return settings


def test_the_row_decides_and_every_organ_says_what_its_figures_are_used_for(nights: Settings) -> None:
    assert rows(
        nights,
        "SELECT organ_code, used_as, summed_basis, use_rule FROM mart.rollup_source WHERE report_year = 2017"
        " ORDER BY organ_code",
    ) == [
        ("XMP00001", "missing", "own", ""),
        (FIRST, "summed", "own", ""),
        (SECOND, "summed", "own", ""),
        (THIRD, "summed", "own", ""),
        (DISTRICT, "summed", "consolidated", "区里只收汇总"),
        (FOURTH, "replaced", "consolidated", "区里只收汇总"),
    ]
    assert rows(
        nights,
        "SELECT slice_kind, slice_code, value, is_complete FROM mart.city_rollup WHERE report_year = 2017 AND"
        f" {OPENED} ORDER BY slice_kind, slice_code",
    ) == [
        ("city", "city", 71, True),
        ("district", DISTRICT, 40, True),
        ("level", "lower", 40, True),
        ("level", "own", 31, True),
        ("organ_kind", "department", 31, False),
        ("organ_kind", "government", None, False),
    ]


def test_the_two_are_still_compared(nights: Settings) -> None:
    assert rows(
        nights,
        f"SELECT report_year, lhs, rhs FROM core.fct_finding WHERE rule_id = 'H01' AND organ_code = '{DISTRICT}'"
        " AND scope = 'annual/fj_open_total' ORDER BY report_year",
    ) == [(2016, 30, 5), (2017, 40, 6)]


def test_the_change_is_explained_by_whoever_is_summed(nights: Settings) -> None:
    assert rows(
        nights,
        f"SELECT organ_code, part, contribution FROM mart.contribution WHERE slice_kind = 'city' AND {OPENED}"
        " ORDER BY organ_code",
    ) == [(FIRST, "matched", 2), (SECOND, "matched", -5), (DISTRICT, "matched", 10)]


def test_what_the_row_did_to_the_totals_is_logged_as_the_registers_doing(nights: Settings) -> None:
    assert rows(
        nights,
        "SELECT organ_code, is_summed, level, organ_kind, value_before, value_after, delta, reason FROM mart.revision"
        f" WHERE report_year = 2017 AND {OPENED} ORDER BY organ_code, is_summed",
    ) == [
        (DISTRICT, False, None, None, 40, None, -40, "register_changed"),
        (DISTRICT, True, "lower", None, None, 40, 40, "register_changed"),
        (FOURTH, False, None, None, None, 6, 6, "register_changed"),
        (FOURTH, True, "lower", "department", 6, None, -6, "register_changed"),
    ]
    assert rows(
        nights,
        "SELECT slice_kind, slice_code, delta FROM mart.revision_rollup WHERE report_year = 2017 AND"
        f" {OPENED} ORDER BY slice_kind, slice_code",
    ) == [
        ("city", "city", 34),
        ("district", DISTRICT, 34),
        ("level", "lower", 34),
        ("organ_kind", "department", -6),
    ]
