"""The published report of Xiamen 2017, table and prose read from the sample workbook: what is known of it comes out.

``tests/data/xiamen_2017_checks.csv`` has a row for each outcome: ``seed`` is the line of the published list of checks
that it answers (shared/data/seed_checks.csv, in the order there).
"""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.readers import read_file
from tests.rules.rule_world import Judged, Outcome, World, judged

ROOT = Path(__file__).parents[2]
WORKBOOK = ROOT / "samples" / "inbox" / "XMP00001" / "2017年度政府信息公开统计表.xlsx"
SEED = ROOT.parent / "shared" / "data" / "seed_checks.csv"
with (ROOT / "tests" / "data" / "xiamen_2017_checks.csv").open(encoding="utf-8", newline="") as _file:
    CHECKS = list(csv.DictReader(_file))
# what the published list prints as the result: outcome, severity (None: any) and how the note begins
RESULTS = {
    "PASS": ("pass", None, ""),
    "FAIL": ("fail", None, ""),
    "FAIL(warning)": ("fail", "warning", ""),
    "TRUNC": ("fail", "warning", "截断"),
    "不完备": ("fail", "info", "不完备"),
    "info": ("fail", "info", ""),
    "口径": ("pass", "warning", "口径"),
    "warning": ("fail", "warning", ""),
    "不可验": ("not_assessable", None, "不可验"),
}


@pytest.fixture(scope="module")
def night() -> Judged:
    (submission,) = read_file(WORKBOOK.read_bytes(), WORKBOOK.name).submissions
    world = World()
    world.read(submission, organ="CITY", basis="published")
    return judged(world)


def _decimal(text: str) -> Decimal | None:
    return Decimal(text) if text else None


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check['rule_id']}-{check['scope']}")
def test_the_report_comes_out_as_known(night: Judged, check: dict[str, str]) -> None:
    found = night.one(check["rule_id"], scope=check["scope"])
    assert (found.outcome, found.severity) == (check["outcome"], check["severity"])
    expected = tuple(_decimal(check[side]) for side in ("lhs", "rhs", "difference"))
    assert (found.lhs, found.rhs, found.difference) == expected
    if check["scope"] == "annual/period":
        cases = re.findall(r"（(\d+)）截至([\d-]+)", found.note)
        assert cases == [
            *((number, "2017-10-31") for number in ("193", "9", "112")),
            *((number, "2017-11-30") for number in ("673", "517", "5422", "5397", "25")),
        ]
    else:
        assert found.note == check["note"]


def test_nothing_else_is_found(night: Judged) -> None:
    known = {(check["rule_id"], check["scope"]) for check in CHECKS if check["outcome"] == "fail"}
    found = {(o.rule_id, o.scope) for o in night.outcomes if o.outcome in ("fail", "uncertain")}
    # the register of these tests does not know the city's name
    assert found - known == {("N05a", "annual/nar_title_organ")}
    assert known - found == set()
    # what was hit: 1370 received is the table's total of requests, 1366 accepted its total of replies
    basis = {o.scope: o.note for o in night.outcomes if o.rule_id == "N01"}
    assert basis["annual/nar_req_received"] == "口径：表内“受理政府信息公开申请总数”"
    assert basis["annual/nar_req_accepted"] == "口径：表内“对申请的答复总数”"


def test_no_line_of_the_published_list_is_forgotten(night: Judged) -> None:
    if not SEED.exists():
        pytest.skip("../shared/data/seed_checks.csv is not there to compare with")
    with SEED.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {int(check["seed"]) for check in CHECKS} == set(range(1, len(lines) + 1))
    for number, line in enumerate(lines, start=1):
        mine = [night.one(c["rule_id"], scope=c["scope"]) for c in CHECKS if int(c["seed"]) == number]
        outcome, severity, note = RESULTS[line["result"]]
        first = mine[0]
        assert (first.outcome, first.note[: len(note)]) == (outcome, note), line
        assert severity in (None, first.severity), line
        assert _printed_as(first, line), line
        if line["diff"]:
            assert first.difference == Decimal(line["diff"]), line


def _printed_as(found: Outcome, line: dict[str, str]) -> bool:
    """Whether both sides are the list's, to the decimals that it prints; of words only the first number counts."""
    for side, value in (("lhs", found.lhs), ("rhs", found.rhs)):
        match = re.search(r"-?\d+(?:\.\d+)?(?=%|$|期|件)", line[side])
        if match is None:
            continue
        wanted = Decimal(match[0])
        if value is None:
            return False
        decimals = min(-int(wanted.as_tuple().exponent), 4)
        if round(value, decimals) != round(wanted, decimals):
            return False
    return True


def test_the_witnesses_of_the_refused_replies_are_counted(night: Judged) -> None:
    rows = night.connection.execute(
        "SELECT rule_id, scope, kind, indicator_code, measure, suggested_value, message FROM stage.explanation"
        " WHERE rule_id LIKE 'N%' ORDER BY rule_id, position"
    ).fetchall()
    said = (
        "正文“不予公开”为119；表内“3.不予公开答复数”为199；正文“不予公开所占份额”14.57%乘正文“办结/答复数”为199；"
        "闭合关系F03为199。3比1，正文“不予公开”更可能是笔误。"
    )
    slip = ("likelier_wrong", "nar_reply_refused", "annual", 199, "正文“不予公开”更可能印错，应为199。")
    assert rows == [
        ("N02", "annual/nar_share_reply_refused", "witnesses", "", "annual", None, said),
        ("N02", "annual/nar_share_reply_refused", *slip),
        ("N06", "annual/nar_reply_refused", "witnesses", "", "annual", None, said),
        ("N06", "annual/nar_reply_refused", *slip),
    ]
