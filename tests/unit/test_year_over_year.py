"""The parts of a change, the released base, like for like and the families across editions, figure by figure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.checks import CHECKS
from schemas.organ_event import OrganEvent, Succession, successions
from tests.unit.city import MARTS, MOST, OPEN, City, key_of
from warehouse.build import build_table, violations

BLOCKING = [check for check in CHECKS if check.table in MARTS and check.is_blocking]
REQUESTS = "fj_req_total"
MATRIX = {"form": "gb_2021"}


class Row(NamedTuple):
    value: Decimal | int | None
    prior: Decimal | int | None
    prior_now: Decimal | int | None
    change: Decimal | int | None
    percent: Decimal | int | None
    note: str
    release: str | None = None


def row(connection: duckdb.DuckDBPyConnection, cell: str = OPEN, *, year: int = 2017, slice_code: str = "city") -> Row:
    key = key_of(cell)
    ((*found,),) = connection.execute(
        "SELECT value, prior_value, prior_value_now, change, change_pct, note, prior_release_id"
        " FROM mart.year_over_year WHERE report_year = ? AND slice_code = ? AND indicator_code = ?"
        " AND applicant_kind = ? AND measure = ?",
        [year, slice_code, key.indicator_code, key.applicant_kind, key.measure],
    ).fetchall()
    return Row(*found)


def parts(
    connection: duckdb.DuckDBPyConnection, cell: str = OPEN, *, year: int = 2017, slice_code: str = "city"
) -> dict[tuple[str, str], Decimal]:
    """(organ, part) -> contribution."""
    key = key_of(cell)
    return {
        (organ, part): contribution
        for organ, part, contribution in connection.execute(
            "SELECT organ_code, part, contribution FROM mart.contribution WHERE report_year = ? AND slice_code = ?"
            " AND indicator_code = ? AND applicant_kind = ? AND measure = ?",
            [year, slice_code, key.indicator_code, key.applicant_kind, key.measure],
        ).fetchall()
    }


class Alike(NamedTuple):
    value: Decimal | int | None
    prior: Decimal | int | None
    change: Decimal | int | None
    percent: Decimal | int | None
    panel: int
    entered: int
    left: int
    excluded: int
    note: str = ""


def alike(
    connection: duckdb.DuckDBPyConnection, cell: str = OPEN, *, year: int = 2017, slice_code: str = "city"
) -> Alike:
    key = key_of(cell)
    ((*found,),) = connection.execute(
        "SELECT value, prior_value, change, change_pct, organs_in_panel, organs_entered, organs_left, organs_excluded,"
        " note FROM mart.year_over_year_like_for_like WHERE report_year = ? AND slice_code = ? AND indicator_code = ?"
        " AND applicant_kind = ? AND measure = ?",
        [year, slice_code, key.indicator_code, key.applicant_kind, key.measure],
    ).fetchall()
    return Alike(*found)


class Step(NamedTuple):
    form: str
    value: Decimal | int | None
    comparability: str | None
    prior: Decimal | int | None
    change: Decimal | int | None
    percent: Decimal | int | None
    note: str


def series(connection: duckdb.DuckDBPyConnection, concept: str, year: int) -> list[Step]:
    """The city's rows of a family in a year."""
    return [
        Step(*found)
        for found in connection.execute(
            "SELECT form_code, value, comparability, prior_value, change, change_pct, note FROM mart.concept_series"
            " WHERE concept_code = ? AND report_year = ? AND slice_kind = 'city' ORDER BY form_code",
            [concept, year],
        ).fetchall()
    ]


def concept_parts(connection: duckdb.DuckDBPyConnection, concept: str, year: int) -> dict[tuple[str, str], Decimal]:
    return {
        (organ, part): contribution
        for organ, part, contribution in connection.execute(
            "SELECT organ_code, part, contribution FROM mart.concept_contribution"
            " WHERE concept_code = ? AND report_year = ? AND slice_kind = 'city'",
            [concept, year],
        ).fetchall()
    }


def failing(connection: duckdb.DuckDBPyConnection) -> set[tuple[str, str]]:
    """The blocking checks that find something."""
    return {(check.table, check.name) for check in BLOCKING if connection.execute(check.bad_rows).fetchall()}


def both(*organs: str) -> City:
    return City().expect(*organs, year=2016).expect(*organs)


# parts


