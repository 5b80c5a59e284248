"""What hangs on the errors: the likelier wrong cell, confused applicants, joined digits, since when a sum is off."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.published_figures import ANNEX_2017
from tests.rules.rule_world import Judged, World, judged
from tests.rules.test_published_figures import XIAMEN_FIGURES

COLUMNS = ("natural_person", "business", "research", "public_interest", "legal_service", "other_org")


@dataclass(frozen=True)
class Explanation:
    """One line of stage.explanation."""

    rule_id: str
    scope: str
    kind: str
    cell: tuple[str, str, str]
    suggested_value: Decimal | None
    message: str


def explanations(night: Judged, submission_id: str, kinds: str = "") -> list[Explanation]:
    """Those of a submission in order; of ``kinds`` alone where some are named."""
    found = night.connection.execute(
        "SELECT rule_id, scope, kind, indicator_code, applicant_kind, measure, suggested_value, message"
        " FROM stage.explanation WHERE submission_id = ? ORDER BY rule_id, scope, position",
        [submission_id],
    ).fetchall()
    lines = [Explanation(row[0], row[1], row[2], (row[3], row[4], row[5]), row[6], row[7]) for row in found]
    return [line for line in lines if not kinds or line.kind in kinds.split()]


def suspected(night: Judged, submission_id: str) -> dict[tuple[str, str, str], tuple[str, Decimal | None]]:
    """cell -> (likelier_wrong or tied, suggested value)"""
    cells = explanations(night, submission_id, "likelier_wrong tied")
    return {line.cell: (line.kind, line.suggested_value) for line in cells}


# precision and recall -------------------------------------------------------------------------------------------------

CLEAN = {
    "suqian_2023": {},
    "suqian_2024": {},
    "hongze_2024": {"variant": "one_row_other"},
}
"""Published tables of which every cell of the matrix and of the disputes stands in an equality that holds."""
ORGAN_OF = {"suqian_2023": "DEPT", "suqian_2024": "DEPT", "hongze_2024": "DEPT2"}


def _off_by_one(text: str, chance: random.Random) -> str:
    return str(int(text) + (chance.choice((-1, 1)) if int(text) else 1))


def _wrong_digit(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    return text[:place] + chance.choice([digit for digit in "0123456789" if digit != text[place]]) + text[place + 1 :]


def _transposition(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) - 1) if len(text) > 1 else 0
    return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]


def _dropped_digit(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    return text[:place] + text[place + 1 :] or "0"


def _doubled_digit(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text))
    return text[: place + 1] + text[place:]


SLIPS = (_off_by_one, _wrong_digit, _transposition, _dropped_digit, _doubled_digit)


def _slip(cells: Sequence[Mapping[str, Any]], chance: random.Random) -> tuple[Mapping[str, Any], Decimal]:
    """A cell and what somebody types there instead."""
    while True:
        cell = chance.choice(cells)
        typed = Decimal(chance.choice(SLIPS)(f"{cell['value']:.0f}", chance))
        if typed != cell["value"]:
            return cell, typed


def _with_slips(world: World, original: str, name: str, *slips: tuple[Mapping[str, Any], Decimal]) -> None:
    """A copy of a submission with some cells mistyped."""
    (source,) = [s for s in world.submissions if s["submission_id"] == original]
    world.submissions.append(source | {"submission_id": name, "sequence": len(world.submissions) + 1})
    typed = {cell["position"]: value for cell, value in slips}
    world.cells += [
        cell | {"submission_id": name, "value": typed.get(cell["position"], cell["value"])}
        for cell in world.cells
        if cell["submission_id"] == original
    ]


def test_clean_published_tables_have_no_error_and_nothing_to_explain() -> None:
    world = World()
    clean = [world.publish(name, organ=ORGAN_OF[name], **options) for name, options in CLEAN.items()]
    clean.append(world.publish("shanghai_2019", organ="OFFICE"))
    clean.append(world.submit({key: value for key, value in XIAMEN_FIGURES.items() if not key.startswith("nar_")}))
    night = judged(world)
    errors = [o for o in night.outcomes if o.outcome == "fail" and o.severity == "error"]
    assert errors == []
    lines = [line for submission in clean for line in explanations(night, submission)]
    # Xiamen's inherited warnings are dated, and nobody is named for them
    assert [(line.rule_id, line.kind) for line in lines] == [("F02", "inherited"), ("F04", "inherited")]
    assert [night.one(rule, submission).outcome for rule in ("M07", "M08") for submission in clean[:4]] == ["pass"] * 8


def test_every_cell_of_the_2021_edition_that_stands_in_an_equation() -> None:
    world = World()
    clean = world.publish("suqian_2024", organ="CITY")
    slips = [cell for cell in world.cells if not cell["indicator_code"].startswith("a20_")]
    for number, slip in enumerate(slips):
        _with_slips(world, clean, f"slip{number}", (slip, slip["value"] + 1))
    night = judged(world)
    unique = tied = 0
    for number, slip in enumerate(slips):
        key = (slip["indicator_code"], slip["applicant_kind"], slip["measure"])
        found = suspected(night, f"slip{number}")
        if slip["applicant_kind"]:
            assert found == {key: ("likelier_wrong", slip["value"])}
            unique += 1
        else:
            assert found[key] == ("tied", slip["value"])
            assert {kind for kind, _ in found.values()} == {"tied"}
            assert {cell[0].rpartition("_")[0] for cell in found} == {key[0].rpartition("_")[0]}
            tied += 1
    assert (unique, tied) == (175, 15)


def test_five_hundred_seeded_slips_are_found_and_named() -> None:
    chance = random.Random(20240331)
    world = World()
    tables = []
    for name, options in CLEAN.items():
        submission = world.publish(name, organ=ORGAN_OF[name], **options)
        cells = [cell for cell in world.cells if cell["submission_id"] == submission]
        tables.append((submission, [cell for cell in cells if not cell["indicator_code"].startswith("a20_")]))
    slips = []
    for number in range(500):
        original, cells = chance.choice(tables)
        slip, typed = _slip(cells, chance)
        slips.append(slip)
        _with_slips(world, original, f"slip{number}", (slip, typed))
    night = judged(world)
    missed, wrong = [], []
    named: Counter[tuple[str, str]] = Counter()
    for number, slip in enumerate(slips):
        submission = f"slip{number}"
        key = (slip["indicator_code"], slip["applicant_kind"], slip["measure"])
        found = suspected(night, submission)
        if night.verdict(submission)[0] != "held":
            missed.append(key)
        kind, value = found.get(key, ("", None))
        told_apart = len(found) == 1 and kind == "likelier_wrong"
        if value != slip["value"] or (slip["applicant_kind"] and not told_apart):
            wrong.append((key, found))
        named["matrix" if slip["applicant_kind"] else "disputes", kind] += 1
        others = explanations(night, submission, "misclassified digits made_this_year inherited")
        named.update(("another reason", line.kind) for line in others)
    assert (missed, wrong) == ([], [])
    # a lone sum of the disputes cannot tell, unless the other cells would have to be negative
    assert named == {("matrix", "likelier_wrong"): 439, ("disputes", "likelier_wrong"): 7, ("disputes", "tied"): 54}


def test_where_two_or_three_cells_are_wrong_no_other_is_named() -> None:
    chance = random.Random(20240331)
    world = World()
    clean = world.publish("suqian_2024", organ="DEPT")
    cells = [cell for cell in world.cells if cell["applicant_kind"]]
    slips = []
    for number in range(200):
        typed = {id(cell): (cell, value) for cell, value in (_slip(cells, chance) for _ in range(2 + number % 2))}
        slips.append({(c["indicator_code"], c["applicant_kind"], c["measure"]): c["value"] for c, _ in typed.values()})
        _with_slips(world, clean, f"slip{number}", *typed.values())
    night = judged(world)
    right = wrong = 0
    for number, truth in enumerate(slips):
        for cell, (kind, value) in suspected(night, f"slip{number}").items():
            if kind == "likelier_wrong":
                right += truth.get(cell) == value
                wrong += truth.get(cell) != value
    assert (right, wrong) == (360, 0)


# blanks ---------------------------------------------------------------------------------------------------------------


def test_a_slip_in_a_row_whose_total_is_blank_is_found_through_the_total_that_follows() -> None:
    world = World()
    clean = world.publish("shanghai_2019", organ="OFFICE")
    (slip,) = [
        cell
        for cell in world.cells
        if (cell["indicator_code"], cell["applicant_kind"]) == ("res_granted", "natural_person")
    ]
    _with_slips(world, clean, "slip", (slip, slip["value"] + 10))
    night = judged(world)
    # the blank total is 282 with it, and so the column of totals no longer closes either
    assert {scope: o.difference for scope, o in night.of("M02", "slip").items() if o.outcome == "fail"} == {
        "annual/natural_person": -10,
        "annual/total": -10,
    }
    found = suspected(night, "slip")
    assert found["res_granted", "natural_person", "annual"] == ("tied", slip["value"])
    # the other rows without a printed total would explain it as well; a row whose total is printed would not
    assert {(kind, column) for (_, column, _), (kind, _) in found.items()} == {("tied", "natural_person")}
    assert len(found) == 7
    assert night.derived("slip").keys() >= {(code, "total") for code, _, _ in found}


def test_a_figure_left_out_is_a_blank_with_a_suggestion() -> None:
    world = World()
    submission = world.submit({"rev_total": 11, "rev_upheld": 10, "rev_corrected": "blank"}, form="gb_2021", year=2023)
    found = explanations(judged(world), submission, "tied")
    assert {line.cell[0]: line.suggested_value for line in found} == {
        "rev_total": 10,
        "rev_upheld": 11,
        "rev_corrected": 1,
        "rev_other": 1,
        "rev_pending": 1,
    }
    (blank,) = [line for line in found if line.cell[0] == "rev_corrected"]
    assert blank.message == (
        "“行政复议｜结果纠正”空着，如果错在这一格，应为1，T01即成立；仅凭核对关系分不出是哪一格，请对照台账。"
    )


def test_hongze_2023_printed_a_zero_that_only_the_total_can_explain() -> None:
    world = World()
    submission = world.publish("hongze_2023", organ="AREA", basis="consolidated", variant="one_row_other")
    night = judged(world)
    reviews = [line for line in explanations(night, submission) if line.rule_id == "T01"]
    assert [(line.kind, line.cell[0], line.suggested_value) for line in reviews] == [
        ("likelier_wrong", "rev_total", 11)
    ]
    assert reviews[0].message == "“行政复议｜总计”填的是0，多半填错，应为11：只改这一格，T01即成立。"
    # 5 upheld against a total of 0: either
    assert suspected(night, submission)[("suit_after_upheld", "", "annual")] == ("tied", 0)
    assert suspected(night, submission)[("suit_after_total", "", "annual")] == ("tied", 5)


def test_two_slips_far_apart_each_get_their_own_answer() -> None:
    world = World()
    clean = world.publish("suqian_2024", organ="CITY")
    by_cell = {(cell["indicator_code"], cell["applicant_kind"]): cell for cell in world.cells}
    first, second = by_cell["req_new", "business"], by_cell["res_granted", "total"]
    _with_slips(world, clean, "slip", (first, first["value"] + 30), (second, second["value"] - 4))
    assert suspected(judged(world), "slip") == {
        ("req_new", "business", "annual"): ("likelier_wrong", first["value"]),
        ("res_granted", "total", "annual"): ("likelier_wrong", second["value"]),
    }


# applicants and digits ------------------------------------------------------------------------------------------------

ONE_REQUEST_UNDER_TWO_KINDS = {
    # made up after 洋河新区2025: 自然人 -1, 其他 +1, and every row adds up
    "req_new[natural_person]": 40, "req_new[other_org]": 3, "req_new[total]": 43,
    "res_total[natural_person]": 41, "res_total[other_org]": 2, "res_total[total]": 43,
    "res_granted[natural_person]": 41, "res_granted[other_org]": 2, "res_granted[total]": 43,
}  # fmt: skip


def test_two_columns_off_by_opposite_amounts_are_one_misclassification() -> None:
    world = World()
    submission = world.submit(ONE_REQUEST_UNDER_TWO_KINDS, form="gb_2021", year=2025)
    night = judged(world)
    assert night.remarks(submission) == {
        ("M01", "annual/natural_person"): ("fail", -1),
        ("M01", "annual/other_org"): ("fail", 1),
        ("M07", ""): ("fail", None),
    }
    lines = explanations(night, submission)
    assert [(line.rule_id, line.scope, line.kind) for line in lines] == [
        ("M01", "annual/natural_person", "misclassified"),
        ("M01", "annual/other_org", "misclassified"),
    ]
    words = (
        "“其他”一列的本年新收加上年结转比办理结果总计加结转下年度多1件，“自然人”一列正好少1件，而各行总计都对得上："
        "多半是有1件归错了申请人类别，本年新收加上年结转记在“其他”，办理结果总计加结转下年度记在“自然人”。"
        "请核对这1件的申请人，改为同一类别，两列即都成立。"
    )
    assert [line.message for line in lines] == [words, words]
    assert night.one("M07", submission).message == words
    assert night.one("M07", submission).severity == "info"
    assert night.verdict(submission)[0] == "held"


def test_opposite_gaps_are_no_misclassification_where_a_row_does_not_add_up() -> None:
    world = World()
    broken = world.submit(ONE_REQUEST_UNDER_TWO_KINDS | {"req_new[total]": 44}, form="gb_2021", year=2025)
    # three columns of the same size: which two belong together cannot be told
    several = world.submit(
        ONE_REQUEST_UNDER_TWO_KINDS
        | {"req_new[business]": 1, "req_new[total]": 44, "req_carried_out[total]": 1, "req_carried_out[research]": 1},
        form="gb_2021",
        year=2025,
    )
    night = judged(world)
    assert [night.one("M07", submission).outcome for submission in (broken, several)] == ["pass", "pass"]
    assert explanations(night, broken, "misclassified") == explanations(night, several, "misclassified") == []


def _joined(first: Any, second: Any) -> dict[str, Any]:
    return {
        "req_new[natural_person]": first, "req_new[business]": second, "req_new[total]": 15,
        "res_total[natural_person]": 12, "res_total[business]": 3, "res_total[total]": 15,
        "res_granted[natural_person]": 12, "res_granted[business]": 3, "res_granted[total]": 15,
    }  # fmt: skip


@pytest.mark.parametrize(("first", "second"), [(123, 0), (0, 123), (1, 23)])
def test_digits_of_neighbouring_columns_printed_in_the_wrong_cell(first: int, second: int) -> None:
    world = World()
    submission = world.submit(_joined(first, second), form="gb_2021", year=2024)
    night = judged(world)
    lines = explanations(night, submission, "digits")
    assert [(line.rule_id, line.scope) for line in lines] == [
        ("M01", "annual/business"),
        ("M01", "annual/natural_person"),
        ("M03", "annual/req_new"),
    ]
    row = "一、本年新收政府信息公开申请数量"
    assert lines[0].message == (
        f"相邻两格“{row}｜自然人”填的是{first}、“{row}｜商业企业”填的是{second}，像是数字并到一格或拆错了位置："
        f"依次改为12和3后，M01（自然人）、M03（{row}）、M01（商业企业）3条都成立。请对照原件。"
    )
    assert night.one("M08", submission).message == lines[0].message
    assert suspected(night, submission) == {}


def test_a_blank_beside_joined_digits() -> None:
    world = World()
    submission = world.submit(_joined(123, "blank"), form="gb_2021", year=2024)
    night = judged(world)
    # the second column is not judged: its blank may be any number
    assert night.one("M01", submission, "annual/business").outcome == "uncertain"
    lines = explanations(night, submission, "digits")
    assert [(line.rule_id, line.scope) for line in lines] == [
        ("M01", "annual/natural_person"),
        ("M03", "annual/req_new"),
    ]
    assert "｜自然人”填的是123、" in lines[0].message
    assert "｜商业企业”空着，像是数字并到一格或拆错了位置：依次改为12和3后，" in lines[0].message


def test_a_nil_report_has_no_columns_to_confuse() -> None:
    world = World()
    submission = world.submit(form="gb_2021", year=2024, nil=True)
    night = judged(world)
    assert [(night.one(rule, submission).outcome, night.one(rule, submission).note) for rule in ("M07", "M08")] == [
        ("not_assessable", "零报告"),
        ("not_assessable", "零报告"),
    ]


# since when -----------------------------------------------------------------------------------------------------------


def dated(night: Judged, submission_id: str) -> dict[tuple[str, str], dict[str, str]]:
    """(rule, scope) -> kind -> message"""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for line in explanations(night, submission_id, "made_this_year inherited"):
        found.setdefault((line.rule_id, line.scope), {})[line.kind] = line.message
    return found


def test_xiamen_2017_made_42_and_inherited_the_rest() -> None:
    world = World()
    city = world.submit(XIAMEN_FIGURES, organ="CITY", basis="published")
    found = dated(judged(world), city)
    assert {key: list(kinds) for key, kinds in found.items()} == {
        ("F02", "cumulative"): ["inherited"],
        ("F04", "cumulative"): ["inherited"],
        ("F12a", "annual"): ["made_this_year"],
        ("F12b", "cumulative"): ["made_this_year"],
        ("F12c", "cumulative"): ["inherited"],
    }
    made = (
        "本年度列与历年累计列的差额相同（都是42）：是本年造成的，不是以前年度带来的"
        "（累计减本年度，倒推的2016年累计列：382720＋114774＝497494，正好平）。"
    )
    assert found["F12a", "annual"]["made_this_year"] == found["F12b", "cumulative"]["made_this_year"] == made
    assert found["F12c", "cumulative"]["inherited"] == (
        "本年度列是平的，差额9只在历年累计列：多半是2016年或更早带来的"
        "（累计减本年度，倒推的2016年累计列：994＋4148，得5142，另一边为5133，相差9）。"
        "2016年没有可以对照的同一项核对，无从印证。"
    )
    assert "差额-92只在" in found["F02", "cumulative"]["inherited"]
    assert "1605＋2309＋1127，得5041，另一边为5133，相差92" in found["F02", "cumulative"]["inherited"]
    assert "差额1只在" in found["F04", "cumulative"]["inherited"]
    assert "得5086，另一边为5085，相差1" in found["F04", "cumulative"]["inherited"]


ANNEX_2016 = {f"{code}[cumulative]": total - year for code, (year, total) in ANNEX_2017.items()}
"""The cumulative column that Xiamen's 2017 report implies for 2016."""


