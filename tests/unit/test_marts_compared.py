"""Published against computed, and the assessment rates, figure by figure."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import duckdb

from tests.unit.city import MOST, OPEN, City


def compared(connection: duckdb.DuckDBPyConnection) -> dict[str, tuple[Any, ...]]:
    """indicator -> (reported, computed, difference, is_complete)."""
    return {
        code: tuple(rest)
        for code, *rest in connection.execute(
            "SELECT indicator_code, reported, computed, difference, is_complete FROM mart.reported_vs_computed"
        ).fetchall()
    }


def rates(connection: duckdb.DuckDBPyConnection, organ: str = "DEPT") -> dict[str, tuple[Any, ...]]:
    """rate -> (numerator, denominator, rate, note)."""
    return {
        code: tuple(rest)
        for code, *rest in connection.execute(
            "SELECT rate_code, numerator, denominator, rate, note FROM mart.assessment_rate WHERE organ_code = ?",
            [organ],
        ).fetchall()
    }


# published against computed


def test_what_the_city_published_stands_beside_the_sum_of_the_leaves() -> None:
    city = City().expect("CITY", "DEPT", "DEPT2")
    city.file("DEPT", {OPEN: 30, "fj_req_total": 5, "fj_suits": 2, "fj_reviews": 1})
    city.file("DEPT2", {OPEN: 12, "fj_req_total": 6, "fj_suits": 3, "fj_reviews": None})
    city.file("CITY", {OPEN: 42, "fj_req_total": 10, "fj_suits": None, "fj_reviews": "=1", "nar_requests_new": 10})
    assert compared(city.built()) == {
        OPEN: (42, 42, 0, True),
        "fj_req_total": (10, 11, -1, True),
        # a blank is not what the city published, nor is what a sum implies for it
        "fj_suits": (None, 5, None, True),
        "fj_reviews": (None, 1, None, True),
    }


def test_with_an_organ_missing_the_comparison_says_incomplete() -> None:
    city = City().expect("CITY", "DEPT", "DEPT2").file("DEPT", {OPEN: 30}).file("CITY", {OPEN: 42})
    assert compared(city.built()) == {OPEN: (42, 30, 12, False)}


def test_a_districts_consolidated_report_is_not_the_citys() -> None:
    city = City().expect("EAST", "EASTDEPT").file("EASTDEPT", {OPEN: 3}).file("EAST", {OPEN: 4})
    assert compared(city.built()) == {}
    # nor where the register has it file on the city's basis
    city.submissions[-1]["basis"] = "published"
    assert compared(city.built()) == {}


def test_a_published_figure_that_no_organ_can_fill_in_is_not_lost() -> None:
    row = {"year": 2023, "form": "gb_2021"}
    city = City().expect("CITY", "DEPT", **row).file("DEPT", {"req_new[total]": 8}, **row)
    city.file("CITY", {"req_new[total]": 8, "res_other[total]": 3, "made_up": 1}, variant="one_row_other", **row)
    # a year in which no organ had to file
    city.file("CITY", {OPEN: 39129}, year=2016)
    assert compared(city.built()) == {
        "req_new": (8, 8, 0, True),
        "res_other": (3, None, None, True),
        OPEN: (39129, None, None, False),
    }


# rates

NO_DATA = (None, None, None, "该表样没有此项数据")
ANNEX = {
    "fj_reply_granted": 399,
    "fj_reply_partial": 88,
    "fj_reply_total": 1366,
    "fj_reviews": 25,
    "fj_suits": 23,
}


def test_the_rates_of_the_annex_and_those_that_it_cannot_have() -> None:
    assert rates(City().file("DEPT", ANNEX).built()) == {
        "reply_open_rate": (487, 1366, Decimal("0.3565"), ""),
        "dispute_rate": (48, 1366, Decimal("0.0351"), ""),
        "correction_rate": NO_DATA,
        "open_rate": NO_DATA,
    }


def test_a_rate_over_zero_or_with_a_blank_is_not_computed() -> None:
    zero = rates(City().file("DEPT", dict.fromkeys(ANNEX, 0)).built())
    assert zero["reply_open_rate"] == (0, 0, None, "分母为零，不计算")
    blank = rates(City().file("DEPT", ANNEX | {"fj_reply_partial": None}).built())
    # part of a sum is not the numerator
    assert blank["reply_open_rate"] == (None, 1366, None, "有空白格，不计算")
    assert blank["dispute_rate"] == (48, 1366, Decimal("0.0351"), "")
    absent = rates(City().file("DEPT", {"fj_reviews": 1, "fj_suits": 1}).built())
    assert absent["dispute_rate"] == (2, None, None, "有空白格，不计算")


def test_a_derived_total_serves_as_denominator() -> None:
    found = rates(City().file("DEPT", ANNEX | {"fj_reply_total": "=1000"}).built())
    assert found["reply_open_rate"] == (487, 1000, Decimal("0.487"), "")


def test_the_rates_of_the_matrix_take_the_totals_and_all_three_kinds_of_dispute() -> None:
    figures = {
        "res_granted[total]": 30,
        "res_granted[business]": 500,
        "res_partial[total]": 20,
        "res_total[total]": 80,
        "rev_total": 7,
        "suit_direct_total": 4,
        "suit_after_total": 3,
        "rev_corrected": 2,
        "rev_upheld": 3,
        "rev_other": 1,
        "rev_pending": 900,
        "suit_direct_corrected": 1,
        "suit_direct_upheld": 2,
        "suit_direct_other": 0,
        "suit_after_corrected": 0,
        "suit_after_upheld": 3,
        "suit_after_other": 0,
    }
    for form, year in (("gb_2019", 2019), ("gb_2021", 2024)):
        assert rates(City().file("DEPT", figures, form=form, year=year).built()) == {
            "reply_open_rate": (50, 80, Decimal("0.625"), ""),
            "dispute_rate": (14, 80, Decimal("0.175"), ""),
            "correction_rate": (3, 12, Decimal("0.25"), ""),
            "open_rate": NO_DATA,
        }


def test_the_supplement_has_the_open_rate_only() -> None:
    figures = {"sup_open_total": 31, "sup_made_total": 40}
    found = rates(City().file("DEPT", figures, form="xm_supplement_2017").built())
    assert found.pop("open_rate") == (31, 40, Decimal("0.775"), "")
    assert set(found.values()) == {NO_DATA}


def test_rates_are_of_official_submissions_with_figures_and_of_governments_too() -> None:
    city = City().file("DEPT", ANNEX).file("DEPT2", ANNEX, held=True).file("OFFICE", nil=True)
    connection = city.file("CITY", ANNEX).file("EAST", ANNEX).built()
    assert connection.execute(
        "SELECT organ_code, count(*), max(rate) FROM mart.assessment_rate GROUP BY organ_code ORDER BY 1"
    ).fetchall() == [(organ, 4, Decimal("0.3565")) for organ in ("CITY", "DEPT", "EAST")]


def test_a_rate_beyond_what_a_column_holds_is_none() -> None:
    figures = {"fj_reviews": MOST, "fj_suits": MOST, "fj_reply_total": "0.0001"}
    found = rates(City().file("DEPT", figures).built())
    assert found["dispute_rate"] == (None, Decimal("0.0001"), None, "比值过大，不计算")