def test_a_change_is_the_sum_of_what_each_organ_did() -> None:
    # DEPT2 begins in 2017, EASTTOWN has ended: 15 + 30 + (-20) + (-4) + 7
    city = (
        City().expect("OFFICE", "DEPT", "EASTDEPT", "EASTTOWN", year=2016).expect("OFFICE", "DEPT", "EASTDEPT", "DEPT2")
    )
    for organ, figure in (("OFFICE", 100), ("DEPT", 50), ("EASTDEPT", 20), ("EASTTOWN", 4)):
        city.file(organ, {OPEN: figure}, year=2016)
    city.file("OFFICE", {OPEN: 115}).file("DEPT", {OPEN: 80}).file("EASTDEPT", nil=True).file("DEPT2", {OPEN: 7})
    connection = city.built()
    assert row(connection) == Row(202, 174, 174, 28, Decimal("16.0920"), "")
    assert parts(connection) == {
        ("OFFICE", "matched"): 15,
        ("DEPT", "matched"): 30,
        # "nothing to report" is an answer: the organ is in both years
        ("EASTDEPT", "matched"): -20,
        ("EASTTOWN", "left"): -4,
        ("DEPT2", "entered"): 7,
    }
    assert parts(connection, slice_code="EAST") == {("EASTDEPT", "matched"): -20, ("EASTTOWN", "left"): -4}
    assert parts(connection, slice_code="own") == {
        ("OFFICE", "matched"): 15, ("DEPT", "matched"): 30, ("DEPT2", "entered"): 7,
    }  # fmt: skip
    assert failing(connection) == set()


def test_an_organ_without_change_has_no_row_and_a_change_of_zero_no_rows() -> None:
    city = both("OFFICE", "DEPT", "DEPT2")
    for organ, before, now in (("OFFICE", 30, 30), ("DEPT", 40, 45), ("DEPT2", 20, 15)):
        city.file(organ, {OPEN: before, REQUESTS: 5}, year=2016).file(organ, {OPEN: now, REQUESTS: 5})
    connection = city.built()
    assert parts(connection) == {("DEPT", "matched"): 5, ("DEPT2", "matched"): -5}
    assert row(connection).change == 0
    assert parts(connection, REQUESTS) == {}
    assert failing(connection) == set()


def test_where_there_is_no_change_there_are_no_parts() -> None:
    city = both("OFFICE", "DEPT").file("OFFICE", {OPEN: 10}, year=2016).file("DEPT", {OPEN: 20}, year=2016)
    city.file("OFFICE", {OPEN: 50, REQUESTS: 3})
    assert parts(city.built()) == {}
    connection = city.file("DEPT", {OPEN: None, REQUESTS: 4}).built()
    assert row(connection).note == "本年有1家该格空白，不计算同比"
    assert parts(connection) == {}


def test_contributions_may_be_wider_than_a_value() -> None:
    city = both("DEPT", "DEPT2").file("DEPT", {OPEN: -MOST}, year=2016).file("DEPT2", {OPEN: MOST}, year=2016)
    connection = city.file("DEPT", {OPEN: MOST}).file("DEPT2", {OPEN: -MOST}).built()
    assert row(connection) == Row(0, 0, 0, 0, None, "上年为零，不计算百分比")
    assert parts(connection) == {("DEPT", "matched"): 2 * MOST, ("DEPT2", "matched"): -2 * MOST}
    assert alike(connection) == Alike(0, 0, 0, None, 2, 0, 0, 0, "上年为零，不计算百分比")
    assert failing(connection) == set()
    assert violations(connection, "mart.contribution").empty


def test_a_change_beyond_what_a_column_holds_is_none_in_every_table() -> None:
    connection = both("DEPT").file("DEPT", {OPEN: -MOST}, year=2016).file("DEPT", {OPEN: MOST}).built()
    assert row(connection) == Row(MOST, -MOST, -MOST, None, None, "增减过大，不计算同比")
    assert alike(connection) == Alike(MOST, -MOST, None, None, 1, 0, 0, 0, "数值过大，不计算同比")
    assert series(connection, "opened", 2017) == [
        Step("fj_annex_2017", MOST, "A", -MOST, None, None, "增减过大，不计算同比")
    ]
    assert failing(connection) == set()


@pytest.mark.parametrize("table", ["mart.contribution", "mart.concept_contribution"])
def test_the_conservation_checks_find_a_lost_and_a_foreign_part(table: str) -> None:
    def world() -> duckdb.DuckDBPyConnection:
        return both("DEPT").file("DEPT", {OPEN: 10}, year=2016).file("DEPT", {OPEN: 15}).built()

    lost, foreign = world(), world()
    assert failing(lost) == set()
    lost.execute(f"DELETE FROM {table}")
    assert failing(lost) == {(table, "adds_up_to_change")}
    foreign.execute(f"INSERT INTO {table} BY NAME SELECT * REPLACE (2016 AS report_year) FROM {table}")
    assert failing(foreign) == {(table, "adds_up_to_change")}


# the released base


