"""What a blank does to an equation: three policies, four outcomes, and no invented zero."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.rules.rule_world import Outcome, World, judged


def _of(rule_id: str, figures: dict[str, Any], form: str, scope: str, **options: Any) -> Outcome:
    world = World()
    submission = world.submit(figures, form=form, year={"gb_2021": 2024}.get(form, 2017), **options)
    return judged(world).one(rule_id, submission, scope)


@pytest.mark.parametrize(
    ("figures", "outcome", "lhs", "rhs", "note"),
    [
        # a sum that closes without the blank part proves it zero
        ((5, 3, 2, "blank"), "pass", 5, 5, "空白按零计"),
        ((5, 3, 2, "not_applicable"), "pass", 5, 5, "空白按零计"),
        # one that does not close may be hiding it
        ((9, 3, 2, "blank"), "uncertain", 5, 9, "空白按零计"),
        # and one that is exceeded cannot be mended by any number that is not negative
        ((4, 3, 2, "blank"), "fail", 5, 4, "空白按零计"),
        (("blank", 3, 2, 0), "uncertain", 5, None, "空白按零计"),
        (("blank", 0, 0, 0), "uncertain", 0, None, "空白按零计"),
        ((5, "blank", "blank", "blank"), "uncertain", None, 5, "空白按零计"),
        (("blank", "blank", "blank", "blank"), "not_assessable", None, None, "全部空白"),
        ((5, 3, 2, "not_a_number"), "uncertain", None, 5, ""),
        ((5, 3, 2, "missing_row"), "uncertain", None, 5, ""),
        ((5, 3, 2, "uncertain"), "uncertain", None, 5, ""),
        ((5, 3, 2, "absent"), "uncertain", None, 5, ""),
    ],
)
def test_a_blank_part_is_bounded_by_zero(
    figures: tuple[Any, ...], outcome: str, lhs: int | None, rhs: int | None, note: str
) -> None:
    codes = ("fj_req_total", "fj_req_in_person", "fj_req_online", "fj_req_mail_fax")
    found = _of("F01", dict(zip(codes, figures, strict=True)), "fj_annex_2017", "annual")
    assert (found.outcome, found.lhs, found.rhs, found.note) == (outcome, lhs, rhs, note)
    assert found.difference == (None if lhs is None or rhs is None else lhs - rhs)
    assert found.severity == ("warning" if outcome == "uncertain" else "error")


@pytest.mark.parametrize(
    ("total", "parts", "outcome", "lhs", "rhs"),
    [
        (10, (8, 2, "blank", "blank", "blank", "blank"), "pass", 10, 10),
        (10, (8, 1, "blank", "blank", "blank", "blank"), "fail", 10, 9),
        (10, ("blank",) * 6, "uncertain", 10, None),
        (0, ("blank",) * 6, "pass", 0, None),
        ("blank", (8, 2, "blank", 0, 0, 0), "uncertain", None, 10),
        ("blank", ("blank",) * 6, "not_assessable", None, None),
        (10, (8, 2, "uncertain", 0, 0, 0), "uncertain", 10, None),
    ],
)
def test_blanks_of_the_matrix_count_as_zero_and_totals_are_never_assumed(
    total: Any, parts: tuple[Any, ...], outcome: str, lhs: int | None, rhs: int | None
) -> None:
    kinds = ("natural_person", "business", "research", "public_interest", "legal_service", "other_org")
    figures = {f"req_new[{kind}]": part for kind, part in zip(kinds, parts, strict=True)} | {"req_new[total]": total}
    found = _of("M03", figures, "gb_2021", "annual/req_new")
    assert (found.outcome, found.lhs, found.rhs) == (outcome, lhs, rhs)


def test_a_blank_carry_over_may_hold_the_difference() -> None:
    figures = {"req_new[business]": 9, "res_total[business]": 8, "req_carried_out[business]": "blank"}
    assert _of("M01", figures, "gb_2021", "annual/business").outcome == "uncertain"
    found = _of("M05", figures, "gb_2021", "annual/business")
    assert (found.outcome, found.lhs, found.rhs) == ("pass", 8, 9)


def test_what_no_carry_over_could_mend_is_told_once() -> None:
    world = World()
    figures = {"req_new[business]": 9, "res_total[business]": 10, "req_carried_out[business]": "blank"}
    submission = world.submit(figures, form="gb_2021", year=2024)
    night = judged(world)
    told = {key for key in night.remarks(submission) if key[0] in ("M01", "M05")}
    assert told == {("M05", "annual/business")}
    silent = night.one("M01", submission, "annual/business")
    assert (silent.outcome, silent.note) == ("not_assessable", "由M05说明")
    found = night.one("M05", submission, "annual/business")
    assert (found.severity, found.lhs, found.rhs) == ("error", 10, 9)
    assert found.message == (
        "“商业企业”一列：办理结果总计填的是10，多于本年新收加上年结转的9，多出1，结转下年度又是空白。"
        "（（七）总计｜商业企业10、一、本年新收政府信息公开申请数量｜商业企业9）"
    )
    # the columns with a printed carry-over are M01's alone
    other = night.one("M05", submission, "annual/research")
    assert (other.outcome, other.note) == (
        "not_assessable",
        "“四、结转下年度继续办理｜科研机构”不是空白，不需此条",
    )
    assert night.one("M01", submission, "annual/research").outcome == "pass"


@pytest.mark.parametrize("blank", ["req_new[business]", "req_carried_in[business]", "res_total[business]"])
def test_a_second_blank_is_left_to_the_rule_on_the_whole_column(blank: str) -> None:
    world = World()
    figures = {"req_new[business]": 3, "res_total[business]": 5, "req_carried_out[business]": "blank", blank: "blank"}
    submission = world.submit(figures, form="gb_2021", year=2024)
    night = judged(world)
    told = {key for key in night.remarks(submission) if key[0] in ("M01", "M05")}
    assert told == {("M01", "annual/business")}
    assert night.one("M05", submission, "annual/business").note == "由M01说明"


def test_a_derived_carry_over_is_no_blank() -> None:
    # the total column needs no guess where its parts are printed
    figures = {"req_new[total]": 9, "res_total[total]": 8, "req_carried_out[total]": "blank"}
    found = _of("M01", figures, "gb_2021", "annual/total")
    assert (found.outcome, found.difference, found.note) == ("fail", 1, "空白总计用推得的数")


def test_any_blank_operand_of_an_inequality_is_uncertain() -> None:
    found = _of("F05a", {"fj_open_website": "blank", "fj_open_total": 3}, "fj_annex_2017", "annual")
    assert (found.outcome, found.lhs, found.rhs, found.note) == ("uncertain", None, 3, "")
    assert found.message == (
        "“其中:1.政府网站公开数”与“主动公开文件数”无法核对：“其中:1.政府网站公开数”空白或未能读准。"
        "没有的请填0，漏填的请补填，改好后重新报送。"
    )


def test_a_cell_that_was_told_twice_is_not_taken_at_its_word() -> None:
    world = World()
    submission = world.submit({"fj_req_total": 5, "fj_req_online": 5})
    twice = next(cell for cell in world.cells if cell["indicator_code"] == "fj_req_online")
    world.cells.append(dict(twice))
    assert judged(world).one("F01", submission).outcome == "uncertain"


def test_a_nil_report_has_nothing_to_judge() -> None:
    world = World()
    submission = world.submit(nil=True)
    night = judged(world)
    mine = [o for o in night.outcomes if o.submission_id == submission]
    assert {o.note for o in mine if o.rule_id in ("V31", "V32")} == {"首次报送"}
    mine = [o for o in mine if o.rule_id not in ("V31", "V32")]
    assert {o.outcome for o in mine if o.rule_id.startswith("V")} == {"pass"}
    assert {(o.outcome, o.note) for o in mine if not o.rule_id.startswith("V")} == {("not_assessable", "零报告")}
    assert night.verdict(submission) == ("accepted", True, None)


def test_figures_beyond_what_can_be_published_are_judged_without_breaking_the_night() -> None:
    huge = Decimal("99999999999999.9999")
    figures = {"fj_req_total": 1, "fj_req_in_person": huge, "fj_req_online": huge, "fj_req_mail_fax": huge}
    found = _of("F01", figures, "fj_annex_2017", "annual")
    assert (found.outcome, found.lhs, found.rhs, found.difference) == ("fail", None, 1, None)


def test_derived_totals_need_parts_that_could_be_read() -> None:
    world = World()
    submission = world.submit(
        {"req_new[total]": "blank", "req_new[business]": "uncertain", "req_carried_in[total]": "blank"},
        form="gb_2021",
        year=2024,
    )
    assert judged(world).derived(submission) == {("req_carried_in", "total"): 0}


def test_an_empty_row_is_zero_only_where_the_closed_sum_says_so() -> None:
    empty = {f"res_granted[{kind}]": "blank" for kind in ("natural_person", "business", "research", "public_interest")}
    empty |= {f"res_granted[{kind}]": "blank" for kind in ("legal_service", "other_org", "total")}
    world = World()
    options: dict[str, Any] = {"form": "gb_2021", "year": 2024}
    closes = world.submit(
        empty | {"res_total[total]": 4, "res_partial[total]": 4, "res_partial[business]": 4}, **options
    )
    open_ended = world.submit(empty | {"res_total[total]": 5, "res_partial[total]": 4}, **options, organ="DEPT2")
    untold = world.submit(empty | {"res_total[total]": 4, "res_partial[total]": "uncertain"}, **options, organ="OFFICE")
    night = judged(world)
    assert night.derived(closes) == {("res_granted", "total"): 0}
    assert night.derived(open_ended) == {}
    assert night.derived(untold) == {}