@pytest.mark.parametrize(
    ("requests_before", "kinds", "words"),
    [
        (5133, ["inherited"], "在案的2016年累计列已差-92，本年原样带了过来：不是本年造成的"),
        (5041, ["made_this_year"], "在案的2016年累计列差0，本年度列差0：其中-92是本年填报造成的，错在累计列。"),
        (5100, ["made_this_year", "inherited"], "在案的2016年累计列差-59，本年度列差0：其中-33是本年填报造成的"),
    ],
)
def test_last_years_report_confirms_or_contradicts(requests_before: int, kinds: list[str], words: str) -> None:
    world = World()
    world.submit(ANNEX_2016 | {"fj_req_total[cumulative]": requests_before}, year=2016, organ="CITY", basis="published")
    city = world.submit(XIAMEN_FIGURES, organ="CITY", basis="published")
    found = dated(judged(world), city)["F02", "cumulative"]
    assert list(found) == kinds
    assert words in found[kinds[0]]


def test_unequal_gaps_are_divided_between_this_year_and_before() -> None:
    world = World()
    submission = world.submit(
        {
            "fj_req_total": 100, "fj_req_online": 105,
            "fj_req_total[cumulative]": 500, "fj_req_online[cumulative]": 512,
        }
    )  # fmt: skip
    found = dated(judged(world), submission)
    made = (
        "历年累计列共差12，其中5与本年度列的差额相同，是本年造成的"
        "（累计减本年度，倒推的2016年累计列：0＋407＋0，得407，另一边为400，相差7）。"
    )
    assert found == {
        ("F01", "annual"): {"made_this_year": made},
        ("F02", "cumulative"): {
            "made_this_year": made,
            "inherited": "历年累计列共差12，本年度列差5：其余7多半是2016年或更早带来的"
            "（累计减本年度，倒推的2016年累计列：0＋407＋0，得407，另一边为400，相差7）。",
        },
    }


