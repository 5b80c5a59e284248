"""Adding a rule is adding a row: one that no code knows is loaded, compiled and judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.rule import load_rules
from tests.rules.rule_world import World, judged

ROW = """
rules:
  - {rule_id: Y01, family: Y01, version: 1, editions: [gb_2019], years: [2020, 2020], severity: warning,
     substitute: {x: [license, penalty]}, when: [{cell: 'g19_{x}_items_prev', is: positive}],
     equation: 'g19_{x}_decisions < 2 * prior(g19_{x}_decisions) + g19_{x}_items_delta',
     sentence: '“{left}”是{lhs}，不小于{rhs}（{when}；{figures}）。', mend: 核对。, source: 测试用}
"""


@pytest.mark.parametrize(("decisions", "outcome"), [(16, "pass"), (17, "fail")])
def test_a_row_that_is_not_in_the_catalogue(tmp_path: Path, decisions: int, outcome: str) -> None:
    (tmp_path / "y.yaml").write_text(ROW, encoding="utf-8")
    rules = load_rules(tmp_path)
    assert not {rule.rule_id for rule in rules} & {rule.rule_id for rule in load_rules()}
    world = World()
    world.submit({"g19_license_decisions": 10}, form="gb_2019", year=2019)
    figures = {"g19_license_decisions": decisions, "g19_license_items_delta": -3, "g19_license_items_prev": 4}
    world.submit(figures, form="gb_2019", year=2020)
    night = judged(world, rules)
    found = night.one("Y01", "sub2", "annual/g19_license_decisions")
    assert (found.outcome, found.lhs, found.rhs) == (outcome, decisions, 17)
    if outcome == "fail":
        assert found.message == (
            "“行政许可｜处理决定数量”是17，不小于17（行政许可｜上一年项目数量4；行政许可｜处理决定数量17、"
            "上年行政许可｜处理决定数量10、行政许可｜本年增/减-3）。"
        )
    asked = night.one("Y01", "sub2", "annual/g19_penalty_decisions")
    assert (asked.outcome, asked.note) == ("not_assessable", "“行政处罚｜上一年项目数量”不大于零，不需此条")
    assert night.of("Y01", "sub1") == {}
