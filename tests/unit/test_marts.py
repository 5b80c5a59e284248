"""The marts, figure by figure, on a city of nine organs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

import duckdb
import pytest

from pipelines.checks import CHECKS
from schemas.form import load_forms
from tests.unit.city import MARTS, MOST, OPEN, City, key_of
from warehouse.build import violations

LEAVES = ("OFFICE", "DEPT", "EASTDEPT", "EASTTOWN", "WESTDEPT")


class Total(NamedTuple):
    value: Decimal | int | None
    expected: int
    reported: int
    nil: int
    missing: int
    coverage: Decimal | int
    is_complete: bool
    derived: int = 0
    blank: int = 0


def total(
    connection: duckdb.DuckDBPyConnection,
    cell: str = OPEN,
    slice_code: str = "city",
    year: int = 2017,
) -> Total | None:
    """A row of the roll-up; None where there is none. A slice code is one kind's only."""
    rows = connection.execute(
        """
        SELECT value, organs_expected, organs_reported, organs_nil, organs_missing, coverage, is_complete,
               cells_derived, cells_blank
        FROM mart.city_rollup
        WHERE slice_code = ? AND report_year = ? AND indicator_code = ? AND applicant_kind = ? AND measure = ?
        """,
        [slice_code, year, *_parts(cell)],
    ).fetchall()
    assert len(rows) <= 1
    return Total(*rows[0]) if rows else None


def values(connection: duckdb.DuckDBPyConnection, cell: str = OPEN) -> dict[str, Any]:
    """slice code -> value of a cell."""
    return dict(
        connection.execute(
            "SELECT slice_code, value FROM mart.city_rollup"
            " WHERE indicator_code = ? AND applicant_kind = ? AND measure = ?",
            _parts(cell),
        ).fetchall()
    )


class Change(NamedTuple):
    value: Decimal | int | None
    prior: Decimal | int | None
    change: Decimal | int | None
    percent: Decimal | int | None
    comparability: str | None
    note: str


def change(
    connection: duckdb.DuckDBPyConnection, cell: str = OPEN, *, year: int = 2017, slice_code: str = "city"
) -> Change:
    """The one row of year_over_year for a cell."""
    ((*row,),) = connection.execute(
        """
        SELECT value, prior_value, change, change_pct, comparability, note FROM mart.year_over_year
        WHERE report_year = ? AND slice_code = ? AND indicator_code = ? AND applicant_kind = ? AND measure = ?
        """,
        [year, slice_code, *_parts(cell)],
    ).fetchall()
    return Change(*row)


