"""The table macros on small cities: exact figures, reasons where there is none, and errors that say what there is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.unit.city import OPEN, City
from tests.unit.explained import explained
from warehouse import macros as macros_module
from warehouse.macros import MacroError, macros

REQUESTS = "fj_req_total"
STEADY = ("OFFICE", "DEPT", "EASTDEPT")


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """2015 to 2018 of the annex; one organ is missing in 2018, one is new in 2017; 2021 of the national form."""
    city = City(lives={"WESTDEPT": (None, 2000)})
    for year, figures in ((2015, (100, 20, 8)), (2016, (110, 20, 5)), (2017, (90, 24, 3)), (2018, (95, 25, 2))):
        city.expect(*STEADY, year=year)
        for organ, figure in zip(STEADY, figures, strict=True):
            if (organ, year) != ("DEPT", 2018):
                city.file(organ, {OPEN: figure, f"{OPEN}[cumulative]": 1000 + figure, REQUESTS: 1}, year=year)
    city.expect("DEPT2", year=2017).file("DEPT2", {OPEN: 6, REQUESTS: 2}, year=2017)
    city.expect("DEPT", year=2021, form="gb_2021")
    city.file("DEPT", {"req_new[natural_person]": 3, "req_new[total]": 4}, year=2021, form="gb_2021")
    with explained(city) as built:
        yield built


def ask(connection: duckdb.DuckDBPyConnection, question: str) -> list[tuple[Any, ...]]:
    return connection.sql(question).fetchall()


# series


def test_an_indicator_over_the_years_with_the_reason_where_there_is_no_change(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    found = ask(
        connection,
        "SELECT report_year, value, prior_value, change, change_pct, comparability, is_complete, organs_reported,"
        f" organs_missing, coverage, note FROM series('{OPEN}')",
    )
    assert [tuple(float(item) if item.__class__.__name__ == "Decimal" else item for item in row) for row in found] == [
        (2015, 128, None, None, None, None, True, 3, 0, 1, "上年没有数据，不计算同比"),
        (2016, 135, 128, 7, 5.4688, "A", True, 3, 0, 1, ""),
        (2017, 123, 135, -12, -8.8889, "A", True, 4, 0, 1, ""),
        (2018, 97, 123, None, None, "A", False, 2, 1, 0.6667, "本年合计不完整，缺1家，不计算同比"),
    ]


def test_a_family_is_what_its_table_says(connection: duckdb.DuckDBPyConnection) -> None:
    shown = "report_year, form_code, value, prior_value, change, change_pct, comparability, note"
    found = ask(connection, f"SELECT {shown} FROM series('requests_received')")
    assert [row[:3] for row in found] == [
        (2015, "fj_annex_2017", 3),
        (2016, "fj_annex_2017", 3),
        (2017, "fj_annex_2017", 5),
        (2018, "fj_annex_2017", 2),
        (2021, "gb_2021", 4),
    ]
    assert found == ask(
        connection,
        f"SELECT {shown} FROM mart.concept_series WHERE concept_code = 'requests_received' AND slice_kind = 'city'"
        " ORDER BY report_year",
    )


def test_the_kind_of_applicant_is_the_total_unless_it_is_named(connection: duckdb.DuckDBPyConnection) -> None:
    assert ask(connection, "SELECT applicant_kind, value FROM series('req_new')") == [("total", 4)]
    named = "SELECT applicant_kind, value FROM series('req_new', applicant_kind := 'natural_person')"
    assert ask(connection, named) == [("natural_person", 3)]


def test_another_measure_and_another_slice(connection: duckdb.DuckDBPyConnection) -> None:
    cumulative = f"SELECT report_year, value FROM series('{OPEN}', measure := 'cumulative')"
    assert ask(connection, cumulative)[:2] == [(2015, 3128), (2016, 3135)]
    district = f"SELECT report_year, value FROM series('{OPEN}', slice_kind := 'district', slice_code := 'EAST')"
    assert ask(connection, district) == [(2015, 8), (2016, 5), (2017, 3), (2018, 2)]


# who_moved


def test_who_moved_adds_up_to_the_change(connection: duckdb.DuckDBPyConnection) -> None:
    found = ask(
        connection,
        "SELECT organ_code, name, part, contribution, round(share_of_change_pct, 2), change, prior_value, value"
        f" FROM who_moved('{OPEN}', 2017)",
    )
    assert [tuple(float(item) if item.__class__.__name__ == "Decimal" else item for item in row) for row in found] == [
        ("OFFICE", "OFFICE", "matched", -20, 166.67, -12, 135, 123),
        ("DEPT2", "DEPT2", "entered", 6, -50, -12, 135, 123),
        ("DEPT", "DEPT", "matched", 4, -33.33, -12, 135, 123),
        ("EASTDEPT", "EASTDEPT", "matched", -2, 16.67, -12, 135, 123),
    ]
    family = "SELECT organ_code, part, contribution FROM who_moved('requests_received', 2017)"
    assert ask(connection, family) == [("DEPT2", "entered", 2)]


def test_without_a_change_who_moved_says_why(connection: duckdb.DuckDBPyConnection) -> None:
    columns = "organ_code, contribution, change, value, note"
    assert ask(connection, f"SELECT {columns} FROM who_moved('{OPEN}', 2018)") == [
        (None, None, None, 97, "本年合计不完整，缺1家，不计算同比")
    ]
    # a change of nothing is no reason, and nobody made it
    assert ask(connection, f"SELECT {columns} FROM who_moved('{REQUESTS}', 2016)") == [
        (None, None, 0, 3, "上年基数过小（3），不计算百分比")
    ]


# compare


def compared(connection: duckdb.DuckDBPyConnection, years: str, code: str = OPEN) -> list[tuple[Any, ...]]:
    return ask(
        connection,
        f"SELECT value_a, value_b, change, CAST(change_pct AS DOUBLE), comparability, note FROM compare({years})"
        f" WHERE code = '{code}' AND measure = 'annual' AND applicant_kind IN ('', 'total')",
    )


def test_any_two_years_side_by_side(connection: duckdb.DuckDBPyConnection) -> None:
    assert compared(connection, "2016, 2017") == [(135, 123, -12, -8.8889, "A", "")]
    assert compared(connection, "2015, 2017") == [(128, 123, -5, -3.9063, "A", "")]
    assert compared(connection, "2017, 2015") == [(123, 128, 5, 4.065, "A", "")]
    assert compared(connection, "2017, 2017") == [(123, 123, 0, 0, "A", "")]
    district = "2015, 2017, slice_kind := 'district', slice_code := 'EAST'"
    assert compared(connection, district) == [(8, 3, -5, None, "A", "2015年度基数过小，不计算百分比")]
    assert compared(connection, "2015, 2017", "opened") == [(128, 123, -5, -3.9063, "A", "")]


def test_every_compared_row_has_a_name(connection: duckdb.DuckDBPyConnection) -> None:
    named = "SELECT DISTINCT kind, code, label FROM compare(2016, 2017) WHERE code IN ('opened', 'fj_open_total')"
    assert ask(connection, f"{named} ORDER BY kind") == [
        ("concept", "opened", "主动公开"),
        ("indicator", OPEN, "主动公开文件数"),
    ]
    assert ask(connection, "SELECT code FROM compare(2017, 2021) WHERE label IS NULL") == []


def test_what_cannot_be_compared_stands_side_by_side_with_the_reason(connection: duckdb.DuckDBPyConnection) -> None:
    assert compared(connection, "2016, 2018") == [(135, 97, None, None, "A", "2018年度合计不完整，缺1家，不计算增减")]
    assert compared(connection, "2017, 2021", "requests_received") == [
        (5, 4, None, None, None, "两个年度之间不能逐年衔接，不计算增减")
    ]
    assert compared(connection, "2017, 2021", "req_new") == [
        (None, 4, None, None, None, "2017年度没有这一项，不计算增减")
    ]
    assert compared(connection, "2017, 2021") == [(123, None, None, None, None, "2021年度没有这一项，不计算增减")]


def test_a_blank_and_a_class_between_bar_a_change() -> None:
    city = City()
    for year, form, code, figure in (
        (2018, "fj_annex_2017", "fj_reply_total", 50),
        (2019, "gb_2019", "res_total[total]", 60),
        (2020, "gb_2019", "res_total[total]", 70),
    ):
        city.expect("DEPT", year=year, form=form).file("DEPT", {code: figure}, year=year, form=form)
    city.expect("DEPT", year=2021, form="gb_2021")
    city.file("DEPT", {"res_total[total]": 77, "req_new[total]": None}, year=2021, form="gb_2021")
    with explained(city) as connection:
        # answered: class C from the annex to the national form, A from then on
        (across,) = compared(connection, "2018, 2021", "answered")
        assert across == (50, 77, None, None, "C", "表样不同，两年口径只可对照，不计算增减")
        assert compared(connection, "2019, 2021", "answered") == [(60, 77, 17, 28.3333, "A", "")]
        (blank,) = compared(connection, "2021, 2021", "requests_received")
        assert blank == (None, None, None, None, "A", "2021年度有1家空白，不计算增减")


# organ_profile


def test_a_profile_has_a_row_for_each_year_and_form(connection: duckdb.DuckDBPyConnection) -> None:
    question = (
        "SELECT report_year, form_code, status, used_as, versions, opened, requests_received, parent_name"
        " FROM organ_profile('{}')"
    )
    expected = [
        (2015, "fj_annex_2017", "accepted", "summed", 1, 20, 1, "CITY"),
        (2016, "fj_annex_2017", "accepted", "summed", 1, 20, 1, "CITY"),
        (2017, "fj_annex_2017", "accepted", "summed", 1, 24, 1, "CITY"),
        (2018, "fj_annex_2017", "missing", "missing", 0, None, None, "CITY"),
        (2021, "gb_2021", "accepted", "summed", 1, None, 4, "CITY"),
    ]
    assert ask(connection, question.format("DEPT")) == expected
    assert ask(connection, question.format("DEPT（曾用）")) == expected


def test_a_profile_counts_the_open_findings_of_the_latest_version() -> None:
    city = City().expect("DEPT").file("DEPT", {OPEN: 5}, held=True)
    city.find("旧的错误").find("旧的提示", severity="warning")
    city.file("DEPT", {OPEN: 6}, held=True).find("新的错误").find("已接受", state="waived")
    with explained(city) as connection:
        assert ask(connection, "SELECT versions, open_errors, open_warnings, opened FROM organ_profile('DEPT')") == [
            (2, 1, 0, None)
        ]


# what is not known


@pytest.mark.parametrize(
    ("call", "said"),
    [
        ("series('fj_open_totl')", "没有“fj_open_totl”这个指标族或指标.*fj_open_total"),
        ("series('fj_open_total', slice_kind := 'province')", "没有“province city”这个分组"),
        (
            "series('fj_open_total', applicant_kind := 'business')",
            "“fj_open_total”在所选分组、申请人类别和期间里没有数",
        ),
        ("series('req_new', measure := 'cumulative')", "“req_new”在所选分组、申请人类别和期间里没有数"),
        ("who_moved('opend', 2017)", "没有“opend”这个指标族或指标.*opened"),
        ("who_moved('opened', 2030)", "“opened”2030年度在所选分组、申请人类别和期间里没有数"),
        ("who_moved('opened', 2017, slice_kind := 'province')", "没有“province city”这个分组"),
        ("compare(2016, 2030)", "2016或2030年度没有数.*2015, 2016, 2017, 2018, 2021"),
        ("compare(2016, 2017, slice_code := 'x')", "没有“city x”这个分组"),
        ("organ_profile('EASTDEPT2')", "名录里没有“EASTDEPT2”.*EASTDEPT"),
        ("organ_profile('WESTDEPT')", "不须报送，也没有报过"),
    ],
)
@pytest.mark.parametrize("question", ["FROM {}", "SELECT count(*) FROM {}", "SELECT 1 FROM {} LIMIT 1"])
def test_what_is_not_known_is_an_error_and_never_an_empty_answer(
    connection: duckdb.DuckDBPyConnection, call: str, said: str, question: str
) -> None:
    with pytest.raises(duckdb.InvalidInputException, match=said):
        ask(connection, question.format(call))


@pytest.mark.parametrize(
    "call",
    ["series(NULL)", "who_moved(NULL, NULL)", "compare(NULL, 2017)", "compare(2017, NULL)", "organ_profile(NULL)"],
)
def test_null_gives_no_rows(connection: duckdb.DuckDBPyConnection, call: str) -> None:
    assert ask(connection, f"FROM {call}") == []


def test_every_macro_can_be_read_back_from_an_empty_warehouse() -> None:
    with explained(City()) as connection:
        assert {macro.name for macro in macros()} == {"series", "compare", "organ_profile", "who_moved"}
        for macro in macros():
            assert ask(connection, f"SELECT count(*) FROM {macro.probe}") == [(0,)]


def test_a_macro_without_its_heading_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.sql").write_text("-- macro: another()\n-- zh: 一\n-- en: one\nSELECT 1\n", encoding="utf-8")
    monkeypatch.setattr(macros_module, "_FOLDER", tmp_path)
    macros.cache_clear()
    with pytest.raises(MacroError, match=r"other\.sql"):
        macros()
    monkeypatch.undo()
    macros.cache_clear()
