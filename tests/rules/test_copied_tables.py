"""X04: who is held where two organs filed the same table, and who never is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.rules.rule_world import Judged, World, judged

TABLE: dict[str, Any] = {
    f"{code}[{measure}]": figure
    for measure in ("annual", "cumulative")
    for code, figure in {"fj_open_total": 42, "fj_open_website": 40, "fj_suits": 3}.items()
}
HALF = {cell: 3 if "suits" in cell else 20 for cell in TABLE}
SMALL = dict.fromkeys(TABLE, 1)


def _held(night: Judged, *submissions: str) -> list[str]:
    return [submission for submission in submissions if night.one("X04", submission).outcome == "fail"]


def test_the_later_one_is_held_and_its_cells_stay() -> None:
    world = World()
    original = world.submit(TABLE)
    copy = world.submit(TABLE, organ="DEPT2")
    night = judged(world)
    assert _held(night, original, copy) == [copy]
    assert (night.verdict(original), night.verdict(copy)) == (("accepted", True, None), ("held", False, None))
    found = night.one("X04", copy)
    assert (found.severity, found.lhs, found.rhs) == ("error", 6, 0)
    assert found.message == "本表6个非零数与某市教育局同年的表逐格相同，疑为照搬，本表整份扣留。"
    row = night.connection.execute("SELECT count(*) FROM stage.cell WHERE submission_id = ?", [copy]).fetchone()
    assert row == (30,)


def test_a_third_copy_names_all_that_came_before() -> None:
    world = World()
    submissions = [world.submit(TABLE, organ=organ) for organ in ("AREADEPT", "DEPT", "DEPT2")]
    night = judged(world)
    assert _held(night, *submissions) == submissions[1:]
    assert "与某区教育局、某市教育局同年的表逐格相同" in night.one("X04", submissions[2]).message


def test_an_original_that_is_sent_again_after_the_copy_is_no_copy() -> None:
    world = World()
    first = world.submit(TABLE)
    copy = world.submit(TABLE, organ="DEPT2")
    again = world.submit(TABLE)
    night = judged(world)
    assert _held(night, first, copy, again) == [copy]
    # it is no copy, and changes nothing either
    assert night.verdict(again) == ("accepted_with_warnings", False, None)
    assert night.verdict(first)[1]


def test_an_organs_own_resubmission_is_no_copy() -> None:
    world = World()
    submissions = [world.submit(TABLE), world.submit(TABLE)]
    assert _held(judged(world), *submissions) == []


def test_a_copy_sent_twice_does_not_become_official() -> None:
    world = World()
    original = world.submit(TABLE)
    copies = [world.submit(TABLE, organ="DEPT2"), world.submit(TABLE, organ="DEPT2")]
    night = judged(world)
    assert _held(night, original, *copies) == copies
    assert [night.verdict(copy)[:2] for copy in copies] == [("held", False)] * 2


def test_a_copy_does_not_unseat_the_organs_own_earlier_figures() -> None:
    world = World()
    original = world.submit(TABLE)
    own = world.submit(HALF, organ="DEPT2")
    copy = world.submit(TABLE, organ="DEPT2")
    night = judged(world)
    assert _held(night, original, own, copy) == [copy]
    assert night.verdict(own) == ("accepted", True, None)


def test_a_table_that_its_organ_has_replaced_is_nobodys_original() -> None:
    world = World()
    # the first was put into the wrong folder, and its organ sent its own figures afterwards
    strayed = world.submit(TABLE, organ="DEPT2")
    world.submit(HALF, organ="DEPT2")
    rightful = world.submit(TABLE)
    night = judged(world)
    assert _held(night, strayed, rightful) == []
    assert night.verdict(rightful) == ("accepted", True, None)


def test_a_held_original_is_an_original() -> None:
    world = World()
    broken = TABLE | {"fj_req_total": 9, "fj_req_total[cumulative]": 9, "fj_req_online[cumulative]": 9}
    first = world.submit(broken)
    copy = world.submit(broken, organ="DEPT2")
    night = judged(world)
    assert night.verdict(first)[0] == "held"
    assert _held(night, first, copy) == [copy]


@pytest.mark.parametrize(
    ("change", "outcome", "note"),
    [
        ({}, "fail", ""),
        ({"fj_reviews": "blank"}, "fail", ""),
        ({"fj_suits": 2}, "pass", ""),
        ({"fj_reviews": 1, "fj_reviews[cumulative]": 1}, "pass", ""),
    ],
)
def test_every_figure_must_be_the_same(change: dict[str, Any], outcome: str, note: str) -> None:
    world = World()
    world.submit(TABLE)
    found = judged_other(world, TABLE | change)
    assert (found.outcome, found.note) == (outcome, note)


def judged_other(world: World, figures: dict[str, Any], **options: Any) -> Any:
    submission = world.submit(figures, **({"organ": "DEPT2"} | options))
    return judged(world).one("X04", submission)


@pytest.mark.parametrize("figures", [SMALL, {"fj_open_total": 400, "fj_open_total[cumulative]": 400}, {}])
def test_small_tables_are_alike_by_chance(figures: dict[str, Any]) -> None:
    world = World()
    world.submit(figures)
    found = judged_other(world, figures)
    assert (found.outcome, found.note) == (
        ("pass", "数太少或太小，不足为凭") if figures else ("not_assessable", "全表为零或空白")
    )


def test_other_years_and_nil_reports_are_not_compared() -> None:
    world = World()
    world.submit(TABLE, year=2016)
    world.submit(nil=True)
    assert judged_other(world, TABLE).outcome == "pass"


# governments' reports -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaf_first", [True, False])
@pytest.mark.parametrize(
    ("government", "basis", "leaf"), [("CITY", "published", "DEPT"), ("AREA", "consolidated", "AREADEPT")]
)
def test_a_leaf_like_a_governments_report_is_the_copier_whoever_came_first(
    leaf_first: bool, government: str, basis: str, leaf: str
) -> None:
    world = World()
    world.expect("DEPT", "DEPT2", "AREADEPT", "AREATOWN")
    world.submit(HALF, organ="AREATOWN")
    world.submit(HALF, organ="DEPT2")
    if leaf_first:
        copy = world.submit(TABLE, organ=leaf)
        report = world.submit(TABLE, organ=government, basis=basis)
    else:
        report = world.submit(TABLE, organ=government, basis=basis)
        copy = world.submit(TABLE, organ=leaf)
    night = judged(world)
    assert _held(night, copy, report) == [copy]
    assert "的汇总报告同年的表逐格相同" in night.one("X04", copy).message
    assert night.verdict(report)[0] != "held"


@pytest.mark.parametrize("empty", ["nil", "zeros"])
def test_the_only_leaf_with_figures_is_its_governments_report_by_right(empty: str) -> None:
    world = World()
    world.expect("AREADEPT", "AREATOWN")
    world.submit(organ="AREATOWN", nil=empty == "nil")
    leaf = world.submit(TABLE, organ="AREADEPT")
    report = world.submit(TABLE, organ="AREA", basis="consolidated")
    city = world.submit(TABLE, organ="CITY", basis="published")
    night = judged(world)
    assert _held(night, leaf, report, city) == []
    assert night.one("X04", city).note == "公布的汇总报告不问照搬"


def test_a_leaf_that_is_not_in_yet_may_have_figures() -> None:
    world = World()
    world.expect("AREADEPT", "AREATOWN")
    leaf = world.submit(TABLE, organ="AREADEPT")
    world.submit(TABLE, organ="AREA", basis="consolidated")
    assert _held(judged(world), leaf) == [leaf]


def test_a_department_of_the_city_has_no_right_to_a_districts_report() -> None:
    world = World()
    world.expect("AREADEPT")
    world.submit(organ="AREADEPT", nil=True)
    copy = world.submit(TABLE)
    world.submit(TABLE, organ="AREA", basis="consolidated")
    assert _held(judged(world), copy) == [copy]


def test_an_office_that_filed_the_citys_report_is_told_once() -> None:
    world = World()
    world.expect("OFFICE", "DEPT")
    world.submit(HALF)
    office = world.submit(TABLE, organ="OFFICE")
    world.submit(TABLE, organ="CITY", basis="published")
    night = judged(world)
    assert _held(night, office) == [office]
    assert [o.outcome for o in night.outcomes if o.rule_id == "H03"] == []


def test_next_year_does_not_build_on_a_copy() -> None:
    world = World()
    world.submit(TABLE, year=2016)
    world.submit(TABLE, organ="DEPT2", year=2016)
    later = {cell: figure * 2 if "cumulative" in cell else figure for cell, figure in TABLE.items()}
    submission = world.submit(later | {"fj_suits": 4, "fj_suits[cumulative]": 7}, organ="DEPT2", year=2017)
    found = judged(world).one("F07", submission, "cumulative/fj_suits")
    assert (found.outcome, found.note, found.lhs) == ("not_assessable", "上年数不在案", Decimal(7))


def test_between_two_consolidated_reports_the_later_is_held() -> None:
    world = World()
    first = world.submit(TABLE, organ="AREA", basis="consolidated")
    second = world.submit(TABLE, organ="AREATOWN", basis="consolidated")
    night = judged(world)
    assert _held(night, first, second) == [second]
    assert night.one("X04", second).message == "本表6个非零数与某区人民政府同年的表逐格相同，疑为照搬，本表整份扣留。"
