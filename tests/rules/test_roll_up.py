"""Governments' reports against the organs below them: families H and F12d."""

from __future__ import annotations

from typing import Any

from tests.rules.rule_world import Judged, Outcome, World, judged


def _requests(number: Any) -> dict[str, Any]:
    return {
        f"{code}[{measure}]": number
        for code in ("fj_req_total", "fj_req_online")
        for measure in ("annual", "cumulative")
    }


def _h01(night: Judged, organ: str, scope: str = "annual/fj_req_total") -> Outcome:
    (found,) = [o for o in night.outcomes if (o.rule_id, o.organ_code, o.scope) == ("H01", organ, scope)]
    return found


def test_city_and_district_are_compared_with_their_own_leaves() -> None:
    world = World()
    world.expect("DEPT", "AREADEPT", "AREATOWN")
    for organ, number in (("DEPT", 10), ("AREADEPT", 3), ("AREATOWN", 4)):
        world.submit(_requests(number), organ=organ)
    world.submit(_requests(17), organ="CITY", basis="published")
    world.submit(_requests(8), organ="AREA", basis="consolidated")
    night = judged(world)
    city, district = _h01(night, "CITY"), _h01(night, "AREA")
    assert (city.outcome, city.lhs, city.rhs, city.submission_id, city.report_year) == ("pass", 17, 17, None, 2017)
    assert (district.outcome, district.lhs, district.rhs, district.difference) == ("fail", 8, 7, 1)
    assert district.message == "“受理政府信息公开申请总数”汇总报告为8，所属各填报单位之和为7，相差1。"
    # the difference is the district's to explain: its own report is not held for it
    assert night.verdict("sub5") == ("accepted", True, None)


def test_with_a_missing_leaf_nothing_is_compared_and_it_is_named_once() -> None:
    world = World()
    world.expect("DEPT", "DEPT2", "AREADEPT")
    world.submit(_requests(10))
    world.submit(_requests(5) | {"fj_req_total": 6}, organ="AREADEPT")
    world.submit(_requests(17), organ="CITY", basis="published")
    night = judged(world)
    found = _h01(night, "CITY")
    assert (found.outcome, found.lhs, found.rhs) == ("not_assessable", 17, 10)
    assert found.note == "还缺2家单位（某区教育局、某市民政局）"
    missing = night.one("H02")
    assert (missing.organ_code, missing.outcome, missing.lhs, missing.rhs) == ("CITY", "fail", 1, 3)
    assert missing.message == (
        "应报3家，已报1家，还缺2家：某区教育局、某市民政局。缺报不当0，全市合计标为不完整，不出同比。"
    )


def test_a_consolidated_report_that_is_summed_is_in_the_citys_sum_and_still_compared() -> None:
    world = World()
    world.expect("DEPT")
    world.expect("AREA", basis="consolidated", summed="consolidated", why="区里只收汇总")
    world.expect("AREADEPT", "AREATOWN", summed="consolidated", why="区里只收汇总")
    for organ, number in (("DEPT", 10), ("AREADEPT", 3)):
        world.submit(_requests(number), organ=organ)
    world.submit(_requests(18), organ="CITY", basis="published")
    night = judged(world)
    # without the report the city lacks it, and the members do not stand for it
    assert (_h01(night, "CITY").outcome, _h01(night, "CITY").note) == ("not_assessable", "还缺1家单位（某区人民政府）")
    assert (night.one("H02").lhs, night.one("H02").rhs) == (1, 2)
    world.submit(_requests(8), organ="AREA", basis="consolidated")
    night = judged(world)
    city, district = _h01(night, "CITY"), _h01(night, "AREA")
    assert (city.outcome, city.lhs, city.rhs) == ("pass", 18, 18)
    assert night.one("H02").outcome == "pass"
    # the district is compared with all of its members, one of which is not in
    assert (district.outcome, district.note) == ("not_assessable", "还缺1家单位（某镇人民政府）")
    world.submit(_requests(4), organ="AREATOWN")
    district = _h01(judged(world), "AREA")
    assert (district.outcome, district.lhs, district.rhs) == ("fail", 8, 7)


def test_a_nil_leaf_is_in_and_adds_nothing() -> None:
    world = World()
    world.expect("DEPT", "DEPT2")
    world.submit(_requests(10))
    world.submit(organ="DEPT2", nil=True)
    world.submit(_requests(10), organ="CITY", basis="published")
    night = judged(world)
    assert _h01(night, "CITY").outcome == "pass"
    assert night.one("H02").outcome == "pass"


def test_a_leafs_blank_may_hold_the_difference() -> None:
    world = World()
    world.expect("DEPT", "DEPT2")
    world.submit(_requests(10) | {"fj_suits": "blank"})
    world.submit(organ="DEPT2")
    world.submit(_requests(10) | {"fj_suits": 2, "fj_suits[cumulative]": 2}, organ="CITY", basis="published")
    night = judged(world)
    found = _h01(night, "CITY", "annual/fj_suits")
    assert (found.outcome, found.lhs, found.rhs, found.note) == ("uncertain", 2, 0, "1家单位该格空白，按零计")
    assert _h01(night, "CITY", "cumulative/fj_suits").outcome == "fail"


def test_without_any_leaf_nothing_is_assessed() -> None:
    world = World()
    city = world.submit(_requests(10), organ="CITY", basis="published")
    night = judged(world)
    assert {o.outcome for o in night.outcomes if o.rule_id == "H01"} == {"not_assessable"}
    assert {(o.outcome, o.note) for o in night.of("F12d", city).values()} == {
        ("not_assessable", "没有下级填报单位的数")
    }


def test_the_citys_rows_carry_their_gap_but_are_never_held() -> None:
    world = World()
    world.expect("DEPT")
    leaf = world.submit(_requests(10))
    city = world.submit(_requests(11), organ="CITY", basis="published")
    night = judged(world)
    row = night.one("F12d", city, "annual/fj_req_total")
    assert (row.outcome, row.severity, row.lhs, row.rhs, row.difference) == ("fail", "error", 11, 10, 1)
    assert row.message == "全市附表“受理政府信息公开申请总数”印的是11，各填报单位之和为10，相差1。"
    assert night.verdict(city) == ("accepted_with_warnings", True, None)
    assert [(o.outcome, o.note) for o in night.of("F12d", leaf).values()] == [("not_assessable", "只核对全市汇总报告")]


def test_an_office_in_two_roles_is_told() -> None:
    world = World()
    world.expect("OFFICE")
    world.expect("OFFICE", basis="published")
    world.submit(_requests(1), organ="OFFICE")
    found = judged(world).one("H03")
    assert (found.organ_code, found.outcome) == ("OFFICE", "fail")
    assert found.message == "办公厅（本机关）的报告与全市汇总报告混为一份：同一机构既报本机关表又报全市汇总表。"


def test_an_office_whose_city_did_not_file_is_not_assessed() -> None:
    world = World()
    world.submit(_requests(1), organ="OFFICE")
    assert judged(world).one("H03").outcome == "not_assessable"


def test_two_equal_figures_are_no_copy() -> None:
    world = World()
    world.submit(_requests(1), organ="OFFICE")
    world.submit(_requests(1), organ="CITY", basis="published")
    assert judged(world).one("H03").outcome == "pass"
