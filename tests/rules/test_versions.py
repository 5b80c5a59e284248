"""Filing again: what counts, what changes nothing, and whether a reason is named. Figures made up."""

from __future__ import annotations

from tests.rules.rule_world import World, judged

SUITS_2 = {"fj_suits": 2, "fj_suits[cumulative]": 2}
SUITS_3 = {"fj_suits": 3, "fj_suits[cumulative]": 3}
WRONG = {"fj_suits": 3}
"""more in the year than ever: F06, an error"""


def test_a_first_submission_is_asked_nothing() -> None:
    world = World()
    submission = world.submit(SUITS_2, reason="")
    night = judged(world)
    assert [(rule, o.outcome, o.note) for rule in ("V31", "V32") for o in night.of(rule, submission).values()] == [
        ("V31", "not_assessable", "首次报送"),
        ("V32", "not_assessable", "首次报送"),
    ]
    assert night.verdict(submission) == ("accepted", True, None)


def test_a_correction_without_a_reason_counts_and_is_told() -> None:
    world = World()
    first, second = world.submit(SUITS_2), world.submit(SUITS_3, reason="")
    night = judged(world)
    assert night.verdict(second) == ("accepted_with_warnings", True, first)
    found = night.one("V32", second)
    assert (found.outcome, found.severity, found.lhs) == ("fail", "warning", 2)
    assert found.message == "这是第2次报送同一年度的同一张表，数有变动，却没有写明重报原因。"
    assert night.one("V31", second).outcome == "pass"


def test_a_correction_that_names_its_reason_is_clean() -> None:
    world = World()
    world.submit(WRONG)
    second = world.submit(SUITS_3, reason="漏填历年累计")
    night = judged(world)
    assert night.verdict(second) == ("accepted", True, None)
    assert night.one("V32", second).outcome == "pass"


def test_the_same_figures_in_other_bytes_change_nothing() -> None:
    world = World()
    first, again, thrice = (world.submit(SUITS_2, reason="") for _ in range(3))
    changed = world.submit(SUITS_3)
    night = judged(world)
    assert night.verdict(first) == ("accepted", False, None)
    assert [night.verdict(s) for s in (again, thrice)] == [("accepted_with_warnings", False, None)] * 2
    assert night.verdict(changed) == ("accepted", True, first)
    assert night.one("V31", again).message == (
        "本次报送的各格与此前报送的“1.xlsx”完全相同，没有改变任何数；以此前的判定为准。"
    )
    assert night.one("V31", thrice).message == night.one("V31", again).message
    assert (night.one("V32", again).outcome, night.one("V32", again).note) == ("not_assessable", "由V31说明")


def test_going_back_to_earlier_figures_is_a_change() -> None:
    world = World()
    first, second, back = (world.submit(figures) for figures in (SUITS_2, SUITS_3, SUITS_2))
    night = judged(world)
    assert night.verdict(back) == ("accepted", True, second)
    assert night.one("V31", back).outcome == "pass"
    assert night.verdict(first)[1:] == (False, None)


def test_a_held_version_between_two_equal_ones_does_not_make_a_change() -> None:
    world = World()
    first, held, again = (world.submit(figures) for figures in (SUITS_2, WRONG, SUITS_2))
    night = judged(world)
    assert [night.verdict(s)[:2] for s in (first, held, again)] == [
        ("accepted", True),
        ("held", False),
        ("accepted_with_warnings", False),
    ]
    assert "“1.xlsx”" in night.one("V31", again).message


def test_a_held_report_sent_again_as_it_was_is_told_so() -> None:
    world = World()
    world.submit(WRONG)
    again = world.submit(WRONG)
    night = judged(world)
    assert night.one("V31", again).outcome == "fail"
    assert night.verdict(again) == ("held", False, None)


def test_the_same_figures_without_what_held_them_are_a_correction() -> None:
    world = World()
    first = world.submit(SUITS_2)
    world.problem("V21", first)
    second = world.submit(SUITS_2)
    night = judged(world)
    assert night.verdict(first)[0] == "held"
    assert night.one("V31", second).outcome == "pass"
    assert night.verdict(second) == ("accepted", True, None)


def test_a_blank_and_a_zero_are_different_figures() -> None:
    world = World()
    world.submit({"fj_suits": 0, "fj_suits[cumulative]": 0})
    second = world.submit({"fj_suits": 0, "fj_suits[cumulative]": "not_applicable"})
    assert judged(world).verdict(second)[1] is True


def test_nothing_to_report_said_twice_and_then_a_table() -> None:
    world = World()
    first, again = world.submit(nil=True), world.submit(nil=True)
    table = world.submit(SUITS_2)
    night = judged(world)
    assert [night.verdict(s)[1:] for s in (first, again, table)] == [(False, None), (False, None), (True, first)]


def test_another_year_or_edition_is_no_resubmission() -> None:
    world = World()
    world.submit(SUITS_2)
    other = world.submit({"fj_suits": 1, "fj_suits[cumulative]": 3}, year=2018, reason="")
    assert judged(world).one("V32", other).note == "首次报送"