def test_a_step_from_last_year_that_fails_is_dated_by_the_sums_it_takes_part_in() -> None:
    figures = {"fj_req_total": 10, "fj_req_online": 10, "fj_req_total[cumulative]": 60, "fj_req_online[cumulative]": 60}
    world = World()
    # 2016 as filed by two departments: one was already wrong by 3, the other was right and 2017 is wrong by 3
    for organ, online_before, online_now in (("DEPT", 47, 60), ("DEPT2", 50, 63)):
        world.submit(
            {"fj_req_total[cumulative]": 50, "fj_req_online[cumulative]": online_before}, year=2016, organ=organ
        )
        world.submit(figures | {"fj_req_online[cumulative]": online_now}, organ=organ)
    night = judged(world)
    scope = "cumulative/fj_req_online"
    assert [night.one("F07", submission, scope).difference for submission in ("sub2", "sub4")] == [3, 3]
    assert dated(night, "sub2")["F07", scope] == {
        "inherited": "本年累计减本年度的各项合得上，在案的2016年累计列却差-3（F02）：多半错在上年报表，请先更正上年。"
    }
    assert dated(night, "sub4")["F07", scope] == {
        "made_this_year": "在案的2016年累计列合得上，本年累计减本年度的各项却差3（F02）：多半错在本年报表。"
    }
    # only in the second does a sum of this report point at the cell
    assert suspected(night, "sub2") == {}
    assert suspected(night, "sub4") == {("fj_req_online", "", "cumulative"): ("likelier_wrong", 60)}