def failing_checks(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of the blocking checks on the roll-up that find something."""
    return {
        check.name
        for check in CHECKS
        if check.table == "mart.city_rollup" and check.is_blocking and connection.execute(check.bad_rows).fetchall()
    }


def _parts(cell: str) -> tuple[str, str, str]:
    key = key_of(cell)
    return key.indicator_code, key.applicant_kind, key.measure


def five_leaves() -> City:
    """All five leaves in, and both kinds of report that are never added."""
    city = City().expect("CITY", "EAST", "WEST", *LEAVES)
    for organ, figure in zip(LEAVES, (3, 5, 7, 11, 13), strict=True):
        city.file(organ, {OPEN: figure, f"{OPEN}[cumulative]": 10 * figure})
    return city.file("EAST", {OPEN: 1000}).file("WEST", {OPEN: 2000}).file("CITY", {OPEN: 40_000})


# roll-up


def test_only_own_leaves_are_summed_in_every_slice() -> None:
    connection = five_leaves().built()
    assert values(connection) == {
        "city": 39,
        "own": 8,
        "lower": 31,
        "government": 14,
        "department": 25,
        "EAST": 18,
        "WEST": 13,
    }
    assert values(connection, f"{OPEN}[cumulative]")["city"] == 390
    assert total(connection) == Total(39, 5, 5, 0, 0, 1, True)
    assert total(connection, slice_code="EAST") == Total(18, 2, 2, 0, 0, 1, True)
    assert total(connection, slice_code="own") == Total(8, 2, 2, 0, 0, 1, True)
    assert failing_checks(connection) == set()


def test_expected_is_reported_and_nil_and_missing() -> None:
    city = City().expect(*LEAVES).file("OFFICE", {OPEN: 3}).file("DEPT", {OPEN: 5}).file("EASTDEPT", nil=True)
    # a held submission without an earlier official one is as good as none
    city.file("EASTTOWN", {OPEN: 999}, held=True)
    connection = city.built()
    assert total(connection) == Total(8, 5, 2, 1, 2, Decimal("0.6"), False)
    assert total(connection, slice_code="own") == Total(8, 2, 2, 0, 0, 1, True)
    assert total(connection, slice_code="EAST") == Total(0, 2, 0, 1, 1, Decimal("0.5"), False)
    assert total(connection, slice_code="WEST") == Total(None, 1, 0, 0, 1, 0, False)
    assert failing_checks(connection) == set()


def test_a_held_submission_leaves_the_earlier_official_one_in_the_sum() -> None:
    city = City().expect("DEPT").file("DEPT", {OPEN: 5}).file("DEPT", {OPEN: 6}, held=True)
    assert total(city.built()) == Total(5, 1, 1, 0, 0, 1, True)


def test_a_third_of_the_organs_is_a_coverage_of_four_decimals() -> None:
    city = City().expect("OFFICE", "DEPT", "DEPT2").file("DEPT", {OPEN: 5})
    assert total(city.built()) == Total(5, 3, 1, 0, 2, Decimal("0.3333"), False)


def test_a_blank_adds_nothing_and_is_counted_and_so_is_a_derived_figure() -> None:
    city = City().expect("OFFICE", "DEPT", "DEPT2", "EASTDEPT")
    city.file("OFFICE", {OPEN: 4}).file("DEPT", {OPEN: None}).file("DEPT2", {OPEN: "=6"})
    connection = city.file("EASTDEPT", {OPEN: None}).built()
    assert total(connection) == Total(10, 4, 4, 0, 0, 1, True, derived=1, blank=2)
    assert total(connection, slice_code="own") == Total(10, 3, 3, 0, 0, 1, True, derived=1, blank=1)
    # only blanks: no figure, and no zero either
    assert total(connection, slice_code="lower") == Total(None, 1, 1, 0, 0, 1, True, blank=1)


def test_a_reported_zero_is_a_zero() -> None:
    assert total(City().expect("DEPT").file("DEPT", {OPEN: 0}).built()) == Total(0, 1, 1, 0, 0, 1, True)


def test_an_organ_without_a_duty_is_not_added() -> None:
    connection = City().expect("DEPT").file("DEPT", {OPEN: 5}).file("DEPT2", {OPEN: 70}).built()
    assert total(connection) == Total(5, 1, 1, 0, 0, 1, True)


def test_a_missing_organ_that_does_not_gate_leaves_the_total_complete() -> None:
    connection = City().expect("DEPT").expect("DEPT2", gates=False).file("DEPT", {OPEN: 5}).built()
    assert total(connection) == Total(5, 2, 1, 0, 1, Decimal("0.5"), True)


def test_where_all_report_nil_every_cell_is_zero() -> None:
    connection = City().expect("DEPT", "DEPT2").file("DEPT", nil=True).file("DEPT2", nil=True).built()
    assert total(connection) == Total(0, 2, 0, 2, 0, 1, True)
    assert connection.execute(
        "SELECT count(*), count(value), sum(value) FROM mart.city_rollup WHERE slice_kind = 'city'"
    ).fetchall() == [(30, 30, 0)]


def test_a_nil_report_beside_a_blank_adds_its_zero_like_a_reported_zero() -> None:
    blank = City().expect("DEPT", "DEPT2").file("DEPT", {OPEN: None})
    assert total(blank.file("DEPT2", nil=True).built()) == Total(0, 2, 1, 1, 0, 1, True, blank=1)


def states(connection: duckdb.DuckDBPyConnection, cell: str = OPEN, year: int = 2017) -> tuple[Any, ...]:
    """Of the city's row: organs not required; cells with a figure, zero, derived, blank, not applicable."""
    ((*row,),) = connection.execute(
        "SELECT organs_not_required, cells_reported, cells_zero, cells_derived, cells_blank, cells_not_applicable"
        " FROM mart.city_rollup WHERE slice_kind = 'city' AND report_year = ? AND indicator_code = ?"
        " AND applicant_kind = ? AND measure = ?",
        [year, *_parts(cell)],
    ).fetchall()
    return tuple(row)


def test_what_a_cell_said_stays_apart_up_to_the_city() -> None:
    city = City().expect("OFFICE", "DEPT", "DEPT2", "EASTDEPT", "EASTTOWN")
    city.file("OFFICE", {OPEN: 4}).file("DEPT", {OPEN: 0}).file("DEPT2", {OPEN: None})
    connection = city.file("EASTDEPT", {OPEN: "/"}).file("EASTTOWN", nil=True).built()
    # the last leaf, WESTDEPT, owes nothing
    assert states(connection) == (1, 2, 1, 0, 1, 1)
    assert total(connection) == Total(4, 5, 4, 1, 0, 1, True, blank=1)


def test_what_does_not_apply_keeps_no_total_from_being_compared() -> None:
    city = City().expect("OFFICE", "DEPT").expect("OFFICE", "DEPT", year=2016)
    city.file("OFFICE", {OPEN: 40}).file("DEPT", {OPEN: "/"})
    city.file("OFFICE", {OPEN: 30}, year=2016).file("DEPT", {OPEN: "/"}, year=2016)
    connection = city.built()
    assert change(connection)[:4] == (40, 30, 10, Decimal("33.3333"))
    # nor from being explained
    assert failing_checks(connection) == set()


def sources(connection: duckdb.DuckDBPyConnection, year: int = 2017) -> dict[str, str]:
    """organ -> what its figures are used for."""
    return dict(
        connection.execute(
            "SELECT organ_code, used_as FROM mart.rollup_source WHERE report_year = ?", [year]
        ).fetchall()
    )


def test_every_organ_has_a_row_that_says_what_its_figures_are_used_for() -> None:
    city = City(lives={"DEPT2": (None, 2016)}).expect("CITY", "EAST", "WEST", "OFFICE", "DEPT", "EASTDEPT", "EASTTOWN")
    city.file("CITY", {OPEN: 40}).file("EAST", {OPEN: 30}).file("OFFICE", {OPEN: 3}).file("EASTDEPT", nil=True)
    # held, and filed by one that is no more
    city.file("DEPT", {OPEN: 5}, held=True).file("DEPT2", {OPEN: 70})
    connection = city.built()
    assert sources(connection) == {
        "CITY": "compared",
        "EAST": "compared",
        "WEST": "missing",
        "OFFICE": "summed",
        "DEPT": "missing",
        "DEPT2": "not_required",
        "EASTDEPT": "nil",
        "EASTTOWN": "missing",
        "WESTDEPT": "not_required",
    }
    # the district's own total stands for none of its members
    assert total(connection, slice_code="EAST") == Total(0, 2, 0, 1, 1, Decimal("0.5"), False)


def test_where_the_register_says_so_the_districts_report_counts_and_its_members_do_not() -> None:
    city = five_leaves().expect("DEPT2").file("DEPT2", {OPEN: 2}).consolidate("EAST", "区里只收汇总")
    connection = city.built()
    assert sources(connection) == dict.fromkeys(("OFFICE", "DEPT", "DEPT2", "WESTDEPT", "EAST"), "summed") | {
        "CITY": "compared", "WEST": "compared", "EASTDEPT": "replaced", "EASTTOWN": "replaced",
    }  # fmt: skip
    assert connection.execute(
        "SELECT organ_code, basis, summed_basis, use_rule, gates_total FROM mart.rollup_source"
        " WHERE district_code IS NOT NULL ORDER BY organ_code"
    ).fetchall() == [
        ("EAST", "consolidated", "consolidated", "区里只收汇总", True),
        ("EASTDEPT", "own", "consolidated", "区里只收汇总", False),
        ("EASTTOWN", "own", "consolidated", "区里只收汇总", False),
        ("WEST", "consolidated", "own", "", False),
        ("WESTDEPT", "own", "own", "", True),
    ]
    # 3 + 5 + 2 + 13 and 1000 for the members' 7 and 11
    assert total(connection) == Total(1023, 5, 5, 0, 0, 1, True)
    assert total(connection, slice_code="own") == Total(10, 3, 3, 0, 0, 1, True)
    assert total(connection, slice_code="lower") == Total(1013, 2, 2, 0, 0, 1, True)
    assert total(connection, slice_code="EAST") == Total(1000, 1, 1, 0, 0, 1, True)
    assert total(connection, slice_code="WEST") == Total(13, 1, 1, 0, 0, 1, True)
    # the report is not divided: both kinds lack it and say so
    assert total(connection, slice_code="government") == Total(3, 2, 1, 0, 1, Decimal("0.5"), False)
    assert total(connection, slice_code="department") == Total(20, 4, 3, 0, 1, Decimal("0.75"), False)
    assert failing_checks(connection) == set()
    # nor does a gate make them complete
    city.gates[2017, "fj_annex_2017"] = Decimal("0.5")
    assert total(city.built(), slice_code="department") == Total(20, 4, 3, 0, 1, Decimal("0.75"), False)


@pytest.mark.parametrize("is_held", [True, False])
def test_a_consolidated_report_that_is_not_in_is_missing_and_nobody_falls_back_on_the_members(is_held: bool) -> None:
    city = City().expect("EAST", "WEST", *LEAVES)
    for organ, figure in zip(LEAVES, (3, 5, 7, 11, 13), strict=True):
        city.file(organ, {OPEN: figure})
    if is_held:
        city.file("EAST", {OPEN: 1000}, held=True)
    connection = city.consolidate("EAST").built()
    assert {code: used for code, used in sources(connection).items() if code.startswith("EAST")} == {
        "EAST": "missing", "EASTDEPT": "replaced", "EASTTOWN": "replaced",
    }  # fmt: skip
    assert total(connection) == Total(21, 4, 3, 0, 1, Decimal("0.75"), False)
    assert total(connection, slice_code="EAST") == Total(None, 1, 0, 0, 1, 0, False)
    assert total(connection, slice_code="department") == Total(18, 3, 2, 0, 1, Decimal("0.6667"), False)
    assert failing_checks(connection) == set()


def test_a_district_with_nothing_to_report_has_a_zero_in_every_slice() -> None:
    city = City().expect("EAST", "DEPT", "EASTDEPT").file("DEPT", {OPEN: 5}).file("EASTDEPT", {OPEN: 7})
    connection = city.file("EAST", nil=True).consolidate("EAST").built()
    assert total(connection) == Total(5, 2, 1, 1, 0, 1, True)
    assert total(connection, slice_code="department") == Total(5, 2, 1, 1, 0, 1, True)
    assert total(connection, slice_code="government") == Total(0, 1, 0, 1, 0, 1, True)
    assert failing_checks(connection) == set()


def volume(connection: duckdb.DuckDBPyConnection, slice_code: str = "city", cell: str = OPEN) -> Decimal | None:
    """coverage_volume of 2017."""
    ((found,),) = connection.execute(
        "SELECT coverage_volume FROM mart.city_rollup WHERE report_year = 2017 AND slice_code = ?"
        " AND indicator_code = ? AND applicant_kind = ? AND measure = ?",
        [slice_code, *_parts(cell)],
    ).fetchall()
    return None if found is None else Decimal(found)


def last_year() -> City:
    """60, 30 and 10 a year ago; this year the first has not filed."""
    city = City().expect("OFFICE", "DEPT", "EASTDEPT", year=2016)
    city.file("OFFICE", {OPEN: 60}, year=2016).file("DEPT", {OPEN: 30}, year=2016)
    return city.file("EASTDEPT", {OPEN: 10}, year=2016)


def test_how_much_of_last_years_volume_is_in() -> None:
    city = last_year().expect("OFFICE", "DEPT", "EASTDEPT").file("DEPT", {OPEN: 1}).file("EASTDEPT", nil=True)
    connection = city.built()
    assert total(connection) == Total(1, 3, 1, 1, 1, Decimal("0.6667"), False)
    assert volume(connection) == Decimal("0.4")
    assert [volume(connection, code) for code in ("own", "lower", "government")] == [Decimal("0.3333"), 1, 0]
    # of a cell that was zero, and of the first year, there is no volume
    assert volume(connection, cell=f"{OPEN}[cumulative]") is None
    assert connection.execute(
        "SELECT count(coverage_volume) FROM mart.city_rollup WHERE report_year = 2016"
    ).fetchall() == [(0,)]


def test_the_volume_of_a_merged_organ_is_its_successors() -> None:
    city = last_year().expect("DEPT", "EASTDEPT").file("DEPT", {OPEN: 1})
    assert volume(city.built()) == Decimal("0.3")
    city.happen("OFFICE", "merged", 2017, "并入", successor="DEPT", share=Decimal(1))
    assert volume(city.built()) == Decimal("0.9")


def test_the_volume_follows_chains_and_stated_shares_as_like_for_like_does() -> None:
    # OFFICE 60, DEPT 30, EASTDEPT 10 a year ago
    def filed(*organs: str) -> City:
        city = last_year().expect("DEPT", "DEPT2", "EASTDEPT")
        for organ in organs:
            city.file(organ, {OPEN: 1})
        return city

    chain = filed("DEPT2").happen("OFFICE", "merged", 2017, successor="DEPT", share=Decimal(1))
    assert volume(chain.built()) == 0
    # handed on in the same year, with DEPT's own 30
    assert volume(chain.happen("DEPT", "merged", 2017, successor="DEPT2", share=Decimal(1)).built()) == Decimal("0.9")
    # a quarter of OFFICE's 60 went to DEPT, which is in with its own 30; OFFICE owes nothing any more
    quarter = filed("DEPT").happen("OFFICE", "split", 2017, successor="DEPT", share=Decimal("0.25"))
    assert volume(quarter.built()) == Decimal("0.45")
    # a part that is not stated is in once all are that may have it: EASTDEPT's 10 are DEPT's and its own
    unstated = filed("DEPT").happen("EASTDEPT", "function_moved", 2017, successor="DEPT")
    assert volume(unstated.built()) == Decimal("0.3")
    assert volume(unstated.file("EASTDEPT", {OPEN: 1}).built()) == Decimal("0.4")


def test_an_abolished_organ_leaves_the_volume_of_its_cumulative_figures() -> None:
    city = City().expect("OFFICE", "DEPT", year=2016).expect("DEPT").file("DEPT", {OPEN: 1})
    for organ, figure in (("OFFICE", 60), ("DEPT", 40)):
        city.file(organ, {OPEN: figure, f"{OPEN}[cumulative]": 10 * figure}, year=2016)
    connection = city.happen("OFFICE", "abolished", 2017, successor="DEPT", share=Decimal(1)).built()
    assert volume(connection) == Decimal("0.4")
    assert volume(connection, cell=f"{OPEN}[cumulative]") == 1


def test_the_volume_of_members_is_in_with_the_report_that_replaces_them_and_the_other_way_round() -> None:
    def city() -> City:
        found = City().expect("EAST", "DEPT", "EASTDEPT", "EASTTOWN", year=2016)
        found.expect("EAST", "DEPT", "EASTDEPT", "EASTTOWN").file("DEPT", {OPEN: 1})
        for organ, figure in (("DEPT", 60), ("EASTDEPT", 30), ("EASTTOWN", 10), ("EAST", 140)):
            found.file(organ, {OPEN: figure}, year=2016)
        return found

    replaced = city().consolidate("EAST")
    assert volume(replaced.built()) == Decimal("0.6")
    connection = replaced.file("EAST", {OPEN: 1}).built()
    assert [volume(connection, code) for code in ("city", "EAST", "own", "lower")] == [1, 1, 1, 1]
    # what of the report is the kind's own is not known
    assert [volume(connection, code) for code in ("government", "department")] == [None, None]
    # a district that was summed as a whole is in with all of its members
    divided = city().consolidate("EAST", year=2016).file("EASTDEPT", {OPEN: 1})
    assert volume(divided.built()) == Decimal("0.3")
    assert volume(divided.file("EASTTOWN", nil=True).built()) == 1


def test_the_volume_is_compared_with_an_edition_of_the_same_meaning() -> None:
    city = City().expect("DEPT", "DEPT2", year=2020, form="gb_2019").expect("DEPT", "DEPT2", year=2021, form="gb_2021")
    for organ, figure in (("DEPT", 30), ("DEPT2", 10)):
        city.file(organ, {"res_granted[total]": figure}, year=2020, form="gb_2019")
    connection = city.file("DEPT", {"res_granted[total]": 1}, year=2021, form="gb_2021").built()
    assert connection.execute(
        "SELECT coverage_volume FROM mart.city_rollup WHERE report_year = 2021 AND slice_kind = 'city'"
        " AND indicator_code = 'res_granted' AND applicant_kind = 'total'"
    ).fetchall() == [(Decimal("0.75"),)]


@pytest.mark.parametrize(("share", "is_complete"), [(None, False), ("0.8", True), ("0.8001", False), ("0.5", True)])
def test_a_total_is_complete_from_the_gate_on(share: str | None, is_complete: bool) -> None:
    city = City().expect(*LEAVES).expect(*LEAVES, year=2016)
    for organ in LEAVES:
        city.file(organ, {OPEN: 10}, year=2016)
    for organ in LEAVES[:4]:
        city.file(organ, {OPEN: 11})
    if share is not None:
        city.gates[2017, "fj_annex_2017"] = Decimal(share)
    connection = city.built()
    assert total(connection) == Total(44, 5, 4, 0, 1, Decimal("0.8"), is_complete)
    found = change(connection)
    assert (found.change, found.note) == ((-6, "") if is_complete else (None, "本年合计不完整，缺1家，不计算同比"))
    # the district that the missing one is in has none of two, or one of two
    slices = connection.execute(
        "SELECT DISTINCT slice_code, coverage, is_complete FROM mart.city_rollup"
        " WHERE report_year = 2017 AND slice_kind = 'district' ORDER BY 1"
    ).fetchall()
    assert ("WEST", 0, False) in slices


def test_where_nobody_filed_every_cell_of_the_edition_has_a_row_without_a_figure() -> None:
    connection = City().expect(*LEAVES, year=2024, form="gb_2021").built()
    assert connection.execute(
        "SELECT slice_kind, slice_code, count(*), count(value), min(organs_missing), max(coverage),"
        " bool_or(is_complete) FROM mart.city_rollup GROUP BY ALL ORDER BY slice_kind, slice_code"
    ).fetchall() == [
        ("city", "city", 200, 0, 5, 0, False),
        ("district", "EAST", 200, 0, 2, 0, False),
        ("district", "WEST", 200, 0, 1, 0, False),
        ("level", "lower", 200, 0, 3, 0, False),
        ("level", "own", 200, 0, 2, 0, False),
        ("organ_kind", "department", 200, 0, 3, 0, False),
        ("organ_kind", "government", 200, 0, 2, 0, False),
    ]


def test_a_variants_own_row_appears_only_where_somebody_filed_it() -> None:
    row = {"year": 2024, "form": "gb_2021"}
    city = City().expect("DEPT", "EASTDEPT", **row).file("DEPT", {"res_other_misc[total]": 4}, **row)
    assert total(city.built(), "res_other[total]", year=2024) is None
    connection = city.file("EASTDEPT", {"res_other[total]": 9}, variant="one_row_other", **row).built()
    assert total(connection, "res_other[total]", year=2024) == Total(9, 2, 2, 0, 0, 1, True)
    assert total(connection, "res_other[total]", "EAST", 2024) == Total(9, 1, 1, 0, 0, 1, True)
    assert total(connection, "res_other[total]", "own", 2024) is None
    assert total(connection, "res_other_misc[total]", year=2024) == Total(4, 2, 2, 0, 0, 1, True)


def test_what_no_variant_of_the_edition_prints_does_not_reach_the_roll_up() -> None:
    foreign = ("made_up", "fj_open_total", "req_new[cumulative]", "req_new", "nar_requests_new", "res_other[total]")
    figures = {"req_new[total]": 6} | dict.fromkeys(foreign, 50)
    connection = City().expect("DEPT", year=2024, form="gb_2021").file("DEPT", figures, year=2024, form="gb_2021")
    rolled = connection.built().execute(
        "SELECT indicator_code, applicant_kind, measure, value FROM mart.city_rollup"
        " WHERE slice_kind = 'city' AND (value IS NOT NULL OR cells_blank > 0) ORDER BY ALL"
    )
    assert rolled.fetchall() == [("req_new", "total", "annual", 6), ("res_other", "total", "annual", 50)]


def test_money_keeps_its_four_decimals() -> None:
    cell, row = "g14_fees", {"year": 2016, "form": "gb_2014"}
    assert load_forms()["gb_2014"].indicators[cell].value_kind == "money"
    city = City().expect("OFFICE", "DEPT", "DEPT2", **row)
    for organ, amount in (("OFFICE", "0.1001"), ("DEPT", "0.2002"), ("DEPT2", "98765432109876.0004")):
        city.file(organ, {cell: amount}, **row)
    assert total(city.built(), cell, year=2016) == Total(Decimal("98765432109876.3007"), 3, 3, 0, 0, 1, True)


def test_a_sum_beyond_what_a_cell_holds_is_no_figure_and_disturbs_nothing_else() -> None:
    city = City().expect("DEPT", "EASTDEPT").file("DEPT", {OPEN: MOST, "fj_req_total": 2})
    connection = city.file("EASTDEPT", {OPEN: 1, "fj_req_total": 3}).built()
    assert values(connection) == {"city": None, "own": MOST, "lower": 1, "department": None, "EAST": 1}
    assert values(connection, "fj_req_total")["city"] == 5
    assert failing_checks(connection) == set()


@pytest.mark.parametrize("figures", [(MOST, MOST, 5), (MOST, 1, -MOST), (-MOST, -1, 1)])
def test_a_slice_beyond_what_a_cell_holds_stops_no_night(figures: tuple[int, ...]) -> None:
    organs = ("DEPT", "DEPT2", "EASTDEPT")
    city = City().expect(*organs)
    for organ, figure in zip(organs, figures, strict=True):
        city.file(organ, {OPEN: figure})
    connection = city.built()
    assert values(connection)["own"] is None
    assert failing_checks(connection) == set()


def test_the_blocking_checks_find_what_they_are_for() -> None:
    connection = five_leaves().consolidate("EAST").built()
    connection.execute(f"UPDATE mart.city_rollup SET value = 9 WHERE slice_code = 'own' AND indicator_code = '{OPEN}'")
    assert failing_checks(connection) == {"slices_add_up"}
    connection.execute("UPDATE mart.city_rollup SET organs_missing = 1 WHERE slice_code = 'EAST'")
    assert failing_checks(connection) == {"slices_add_up", "organs_conserved"}
    # the undivided report must fill the gap between the kinds and the city exactly
    other = five_leaves().consolidate("EAST").built()
    other.execute("UPDATE core.official_cell SET value = 999 WHERE organ_code = 'EAST' AND measure = 'annual'")
    assert failing_checks(other) == {"slices_add_up"}


# year over year


def two_years(before: dict[str, Any] | None, now: dict[str, Any] | None) -> duckdb.DuckDBPyConnection:
    """One department's 2016 and 2017; None: it did not file."""
    city = City().expect("DEPT", year=2016).expect("DEPT")
    for year, figures in ((2016, before), (2017, now)):
        if figures is not None:
            city.file("DEPT", figures, year=year)
    return city.built()


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (39129, 42938, Change(42938, 39129, 3809, Decimal("9.7345"), "A", "")),
        (1465, 1370, Change(1370, 1465, -95, Decimal("-6.4846"), "A", "")),
        (100, 125, Change(125, 100, 25, 25, "A", "")),
        (18, 18, Change(18, 18, 0, 0, "A", "")),
        (18, 0, Change(0, 18, -18, -100, "A", "")),
        (30, 40, Change(40, 30, 10, Decimal("33.3333"), "A", "")),
        (10, 20, Change(20, 10, 10, 100, "A", "")),
        (9, 20, Change(20, 9, 11, None, "A", "上年基数过小（9），不计算百分比")),
        ("9.5", 20, Change(20, Decimal("9.5"), Decimal("10.5"), None, "A", "上年基数过小（9.5），不计算百分比")),
        ("-9.5", 20, Change(20, Decimal("-9.5"), Decimal("29.5"), None, "A", "上年基数过小（-9.5），不计算百分比")),
        (-20, -10, Change(-10, -20, 10, -50, "A", "")),
        (0, 7, Change(7, 0, 7, None, "A", "上年为零，不计算百分比")),
        (0, 0, Change(0, 0, 0, None, "A", "上年为零，不计算百分比")),
        (None, 7, Change(7, None, None, None, "A", "上年有1家该格空白，不计算同比")),
        (7, None, Change(None, 7, None, None, "A", "本年有1家该格空白，不计算同比")),
        ("=10", "=15", Change(15, 10, 5, 50, "A", "")),
        (10, MOST, Change(MOST, 10, MOST - 10, None, "A", "百分比过大，不计算百分比")),
        (-MOST, MOST, Change(MOST, -MOST, None, None, "A", "增减过大，不计算同比")),
    ],
)
def test_a_cell_against_the_year_before(before: Any, now: Any, expected: Change) -> None:
    assert change(two_years({OPEN: before}, {OPEN: now})) == expected


