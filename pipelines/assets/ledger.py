"""Step 3: every rule on every submission, and what becomes of each."""

from __future__ import annotations

from typing import Final

import dagster as dg

from pipelines.assets.keys import OWNERS, RULE_LEDGER, SUBMITTED_CELLS, rows_shown
from pipelines.resources import Night
from warehouse.connection import writer
from warehouse.judge import judge

_OUTCOMES: Final = ("pass", "fail", "uncertain", "not_assessable")
"""each is told every night: a plot has no gap where there was none of it"""


@dg.asset(
    key=RULE_LEDGER,
    deps=[SUBMITTED_CELLS],
    group_name="judging",
    owners=OWNERS,
    kinds={"duckdb", "sql"},
    description="判定：全部规则对全部报表逐一判定（通过、不符、存疑、无从判定），并确定每份报表是否成为正式数。",
)
def rule_ledger(night: dg.ResourceParam[Night]) -> dg.MaterializeResult:
    """Judge all submissions as sets."""
    with writer(night.settings.build_file) as connection:
        judge(connection, night.knowledge.rules, night.knowledge.forms)
        counts = connection.execute(
            "SELECT outcome, count(*) FROM stage.rule_outcome GROUP BY outcome ORDER BY outcome"
        ).fetchall()
        failing = connection.sql("""
            SELECT rule_id, severity, outcome, count(*) AS findings
            FROM stage.rule_outcome WHERE outcome IN ('fail', 'uncertain')
            GROUP BY ALL ORDER BY findings DESC, rule_id""").df()
        held = connection.execute("SELECT count(*) FROM stage.verdict WHERE status = 'held'").fetchone()
    return dg.MaterializeResult(
        metadata=dict.fromkeys(_OUTCOMES, 0)
        | {str(outcome): int(count) for outcome, count in counts}
        | {"held_submissions": int(held[0]) if held else 0}
        | rows_shown(failing)
    )