def test_a_lone_step_from_last_year_names_no_cell() -> None:
    world = World()
    world.submit({"fj_suits[cumulative]": 30}, year=2016)
    submission = world.submit({"fj_suits": 23, "fj_suits[cumulative]": 54})
    night = judged(world)
    assert night.one("F07", submission, "cumulative/fj_suits").difference == 1
    assert explanations(night, submission) == []


def test_an_inherited_warning_does_not_hide_the_slip_of_this_year() -> None:
    world = World()
    world.submit(ANNEX_2016, year=2016)
    slipped = {
        f"{code}[{measure}]": figure
        for code, pair in ANNEX_2017.items()
        for measure, figure in zip(("annual", "cumulative"), pair, strict=True)
    } | {"fj_req_online[annual]": 979}
    submission = world.submit(slipped)
    night = judged(world)
    # X02: the annual column of 2016 is not known here and stands at zero
    assert {key[0] for key in night.remarks(submission)} == {"F01", "F02", "F04", "F07", "X02"}
    assert suspected(night, submission) == {("fj_req_online", "", "annual"): ("likelier_wrong", 797)}


def test_a_bound_is_no_suggested_value() -> None:
    world = World()
    submission = world.submit({"fj_suits": 53, "fj_suits[cumulative]": 23})
    lines = explanations(judged(world), submission)
    assert [(line.cell, line.kind, line.suggested_value) for line in lines] == [
        (("fj_suits", "", "cumulative"), "tied", None),
        (("fj_suits", "", "annual"), "tied", None),
    ]
    assert "填的是23，如果错在这一格，应不小于53，F06（" in lines[0].message
    assert "填的是53，如果错在这一格，应不大于23，F06（" in lines[1].message


def test_figures_of_fourteen_digits_stop_no_night() -> None:
    largest = 99999999999999
    world = World()
    submission = world.submit(
        {"fj_req_total": 0, "fj_req_online": largest, "fj_req_in_person": largest, "fj_req_total[cumulative]": largest},
    )
    world.submit({"rev_total": largest, "rev_upheld": 1}, form="gb_2021", year=2023)
    world.submit({"rev_total": largest - 1, "rev_upheld": 1}, form="gb_2021", year=2023)
    night = judged(world)
    assert night.one("F01", submission).outcome == "fail"
    assert suspected(night, submission) == {}
    # a side of more digits than a published figure has is no ground for a suggestion
    assert suspected(night, "sub2") == {}
    assert suspected(night, "sub3")["rev_total", "", "annual"] == ("tied", 1)