def released_then_corrected() -> City:
    """2016 is released at 50, then 2017 comes, then 2016 is corrected to 60."""
    city = both("DEPT", "DEPT2").file("DEPT", {OPEN: 30}, year=2016).file("DEPT2", {OPEN: 20}, year=2016).release()
    city.file("DEPT", {OPEN: 45}).file("DEPT2", {OPEN: 20}).release()
    return city.correct("DEPT", {OPEN: 40}, year=2016)


def test_a_correction_of_the_year_before_is_a_part_of_the_change() -> None:
    connection = released_then_corrected().built()
    assert row(connection) == Row(65, 50, 60, 15, 30, "", "R1")
    assert parts(connection) == {("DEPT", "matched"): 5, ("DEPT", "revision"): 10}
    assert failing(connection) == set()
    # like for like takes both years as they are now
    assert alike(connection)[:3] == (65, 60, 5)
    assert series(connection, "opened", 2017) == [Step("fj_annex_2017", 65, "A", 50, 15, 30, "")]
    assert concept_parts(connection, "opened", 2017) == {("DEPT", "matched"): 5, ("DEPT", "revision"): 10}


def test_an_unchanged_night_leaves_every_figure_as_it_was() -> None:
    # whenever a release is made of the night, the next idle night says the same
    city = both("DEPT", "DEPT2").file("DEPT", {OPEN: 30}, year=2016)
    steps = (
        lambda: city.file("DEPT2", {OPEN: 20}, year=2016),
        lambda: city.correct("DEPT2", {OPEN: 25}, year=2016),
        lambda: city.file("DEPT", {OPEN: 45}),
        lambda: city.correct("DEPT", {OPEN: 40}, year=2016),
        lambda: city.file("DEPT2", {OPEN: 20}),
        lambda: city.correct("DEPT2", {OPEN: 26}, year=2016),
    )
    seen = []
    for step in steps:
        step()
        tonight = figures(city.built())
        seen.append(tonight)
        assert figures(city.release().built()) == tonight
    assert len({str(night) for night in seen}) == len(steps)
    # 55 was released last before the first figure of 2017
    assert row(city.built()) == Row(65, 55, 66, 10, Decimal("18.1818"), "", "R2")