def test_a_nil_year_is_a_base_of_zero() -> None:
    city = City().expect("DEPT", year=2016).expect("DEPT").file("DEPT", year=2016, nil=True).file("DEPT", {OPEN: 7})
    assert change(city.built()) == Change(7, 0, 7, None, "A", "上年为零，不计算百分比")


def test_the_cumulative_column_is_compared_with_the_cumulative_column() -> None:
    connection = two_years({OPEN: 100, f"{OPEN}[cumulative]": 497494}, {OPEN: 110, f"{OPEN}[cumulative]": 540432})
    assert change(connection, f"{OPEN}[cumulative]") == Change(540432, 497494, 42938, Decimal("8.6309"), "A", "")
    assert change(connection) == Change(110, 100, 10, 10, "A", "")


def test_an_incomplete_total_is_not_compared_but_a_complete_slice_is() -> None:
    city = City().expect(*LEAVES, year=2016).expect(*LEAVES).expect(*LEAVES, year=2018)
    for organ in LEAVES:
        city.file(organ, {OPEN: 10}, year=2016).file(organ, {OPEN: 30}, year=2018)
        if not organ.startswith("EAST"):
            city.file(organ, {OPEN: 20})
    connection = city.built()
    assert change(connection) == Change(60, 50, None, None, "A", "本年合计不完整，缺2家，不计算同比")
    assert change(connection, year=2018) == Change(150, 60, None, None, "A", "上年合计不完整，缺2家，不计算同比")
    assert change(connection, slice_code="EAST") == Change(
        None, 20, None, None, "A", "本年合计不完整，缺2家，不计算同比"
    )
    assert change(connection, slice_code="own") == Change(40, 20, 20, 100, "A", "")
    assert change(connection, year=2018, slice_code="WEST") == Change(30, 20, 10, 50, "A", "")


