"""What a decision does: whom it frees, when it lapses, what it says on the finding, how a finding's states are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from schemas.rule import load_rules
from tests.rules.rule_world import Judged, World, judged
from warehouse.build import build_table, load_rows

OPEN_5 = {"fj_req_total": 5, "fj_req_total[cumulative]": 5, "fj_req_online[cumulative]": 5}
"""F01, an error: the three channels of the year are 0, their total is 5"""
OPEN_6 = dict.fromkeys(OPEN_5, 6)
CLOSED = {"fj_req_total[cumulative]": 5, "fj_req_online[cumulative]": 5}
F01 = ("F01", "annual")
ACCEPTED = "张三（2018-02-01）按原样接受：原表如此"
NIGHT = {
    "night": 3, "built_at": datetime(2018, 3, 1), "code_version": "1", "rules_hash": "", "forms_hash": "",
    "register_hash": "", "changed_since": "", "files_received": 0, "cells_read": 0,
}  # fmt: skip


def found(night: Judged, submission_id: str, rule_id: str, scope: str = "") -> tuple[str, str]:
    """(state, decision note) of a finding."""
    (row,) = (
        tables(night)
        .execute(
            "SELECT state, decision_note FROM core.fct_finding WHERE submission_id = ? AND rule_id = ? AND scope = ?",
            [submission_id, rule_id, scope],
        )
        .fetchall()
    )
    return row


def effects(night: Judged) -> dict[str, tuple[str, str]]:
    """decision -> (effect, note)"""
    rows = tables(night).execute("SELECT decision_id, effect, note FROM core.fct_decision").fetchall()
    return {decision: (effect, note) for decision, effect, note in rows}


def tables(night: Judged) -> Any:
    """The judged night with the tables that decisions show in."""
    connection = night.connection
    if not connection.execute("SELECT * FROM stage.build").fetchall():
        load_rows(connection, "stage.build", [NIGHT])
        for table in ("core.fct_submission", "core.fct_finding", "core.fct_decision", "core.finding_history"):
            build_table(connection, table)
    return connection


def test_what_the_office_accepts_holds_no_more() -> None:
    world = World()
    submission = world.submit(OPEN_5)
    assert judged(world).verdict(submission) == ("held", False, None)
    decision = world.decide(submission, *F01, (0, 5))
    night = judged(world)
    # F02, a warning, was not decided on
    assert night.remarks(submission).keys() == {F01}
    assert night.verdict(submission) == ("accepted", True, None)
    assert found(night, submission, *F01) == ("waived", ACCEPTED)
    assert effects(night) == {decision: ("in_force", "已按原样接受，不再因此扣留")}


def test_another_error_still_holds() -> None:
    world = World()
    submission = world.submit(OPEN_5 | {"fj_open_website": 1, "fj_open_website[cumulative]": 1})
    errors = {key for key, (outcome, _) in judged(world).remarks(submission).items() if outcome == "fail"}
    assert errors > {F01}
    decision = world.decide(submission, *F01, (0, 5))
    night = judged(world)
    assert night.verdict(submission)[0] == "held"
    # held for something else, and still in force: nothing came after it
    assert effects(night)[decision][0] == "in_force"


@pytest.mark.parametrize(
    "changed",
    [
        {"source": "organ"},
        {"decision": "explain"},
        {"problem": "签署人没有填"},
        {"organ_code": "DEPT2"},
        {"report_year": 2016},
        {"form_code": "fj_annex_2009"},
        {"scope": "cumulative"},
        {"rule_id": "F02"},
        {"lhs": Decimal("0.0001")},
        {"rhs": None},
    ],
)
def test_nothing_else_frees_a_submission(changed: dict[str, Any]) -> None:
    world = World()
    submission = world.submit(OPEN_5)
    world.decide(submission, *F01, (0, 5))
    world.decisions[0] |= changed
    night = judged(world)
    assert night.verdict(submission) == ("held", False, None)
    assert found(night, submission, *F01)[0] in {"open", "lapsed"}


def test_an_identical_resubmission_keeps_the_decision() -> None:
    world = World()
    first, again = world.submit(OPEN_5), world.submit(OPEN_5)
    decision = world.decide(first, *F01, (0, 5))
    night = judged(world)
    assert night.verdict(first) == ("accepted", True, None)
    # neither is held, and the later one changes nothing (V31)
    assert night.verdict(again) == ("accepted_with_warnings", False, None)
    assert {found(night, s, *F01)[0] for s in (first, again)} == {"waived"}
    assert effects(night)[decision][0] == "in_force"


def test_other_values_are_held_and_say_what_was_accepted() -> None:
    world = World()
    first, changed = world.submit(OPEN_5), world.submit(OPEN_6)
    decision = world.decide(first, *F01, (0, 5))
    night = judged(world)
    assert night.verdict(first) == ("accepted", True, None)
    assert night.verdict(changed) == ("held", False, None)
    assert found(night, first, *F01) == ("waived", ACCEPTED)
    assert found(night, changed, *F01) == (
        "lapsed",
        "张三（2018-02-01）曾按原样接受（当时是0与5），现已不同，接受失效：原表如此",
    )
    # what was accepted is still official
    assert effects(night)[decision] == ("in_force", "原来的数值仍在案；后来的报表数值不同，对它不适用")


def test_a_corrected_resubmission_leaves_nothing_to_accept() -> None:
    world = World()
    first, corrected = world.submit(OPEN_5), world.submit(CLOSED)
    decision = world.decide(first, *F01, (0, 5))
    night = judged(world)
    assert night.verdict(corrected) == ("accepted", True, first)
    assert found(night, first, *F01)[0] == "waived"
    assert effects(night)[decision] == ("lapsed", "这个问题已经没有了（数值已改正，或者规则、对照的数据有变）")


def test_a_finding_that_came_before_the_accepted_one_has_not_lapsed() -> None:
    world = World()
    before, accepted = world.submit(OPEN_6), world.submit(OPEN_5)
    world.decide(accepted, *F01, (0, 5))
    night = judged(world)
    assert found(night, before, *F01) == ("open", "")
    assert night.verdict(accepted) == ("accepted", True, None)


def test_new_values_may_be_accepted_too_and_the_old_ones_come_back() -> None:
    world = World()
    first, second, third = world.submit(OPEN_5), world.submit(OPEN_6), world.submit(OPEN_5)
    old, new = world.decide(first, *F01, (0, 5)), world.decide(second, *F01, (0, 6))
    night = judged(world)
    assert [night.verdict(s)[0] for s in (first, second, third)] == ["accepted"] * 3
    assert night.verdict(third) == ("accepted", True, second)
    assert effects(night)[old][0] == "in_force"
    assert effects(night)[new] == ("lapsed", "数值已变，决定失效；新的数值要重新决定")


def test_an_accepted_year_is_the_year_before() -> None:
    world = World()
    last = world.submit(OPEN_5, year=2016)
    this = world.submit({"fj_req_total[cumulative]": 6, "fj_req_online[cumulative]": 6}, year=2017)
    scope = "cumulative/fj_req_total"
    assert judged(world).one("F07", this, scope).outcome == "not_assessable"
    world.decide(last, *F01, (0, 5))
    night = judged(world)
    assert night.verdict(last) == ("accepted", True, None)
    against = night.one("F07", this, scope)
    assert (against.outcome, against.lhs, against.rhs) == ("fail", 6, 5)


def test_a_corrected_prior_year_makes_an_acceptance_lapse() -> None:
    world = World()
    world.submit({"fj_req_total[cumulative]": 5, "fj_req_online[cumulative]": 5}, year=2016)
    this = world.submit({"fj_req_total[cumulative]": 7, "fj_req_online[cumulative]": 7}, year=2017)
    scopes = ["cumulative/fj_req_total", "cumulative/fj_req_online"]
    assert set(judged(world).remarks(this)) >= {("F07", scope) for scope in scopes}
    decisions = [world.decide(this, "F07", scope, (7, 5)) for scope in scopes]
    night = judged(world)
    assert night.verdict(this)[1]
    # 2016 is filed again with 4: the finding of 2017 is 7 against 4 now, which nobody accepted
    world.submit({"fj_req_total[cumulative]": 4, "fj_req_online[cumulative]": 4}, year=2016)
    night = judged(world)
    assert night.verdict(this) == ("held", False, None)
    assert found(night, this, "F07", scopes[0]) == (
        "lapsed",
        "张三（2018-02-01）曾按原样接受（当时是7与5），现已不同，接受失效：原表如此",
    )
    assert {effects(night)[decision] for decision in decisions} == {
        ("lapsed", "数值已变，决定失效；新的数值要重新决定")
    }


def test_a_new_version_of_a_rule_keeps_what_was_accepted() -> None:
    world = World()
    submission = world.submit(OPEN_5)
    world.decide(submission, *F01, (0, 5))
    rules = [replace(r, version=2, sentence="另一句话：{rhs}。") if r.rule_id == "F01" else r for r in load_rules()]
    night = judged(world, rules)
    assert night.one("F01", submission, "annual").message == "另一句话：5。"
    assert night.verdict(submission) == ("accepted", True, None)


def test_without_values_the_message_is_what_was_accepted() -> None:
    for message, status, state in (("C17读得不确定。", "accepted", "waived"), ("C17读成8。", "held", "lapsed")):
        world = World()
        submission = world.submit()
        world.problem("V10", submission, scope="annual/fj_suits", message="C17读得不确定。")
        world.decide(submission, "V10", "annual/fj_suits", message=message)
        night = judged(world)
        assert night.verdict(submission)[0] == status
        assert found(night, submission, "V10", "annual/fj_suits")[0] == state


def test_explanations_are_shown_and_free_nothing() -> None:
    world = World()
    submission = world.submit(OPEN_5)
    own = {"source": "organ", "decision": "explain", "signed_by": "李四"}
    first = world.decide(submission, *F01, (0, 5), **own, reason="口径不同")
    last = world.decide(submission, *F01, (0, 5), **own, reason="口径仍不同")
    office = world.decide(submission, *F01, (0, 5), decision="explain", reason="已询问")
    night = judged(world)
    assert night.verdict(submission)[0] == "held"
    assert found(night, submission, *F01) == (
        "open",
        "张三（2018-02-03）说明：已询问；李四（2018-02-02）说明：口径仍不同",
    )
    assert effects(night) == {
        first: ("superseded", f"后来又有同样的决定，以后者 {last} 为准"),
        last: ("in_force", "说明已附在问题上，不影响是否扣留"),
        office: ("in_force", "说明已附在问题上，不影响是否扣留"),
    }


def test_an_explanation_does_not_undo_an_acceptance() -> None:
    world = World()
    submission = world.submit(OPEN_5)
    world.decide(submission, *F01, (0, 5))
    world.decide(submission, *F01, (0, 5), decision="explain", reason="另记")
    world.decide(submission, *F01, (0, 5), source="organ", decision="explain", reason="多谢", signed_by="李四")
    night = judged(world)
    assert night.verdict(submission) == ("accepted", True, None)
    assert found(night, submission, *F01) == (
        "waived",
        f"{ACCEPTED}；张三（2018-02-02）说明：另记；李四（2018-02-03）说明：多谢",
    )


def test_an_explanation_of_other_values_says_so() -> None:
    world = World()
    first, changed = world.submit(OPEN_5), world.submit(OPEN_6)
    decision = world.decide(
        first, *F01, (0, 5), source="organ", decision="explain", reason="口径不同", signed_by="李四"
    )
    night = judged(world)
    assert found(night, changed, *F01) == (
        "open",
        "李四（2018-02-01）的说明针对的是以前的数值（当时是0与5），现已不同，不再适用：口径不同",
    )
    assert found(night, first, *F01) == ("open", "李四（2018-02-01）说明：口径不同")
    assert effects(night)[decision] == ("lapsed", "数值已变，决定失效；新的数值要重新决定")


def test_a_later_acceptance_of_the_same_values_replaces_the_earlier() -> None:
    world = World()
    submission = world.submit(OPEN_5)
    first = world.decide(submission, *F01, (0, 5))
    last = world.decide(submission, *F01, (0, 5), reason="再次核实", signed_by="王五")
    night = judged(world)
    assert found(night, submission, *F01) == ("waived", "王五（2018-02-02）按原样接受：再次核实")
    assert {decision: effect for decision, (effect, _) in effects(night).items()} == {
        first: "superseded",
        last: "in_force",
    }


def test_what_cannot_count_says_why() -> None:
    world = World()
    decision = world.decide(world.submit(OPEN_5), *F01, (0, 5), problem="签署人（signed_by）没有填")
    assert effects(judged(world)) == {decision: ("no_effect", "签署人（signed_by）没有填")}


def test_the_explanation_of_one_broken_file_says_nothing_of_another() -> None:
    world = World()
    world.submit()
    for message in ("文件损坏。", "文件是空的。"):
        world.file()
        world.problem("V01", message=message)
    world.decide("sub1", "V01", message="文件损坏。", decision="explain", reason="磁盘坏了", source="organ")
    world.decisions[0] |= {"submission_id": None, "report_year": None, "form_code": None}
    notes = dict(tables(judged(world)).execute("SELECT message, decision_note FROM core.fct_finding").fetchall())
    assert notes == {"文件损坏。": "张三（2018-02-01）说明：磁盘坏了", "文件是空的。": ""}


def test_the_published_table_is_enough_to_judge_by() -> None:
    """What a check of a file before sending goes by."""
    world = World()
    first = world.submit(OPEN_5)
    world.decide(first, *F01, (0, 5))
    world.decide(first, *F01, (0, 5), reason="再次核实")
    world.decide(first, *F01, (0, 6), problem="签署人（signed_by）没有填")
    published = (
        tables(judged(world))
        .sql("""
            SELECT * EXCLUDE (effect, note), CASE effect WHEN 'no_effect' THEN note ELSE '' END AS problem
            FROM core.fct_decision""")
        .to_arrow_table()
        .to_pylist()
    )
    again = World(decisions=published)
    same, other = again.submit(OPEN_5), again.submit(OPEN_6)
    night = judged(again)
    assert [night.verdict(s)[0] for s in (same, other)] == ["accepted", "held"]
    assert found(night, same, *F01)[0] == "waived"


def chain(night: Judged) -> list[tuple[Any, ...]]:
    """(submission, is_official, superseded_by, official_from, official_to), in the order of versions."""
    connection: duckdb.DuckDBPyConnection = tables(night)
    for table in ("core.fct_cell", "core.submission_chain"):
        build_table(connection, table)
    return connection.execute(
        "SELECT submission_id, is_official, superseded_by, official_from, official_to FROM core.submission_chain"
    ).fetchall()


def test_what_was_accepted_counted_from_the_decision_also_once_it_is_corrected() -> None:
    world = World()
    accepted = world.submit(OPEN_5)
    world.decide(accepted, *F01, (0, 5))
    corrected = world.submit(CLOSED)
    world.files[-1]["received_at"] = datetime(2018, 3, 1)
    assert chain(judged(world)) == [
        (accepted, False, corrected, datetime(2018, 2, 1), datetime(2018, 3, 1)),
        (corrected, True, None, datetime(2018, 3, 1), None),
    ]


def test_what_was_accepted_after_a_later_version_counted_never_counted() -> None:
    world = World()
    first, held, last = world.submit(CLOSED), world.submit(OPEN_5), world.submit()
    world.decide(held, *F01, (0, 5))
    assert chain(judged(world)) == [
        # the decision came on 1 February
        (first, False, held, datetime(2018, 1, 1), datetime(2018, 1, 3)),
        (held, False, last, None, None),
        (last, True, None, datetime(2018, 1, 3), None),
    ]


def test_a_state_is_kept_where_it_changed() -> None:
    world = World()
    submission = world.submit(OPEN_5)
    world.decide(submission, *F01, (0, 5))
    night = judged(world)
    connection = night.connection
    load_rows(connection, "stage.build", [NIGHT | {"changed_since": "规则"}])
    build_table(connection, "core.fct_submission")
    build_table(connection, "core.fct_finding")
    ((waived,),) = connection.execute("SELECT finding_id FROM core.fct_finding").fetchall()
    before = [
        {"finding_id": finding, "night": n, "state": state, "changed_at": datetime(2018, 2, n), "why": "首次发现"}
        for finding, n, state in (
            (waived, 1, "open"),
            ("a" * 12, 1, "open"),
            ("b" * 12, 1, "open"),
            ("b" * 12, 2, "gone"),
        )
    ]
    load_rows(connection, "stage.finding_event", before)
    build_table(connection, "core.finding_history")
    rows = connection.execute(
        'SELECT finding_id, state, "at", why FROM core.finding_history WHERE night = 3 ORDER BY state'
    ).fetchall()
    assert rows == [
        ("a" * 12, "gone", datetime(2018, 3, 1), "不再发现；同夜有变的还有：规则"),
        (waived, "waived", datetime(2018, 3, 1), ACCEPTED),
    ]
    assert connection.execute("SELECT count(*) FROM core.finding_history").fetchall() == [(4 + 2,)]