def figures(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    return [connection.execute(f"SELECT * FROM {table}").fetchall() for table in MARTS]


def test_an_incomplete_total_is_no_base_nor_one_with_a_blank() -> None:
    city = both("DEPT", "DEPT2").file("DEPT", {OPEN: 30, REQUESTS: 10}, year=2016).release()
    city.file("DEPT2", {OPEN: None, REQUESTS: 20}, year=2016)
    city.file("DEPT", {OPEN: 45, REQUESTS: 15}).file("DEPT2", {OPEN: 20, REQUESTS: 20})
    city.correct("DEPT2", {OPEN: 20, REQUESTS: 20}, year=2016)
    assert row(city.built()) == Row(65, 50, 50, 15, 30, "")
    later = both("DEPT", "DEPT2").file("DEPT", {OPEN: 30, REQUESTS: 10}, year=2016)
    later.file("DEPT2", {OPEN: None, REQUESTS: 20}, year=2016).release()
    later.file("DEPT", {OPEN: 45, REQUESTS: 15}).file("DEPT2", {OPEN: 20, REQUESTS: 20})
    connection = later.correct("DEPT2", {OPEN: 20, REQUESTS: 25}, year=2016).built()
    assert row(connection) == Row(65, 50, 50, 15, 30, "")
    assert row(connection, REQUESTS) == Row(35, 30, 35, 5, Decimal("16.6667"), "", "R1")
    assert series(connection, "opened", 2017)[0][3:5] == (50, 15)
    assert series(connection, "requests_received", 2017)[0][3:5] == (30, 5)
    assert failing(connection) == set()


def test_years_that_were_first_released_together_are_compared_as_they_are_now() -> None:
    city = both("DEPT").file("DEPT", {OPEN: 30}, year=2016).file("DEPT", {OPEN: 45}).release()
    connection = city.correct("DEPT", {OPEN: 40}, year=2016).built()
    assert row(connection) == Row(45, 40, 40, 5, Decimal("12.5"), "")


def test_an_organ_that_withdrew_to_nothing_and_one_that_the_register_moved_are_told() -> None:
    city = both("DEPT", "EASTDEPT", "WESTDEPT")
    for organ in ("DEPT", "EASTDEPT", "WESTDEPT"):
        city.file(organ, {OPEN: 30}, year=2016).file(organ, {OPEN: 31}, year=2017)
    # 2016 alone was published, with WESTDEPT in the district EAST
    only = City().expect("DEPT", "EASTDEPT", "WESTDEPT", year=2016)
    only.submissions, only.cells = city.submissions[::2], city.cells[::2]
    only.release()
    city.releases = only.releases
    for frozen in city.releases["stage.release_rollup"]:
        if frozen["slice_code"] == "EAST" and frozen["indicator_code"] == OPEN and frozen["measure"] == "annual":
            frozen["value"] += 30
    connection = city.correct("DEPT", nil=True, year=2016).built()
    assert parts(connection, slice_code="own") == {("DEPT", "matched"): 31, ("DEPT", "revision"): -30}
    assert row(connection, slice_code="EAST")[:4] == (31, 60, 30, -29)
    assert parts(connection, slice_code="EAST") == {("EASTDEPT", "matched"): 1, ("", "revision"): -30}
    assert failing(connection) == set()
    (told,) = [c for c in CHECKS if (c.table, c.name) == ("mart.contribution", "revisions_have_an_organ")]
    assert connection.execute(told.bad_rows).fetchall() == [
        (2017, "district", "EAST", OPEN, "", "annual", Decimal("-30.0000"))
    ]


def test_an_organ_that_owed_nothing_the_year_before_revises_nothing() -> None:
    # DEPT2 filed 2016 all the same, with a blank in the requests, and withdrew it after the release
    city = City().expect("DEPT", year=2016).expect("DEPT").file("DEPT", {OPEN: 30, REQUESTS: 20}, year=2016)
    city.file("DEPT2", {OPEN: 7, REQUESTS: None}, year=2016).release().correct("DEPT2", nil=True, year=2016)
    connection = (
        city.file("DEPT", {OPEN: 45, REQUESTS: 25}).correct("DEPT", {OPEN: 40, REQUESTS: 21}, year=2016).built()
    )
    assert row(connection) == Row(45, 30, 40, 15, 50, "", "R1")
    assert parts(connection) == {("DEPT", "matched"): 5, ("DEPT", "revision"): 10}
    assert concept_parts(connection, "opened", 2017) == {("DEPT", "matched"): 5, ("DEPT", "revision"): 10}
    # nor does its blank take the base away
    assert row(connection, REQUESTS) == Row(25, 20, 21, 5, 25, "", "R1")
    assert concept_parts(connection, "requests_received", 2017) == {
        ("DEPT", "matched"): 4, ("DEPT", "revision"): 1,
    }  # fmt: skip
    assert alike(connection) == Alike(45, 40, 5, Decimal("12.5"), 1, 0, 0, 0)
    assert failing(connection) == set()


def test_a_districts_report_that_takes_its_members_place_has_entered_and_they_have_left() -> None:
    city = both("DEPT", "EAST", "EASTDEPT", "EASTTOWN")
    for organ, before, now in (("DEPT", 40, 50), ("EASTDEPT", 7, 8), ("EASTTOWN", 3, 5), ("EAST", 90, 100)):
        city.file(organ, {OPEN: before}, year=2016).file(organ, {OPEN: now})
    connection = city.consolidate("EAST").built()
    assert row(connection) == Row(150, 50, 50, 100, 200, "")
    assert parts(connection) == {
        ("DEPT", "matched"): 10, ("EAST", "entered"): 100, ("EASTDEPT", "left"): -7, ("EASTTOWN", "left"): -3,
    }  # fmt: skip
    assert concept_parts(connection, "opened", 2017) == parts(connection)
    # the report is not the members' sum: like for like is the department
    assert alike(connection) == Alike(50, 40, 10, 25, 1, 1, 2, 0)
    assert row(connection, slice_code="department") == Row(50, 47, 47, None, None, "本年合计不完整，缺1家，不计算同比")
    assert parts(connection, slice_code="department") == {}
    assert failing(connection) == set()


def test_two_years_of_consolidated_reports_are_compared_wherever_they_are_summed() -> None:
    city = both("DEPT", "EAST", "EASTDEPT").file("EAST", {OPEN: 90}, year=2016).file("DEPT", {OPEN: 40}, year=2016)
    city.file("EASTDEPT", {OPEN: None}, year=2016).consolidate("EAST", year=2016).consolidate("EAST").release()
    city.file("EAST", {OPEN: 100}).file("DEPT", {OPEN: 50}).correct("EAST", {OPEN: 95}, year=2016)
    connection = city.built()
    # the blank of a member that is replaced is in nobody's way
    assert row(connection) == Row(150, 130, 135, 20, Decimal("15.3846"), "", "R1")
    assert parts(connection) == {("DEPT", "matched"): 10, ("EAST", "matched"): 5, ("EAST", "revision"): 5}
    assert parts(connection, slice_code="EAST") == {("EAST", "matched"): 5, ("EAST", "revision"): 5}
    assert concept_parts(connection, "opened", 2017) == parts(connection)
    assert alike(connection) == Alike(150, 135, 15, Decimal("11.1111"), 2, 0, 0, 0)
    # a department's part of it is nobody's guess
    assert row(connection, slice_code="department").note == "本年合计不完整，缺1家，不计算同比"
    assert alike(connection, slice_code="department") == Alike(
        50, 40, 10, 25, 1, 0, 0, 0, "本年合计不完整，缺1家，只比较两年可比的1家"
    )
    assert failing(connection) == set()


def test_a_rule_that_comes_after_the_release_is_a_revision() -> None:
    city = both("DEPT", "EAST", "EASTDEPT")
    for organ, before in (("DEPT", 40), ("EASTDEPT", 7), ("EAST", 90)):
        city.file(organ, {OPEN: before}, year=2016)
    city.release()
    for organ, now in (("DEPT", 50), ("EASTDEPT", 8), ("EAST", 100)):
        city.file(organ, {OPEN: now})
    connection = city.consolidate("EAST", year=2016).consolidate("EAST").built()
    assert row(connection) == Row(150, 47, 130, 103, Decimal("219.1489"), "", "R1")
    # 90 came with the report and 7 went with the member: the register's doing, no organ's
    assert parts(connection) == {("DEPT", "matched"): 10, ("EAST", "matched"): 10, ("", "revision"): 83}
    assert failing(connection) == set()


# comparability


def test_of_class_c_both_levels_are_shown_and_the_break_is_named() -> None:
    city = City().expect("DEPT", year=2018).expect("DEPT", year=2019, form="gb_2019")
    city.file("DEPT", {"fj_reply_granted": 352, REQUESTS: 1235, OPEN: 39142}, year=2018)
    connection = city.file(
        "DEPT", {"res_granted[total]": 400, "req_new[total]": 1300}, year=2019, form="gb_2019"
    ).built()
    note = "上年表样不同，两年口径只可对照，不计算同比：“已主动公开”2019 起并入予以公开（推断）"
    assert series(connection, "granted", 2019) == [Step("gb_2019", 400, "C", 352, None, None, note)]
    assert series(connection, "requests_received", 2019) == [
        Step("gb_2019", 1300, "B", 1235, 65, Decimal("5.2632"), "")
    ]
    # D: the line of what was opened ends in 2018
    assert series(connection, "opened", 2018)[0].value == 39142
    assert series(connection, "opened", 2019) == []
    assert concept_parts(connection, "granted", 2019) == {}
    assert concept_parts(connection, "requests_received", 2019) == {("DEPT", "matched"): 65}
    assert failing(connection) == set()


def test_a_shared_code_of_class_c_shows_both_levels_and_of_class_d_none() -> None:
    city = City().expect("DEPT", year=2020, form="gb_2019").expect("DEPT", year=2021, form="gb_2021")
    city.file("DEPT", {"res_granted[total]": 200}, year=2020, form="gb_2019")
    city.file("DEPT", {"res_granted[total]": 150}, year=2021, form="gb_2021")
    for comparability, levels in (("C", (150, 200, 200)), ("D", (150, None, None))):
        connection = city.built()
        connection.execute("UPDATE stage.comparability SET comparability = ?, remark = '口径重划'", [comparability])
        rebuild(connection)
        found = row(connection, "res_granted[total]", year=2021)
        assert found[:5] == (*levels, None, None)
        assert found.note.endswith("不计算同比：口径重划")
        assert parts(connection, "res_granted[total]", year=2021) == {}


def rebuild(connection: duckdb.DuckDBPyConnection) -> None:
    for table in ("mart.year_over_year", "mart.contribution"):
        build_table(connection, table)


def test_class_b_is_compared_after_the_stated_sum_whatever_variant_was_filed() -> None:
    city = City().expect("DEPT", "DEPT2", year=2020, form="gb_2019").expect("DEPT", "DEPT2", year=2021, form="gb_2021")
    city.file("DEPT", {"res_other[total]": 7}, year=2020, form="gb_2019")
    city.file("DEPT2", {"res_other[total]": 5}, year=2020, form="gb_2019")
    three = {"res_other_not_corrected[total]": 1, "res_other_fee_unpaid[total]": 2, "res_other_misc[total]": 6}
    city.file("DEPT", three, year=2021, form="gb_2021")
    connection = city.file("DEPT2", {"res_other[total]": 8}, year=2021, form="gb_2021", variant="one_row_other").built()
    assert series(connection, "other_handled", 2021) == [Step("gb_2021", 17, "B", 12, 5, Decimal("41.6667"), "")]
    assert concept_parts(connection, "other_handled", 2021) == {("DEPT", "matched"): 2, ("DEPT2", "matched"): 3}


def test_a_blank_in_the_sum_of_a_family_is_no_zero() -> None:
    city = City().expect("DEPT", year=2021, **MATRIX).expect("DEPT", year=2022, **MATRIX)
    city.file("DEPT", {"suit_direct_total": 20, "suit_after_total": 10}, year=2021, **MATRIX)
    connection = city.file("DEPT", {"suit_direct_total": 30, "suit_after_total": None}, year=2022, **MATRIX).built()
    assert series(connection, "lawsuits", 2022) == [
        Step("gb_2021", None, "A", 30, None, None, "本年有1家有空白格，不计算同比")
    ]


def test_what_does_not_apply_is_no_blank_of_a_family() -> None:
    city = both("OFFICE", "DEPT")
    city.file("OFFICE", {REQUESTS: 30}, year=2016).file("DEPT", {REQUESTS: "/"}, year=2016)
    connection = city.file("OFFICE", {REQUESTS: 40}).file("DEPT", {REQUESTS: "/"}).built()
    # as of the cell itself
    assert row(connection, REQUESTS) == Row(40, 30, 30, 10, Decimal("33.3333"), "")
    assert series(connection, "requests_received", 2017) == [
        Step("fj_annex_2017", 40, "A", 30, 10, Decimal("33.3333"), "")
    ]
    assert concept_parts(connection, "requests_received", 2017) == {("OFFICE", "matched"): 10}
    assert failing(connection) == set()


def test_what_the_new_edition_counts_otherwise_is_known_of_whoever_filed_both() -> None:
    # requests: class A from the 2009 annex to the 2017 one; DEPT tried the new annex in 2014 already
    old, new = {"year": 2014, "form": "fj_annex_2009"}, {"year": 2015}
    city = City().expect("DEPT", "DEPT2", **old).expect("DEPT", "DEPT2", **new)
    city.file("DEPT", {"fj09_req_total": 40}, **old).file("DEPT2", {"fj09_req_total": 20}, **old)
    city.file("DEPT", {REQUESTS: 43}, year=2014)
    connection = city.file("DEPT", {REQUESTS: 50}, **new).file("DEPT2", {REQUESTS: 22}, **new).built()
    assert series(connection, "requests_received", 2015) == [Step("fj_annex_2017", 72, "A", 60, 12, 20, "")]
    assert concept_parts(connection, "requests_received", 2015) == {
        ("DEPT", "matched"): 7,
        ("DEPT", "definition"): 3,
        ("DEPT2", "matched"): 2,
    }
    assert failing(connection) == set()


def test_of_two_forms_of_the_year_before_the_same_one_is_taken() -> None:
    city = City().expect("DEPT", year=2014, form="fj_annex_2009").expect("DEPT", year=2014).expect("DEPT", year=2015)
    city.file("DEPT", {"fj09_req_total": 40}, year=2014, form="fj_annex_2009").file("DEPT", {REQUESTS: 43}, year=2014)
    connection = city.file("DEPT", {REQUESTS: 50}, year=2015).built()
    assert series(connection, "requests_received", 2015)[0][:5] == ("fj_annex_2017", 50, "A", 43, 7)
    assert concept_parts(connection, "requests_received", 2015) == {("DEPT", "matched"): 7}


# like for like


def merged() -> City:
    """DEPT2 (20) is merged into DEPT (30) from 2017 on; EASTDEPT stays as it is."""
    city = City(lives={"DEPT2": (None, 2016)}).happen("DEPT2", "merged", 2017, successor="DEPT", share=Decimal(1))
    city.expect("DEPT", "DEPT2", "EASTDEPT", year=2016).expect("DEPT", "EASTDEPT")
    for organ, figure in (("DEPT", 30), ("DEPT2", 20), ("EASTDEPT", 50)):
        city.file(organ, {OPEN: figure}, year=2016)
    return city.file("DEPT", {OPEN: 55}).file("EASTDEPT", {OPEN: 60})


def test_merged_organs_are_compared_with_the_sum_of_their_predecessors() -> None:
    connection = merged().built()
    # as reported: the predecessor has left, the successor has grown
    assert parts(connection, slice_code="own") == {("DEPT", "matched"): 25, ("DEPT2", "left"): -20}
    assert alike(connection, slice_code="own") == Alike(55, 50, 5, 10, 1, 0, 0, 0)
    assert alike(connection) == Alike(115, 100, 15, 15, 2, 0, 0, 0)


def test_a_new_organ_made_of_two_has_their_sum_as_its_year_before() -> None:
    city = City(lives={"DEPT": (None, 2016), "OFFICE": (None, 2016), "DEPT2": (2017, None)})
    for organ, figure in (("DEPT", 30), ("OFFICE", 20)):
        city.happen(organ, "merged", 2017, successor="DEPT2", share=Decimal(1))
        city.expect(organ, year=2016).file(organ, {OPEN: figure}, year=2016)
    connection = city.expect("DEPT2").file("DEPT2", {OPEN: 60}).built()
    assert parts(connection) == {("DEPT", "left"): -30, ("OFFICE", "left"): -20, ("DEPT2", "entered"): 60}
    assert alike(connection) == Alike(60, 50, 10, 20, 1, 0, 0, 0)
    # and its predecessor of the other kind counts with it
    assert alike(connection, slice_code="department") == Alike(60, 50, 10, 20, 1, 0, 0, 0)


def test_a_share_that_is_not_stated_is_never_guessed() -> None:
    city = City().happen("DEPT", "function_moved", 2017, successor="DEPT2")
    city.expect("DEPT", "DEPT2", "OFFICE", year=2016).expect("DEPT", "DEPT2", "OFFICE")
    for organ, before, now in (("DEPT", 30, 10), ("DEPT2", 20, 45), ("OFFICE", 40, 44)):
        city.file(organ, {OPEN: before}, year=2016).file(organ, {OPEN: now})
    connection = city.built()
    assert alike(connection) == Alike(44, 40, 4, 10, 1, 0, 0, 2)
    assert alike(connection, slice_code="department") == Alike(
        None, None, None, None, 0, 0, 0, 2, "没有两年可比的机构，不计算同比"
    )


def test_a_stated_share_moves_that_part_and_no_more() -> None:
    city = City().happen("DEPT", "function_moved", 2017, successor="EASTDEPT", share=Decimal("0.3"))
    city.expect("DEPT", "EASTDEPT", year=2016).expect("DEPT", "EASTDEPT")
    city.file("DEPT", {OPEN: 35}, year=2016).file("EASTDEPT", {OPEN: 10}, year=2016)
    connection = city.file("DEPT", {OPEN: 30}).file("EASTDEPT", {OPEN: 41}).built()
    assert alike(connection, slice_code="own")[:3] == (30, Decimal("24.5"), Decimal("5.5"))
    assert alike(connection, slice_code="lower")[:3] == (41, Decimal("20.5"), Decimal("20.5"))
    assert alike(connection)[:3] == (71, 45, 26)


def test_an_abolished_organ_leaves_its_cumulative_figures_only() -> None:
    city = City(lives={"DEPT2": (None, 2016)}).happen("DEPT2", "abolished", 2017, successor="DEPT", share=Decimal(1))
    city.expect("DEPT", "DEPT2", year=2016).expect("DEPT")
    for organ, figure in (("DEPT", 30), ("DEPT2", 20)):
        city.file(organ, {OPEN: figure, f"{OPEN}[cumulative]": 10 * figure}, year=2016)
    connection = city.file("DEPT", {OPEN: 40, f"{OPEN}[cumulative]": 540}).built()
    assert alike(connection, f"{OPEN}[cumulative]") == Alike(540, 500, 40, 8, 1, 0, 0, 0)
    assert alike(connection)[:3] == (40, 30, 10)
    assert alike(connection).left == 1


def test_who_is_new_gone_missing_or_blank_is_counted_and_not_compared() -> None:
    city = City().expect("OFFICE", "DEPT", "EASTDEPT", "EASTTOWN", year=2016)
    city.expect("OFFICE", "DEPT", "EASTDEPT", "DEPT2", "WESTDEPT")
    for organ, figure in (("OFFICE", 100), ("DEPT", 50), ("EASTDEPT", 20), ("EASTTOWN", 4)):
        city.file(organ, {OPEN: figure}, year=2016)
    # DEPT left its cell blank, EASTDEPT has not filed, WESTDEPT neither, DEPT2 is new, EASTTOWN is gone
    connection = city.file("OFFICE", {OPEN: 110}).file("DEPT", {OPEN: None}).file("DEPT2", {OPEN: 7}).built()
    assert alike(connection) == Alike(110, 100, 10, 10, 1, 1, 1, 2, "本年合计不完整，缺2家，只比较两年可比的1家")
    assert row(connection).change is None


def test_an_organ_that_was_moved_takes_its_year_before_along() -> None:
    city = both("EASTDEPT", "WESTDEPT").file("EASTDEPT", {OPEN: 30}, year=2016).file("WESTDEPT", {OPEN: 20}, year=2016)
    connection = city.file("EASTDEPT", {OPEN: 33}).file("WESTDEPT", {OPEN: 25}).built()
    connection.execute(
        "UPDATE core.dim_organ_year SET district_code = 'EAST' WHERE organ_code = 'WESTDEPT' AND report_year = 2017"
    )
    for table in MARTS[: MARTS.index("mart.concept_organ")]:
        build_table(connection, table)
    assert parts(connection, slice_code="EAST") == {("EASTDEPT", "matched"): 3, ("WESTDEPT", "entered"): 25}
    assert alike(connection, slice_code="EAST") == Alike(58, 50, 8, 16, 2, 0, 0, 0)
    assert failing(connection) == set()


def event(organ: str, kind: str, successor: str, share: str | None, year: int = 2019) -> OrganEvent:
    part = None if share is None else Decimal(share)
    return OrganEvent(organ, kind, str(year), year, successor, part, "made_up", "")


def handed(*events: OrganEvent, measure: str = "annual") -> dict[tuple[str, str], Decimal | None]:
    found: Iterable[Succession] = successions(events)
    return {(s.organ_code, s.successor_code): s.share for s in found if s.measure == measure}


def test_events_of_one_year_are_followed_to_their_end() -> None:
    chain = (event("A", "merged", "B", "1"), event("B", "merged", "C", "1"))
    assert handed(*chain) == {("A", "C"): 1, ("B", "C"): 1}
    half = (event("A", "merged", "B", "1"), event("B", "function_moved", "C", "0.25"))
    assert handed(*half) == {("A", "B"): Decimal("0.75"), ("A", "C"): Decimal("0.25"), ("B", "C"): Decimal("0.25")}
    later = (event("A", "merged", "B", "1"), event("B", "merged", "C", "1", year=2020))
    assert {(s.report_year, s.organ_code, s.successor_code) for s in successions(later)} == {
        (2019, "A", "B"), (2020, "B", "C"),
    }  # fmt: skip
    two = (event("A", "split", "B", "0.5"), event("A", "function_moved", "B", "0.2"))
    assert handed(*two) == {("A", "B"): Decimal("0.7")}


def test_what_is_not_stated_stays_unknown_along_the_way() -> None:
    chain = (event("A", "merged", "B", "1"), event("B", "split", "C", None))
    assert handed(*chain) == {("A", "B"): None, ("A", "C"): None, ("B", "C"): None}
    ended = (event("A", "function_moved", "B", None), event("A", "abolished", "B", "1"))
    # the cumulative figures go over as a whole; of the year's nobody knows the part
    assert handed(*ended, measure="cumulative") == {("A", "B"): 1}
    assert handed(*ended) == {("A", "B"): None}


# all of it at once

ORGANS = ("OFFICE", "DEPT", "DEPT2", "EAST", "EASTDEPT", "EASTTOWN", "WESTDEPT")
amounts = st.decimals(-1000, 1000, places=4) | st.sampled_from([0, MOST, -MOST, None])
answers = st.none() | st.just("nil") | st.fixed_dictionaries({OPEN: amounts, REQUESTS: amounts})
expected = st.none() | answers
"""None: the organ owes nothing that year"""


@st.composite
def worlds(draw: st.DrawFn) -> City:
    """2016 filed and released or not, then 2017 filed, then 2016 corrected; organs come, go and are merged."""
    city = City()
    if draw(st.booleans()):
        city.happen("DEPT2", "merged", 2017, successor="DEPT", share=Decimal(1))
    if draw(st.booleans()):
        share = draw(st.none() | st.decimals("0.0001", 1, places=4))
        city.happen("EASTDEPT", "function_moved", 2017, successor="WESTDEPT", share=share)
    for year in (2016, 2017):
        for organ in ORGANS:
            if draw(st.integers(0, 5)):
                # whoever does not gate the total may be missing
                city.expect(organ, year=year, gates=draw(st.booleans()))
                _answer(city, draw(answers), organ, year)
        if draw(st.booleans()) and any((d["organ_code"], d["report_year"]) == ("EAST", year) for d in city.duties):
            city.consolidate("EAST", year=year)
        if draw(st.booleans()):
            city.release()
    for organ in ORGANS:
        if draw(st.booleans()):
            _answer(city, draw(answers), organ, draw(st.sampled_from([2016, 2017])))
    return city


def _answer(city: City, answer: Any, organ: str, year: int) -> None:
    if answer is not None:
        city.correct(organ, None if answer == "nil" else answer, year=year, nil=answer == "nil")


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(worlds())
def test_the_parts_add_up_in_every_world(city: City) -> None:
    connection = city.built()
    assert failing(connection) == set()
    for table in MARTS:
        assert violations(connection, table).empty, table
    # of each organ's official cells, summed in Python
    for year, kind, code, change, now, prior in connection.execute(
        "SELECT report_year, slice_kind, indicator_code, change, value, prior_value FROM mart.year_over_year"
        " WHERE change IS NOT NULL AND slice_kind = 'city' AND measure = 'annual'"
    ).fetchall():
        assert kind == "city"
        added = sum(parts(connection, code, year=year).values(), Decimal(0))
        assert added == change == now - prior
        assert {organ for organ, part in parts(connection, code, year=year) if part in ("matched", "entered")} <= {
            duty["organ_code"] for duty in city.duties if duty["report_year"] == year
        }