def test_a_year_that_nobody_filed_is_missing_on_its_side() -> None:
    assert change(two_years(None, {OPEN: 7})) == Change(7, None, None, None, "A", "上年合计不完整，缺1家，不计算同比")
    assert change(two_years({OPEN: 7}, None)) == Change(None, 7, None, None, "A", "本年合计不完整，缺1家，不计算同比")


def test_a_year_that_is_not_on_file_is_not_jumped_over() -> None:
    city = City().expect("DEPT", year=2015).expect("DEPT").file("DEPT", {OPEN: 5}, year=2015).file("DEPT", {OPEN: 9})
    connection = city.built()
    for year, value in ((2015, 5), (2017, 9)):
        assert change(connection, year=year) == Change(value, None, None, None, None, "上年没有数据，不计算同比")


def test_a_district_that_is_new_has_no_year_before_although_the_city_has() -> None:
    city = City().expect("DEPT", year=2016).expect("DEPT", "WESTDEPT").file("DEPT", {OPEN: 40}, year=2016)
    connection = city.file("DEPT", {OPEN: 50}).file("WESTDEPT", {OPEN: 1}).built()
    assert change(connection, slice_code="WEST") == Change(1, None, None, None, None, "上年没有数据，不计算同比")
    assert change(connection) == Change(51, 40, 11, Decimal("27.5"), "A", "")


NOT_PRINTED = "上年的表样没有这一项，口径不同，不计算同比"


def test_the_break_of_2019_ends_every_line() -> None:
    city = City().expect("DEPT", year=2018).expect("DEPT", year=2019, form="gb_2019")
    city.file("DEPT", {"fj_req_total": 1235}, year=2018)
    connection = city.file("DEPT", {"req_new[total]": 1300}, year=2019, form="gb_2019").built()
    assert change(connection, "req_new[total]", year=2019) == Change(1300, None, None, None, None, NOT_PRINTED)
    assert connection.execute(
        "SELECT note, count(*), count(change), count(prior_value) FROM mart.year_over_year WHERE report_year = 2019"
        " AND slice_kind = 'city' GROUP BY note"
    ).fetchall() == [(NOT_PRINTED, 198, 0, 0)]


def test_over_the_change_of_2021_class_a_is_compared_and_what_was_redrawn_is_not() -> None:
    city = City().expect("DEPT", year=2020, form="gb_2019").expect("DEPT", year=2021, form="gb_2021")
    before = {
        "res_granted[total]": 200,
        "res_granted[business]": 40,
        "res_refused_state_secret[total]": 50,
        "req_carried_out[total]": 0,
        "suit_direct_total": 10,
        "res_other[total]": 7,
        "g19_rules_made": 3,
    }
    now = {
        "res_granted[total]": 150,
        "res_granted[business]": 50,
        "res_refused_state_secret[total]": 60,
        "req_carried_out[total]": 2,
        "suit_direct_total": 11,
        "res_other[total]": 9,
        "a20_rules_issued": 4,
    }
    city.file("DEPT", before, year=2020, form="gb_2019")
    connection = city.file("DEPT", now, year=2021, form="gb_2021", variant="one_row_other").built()
    found = {cell: change(connection, cell, year=2021) for cell in (*now, "res_other_misc[total]")}
    assert found == {
        "res_granted[total]": Change(150, 200, -50, -25, "A", ""),
        "res_granted[business]": Change(50, 40, 10, 25, "A", ""),
        "res_refused_state_secret[total]": Change(60, 50, 10, 20, "A", ""),
        "req_carried_out[total]": Change(2, 0, 2, None, "A", "上年为零，不计算百分比"),
        "suit_direct_total": Change(11, 10, 1, 10, "A", ""),
        # the old row is the sum of three new ones: a family of its own, not this cell
        "res_other[total]": Change(9, None, None, None, "D", "上年表样不同，口径不可比，不计算同比"),
        "a20_rules_issued": Change(4, None, None, None, None, NOT_PRINTED),
        "res_other_misc[total]": Change(None, None, None, None, None, NOT_PRINTED),
    }


def test_two_editions_of_one_year_each_follow_their_own_line() -> None:
    city = City()
    for year, annex, supplement in ((2016, 10, 40), (2017, 11, 50)):
        city.expect("DEPT", year=year).expect("DEPT", year=year, form="xm_supplement_2017")
        city.file("DEPT", {OPEN: annex}, year=year)
        city.file("DEPT", {"sup_open_total": supplement}, year=year, form="xm_supplement_2017")
    connection = city.built()
    assert change(connection) == Change(11, 10, 1, 10, "A", "")
    assert change(connection, "sup_open_total") == Change(50, 40, 10, 25, "A", "")


def test_each_table_has_one_row_for_each_key_and_keeps_its_contract() -> None:
    city = five_leaves().expect(*LEAVES, year=2018).expect("DEPT", form="xm_supplement_2017")
    for organ in LEAVES:
        city.file(organ, {OPEN: 50}, year=2018)
    connection = city.file("DEPT", {"sup_open_total": 1}, form="xm_supplement_2017").built()
    counts = {table: connection.table(table).count("*").fetchall()[0][0] for table in MARTS}
    # seven slices of 30 cells twice; the supplement has 31 cells in city, own and department
    assert counts == {
        # six leaves in three slices and the three below a district once more, those that owe nothing too, three times
        "mart.slice_organ": (3 * 6 + 3) * 3,
        # nine organs, twice for the annex and once for the supplement
        "mart.rollup_source": 3 * 9,
        "mart.city_rollup": 7 * 30 * 2 + 3 * 31,
        "mart.comparison_base": 0,
        "mart.year_over_year": 7 * 30 * 2 + 3 * 31,
        # five organs in three slices, three of them in a district's: what they opened rose
        "mart.contribution": 3 * 5 + 3,
        "mart.year_over_year_like_for_like": 7 * 30,
        # opened alone was filed in: ten official submissions and the three of the governments
        "mart.concept_organ": 13,
        "mart.concept_series": 7 * 9 * 2,
        "mart.concept_contribution": 3 * 5 + 3,
        "mart.reported_vs_computed": 1,
        "mart.assessment_rate": (3 + 5 + 5) * 4 + 4,
    }
    for table in MARTS:
        assert violations(connection, table).empty, table
