"""An organ's assessment: the four rates with what they are made of, the deductions with reason and evidence, the score.

Belongs here: laying out ``mart.assessment`` and ``mart.assessment_deduction``, and saying where the points are from.
Does not belong here: a rate, a deduction (``warehouse/sql/mart``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Self

from pipelines.site.figure import Cell, Column, Table, Value
from pipelines.site.terms import RATES, Row
from schemas.chinese import WORDS

ASSESSMENTS: Final = "SELECT * FROM mart.assessment ORDER BY organ_code, report_year DESC"
DEDUCTIONS: Final = "SELECT * FROM mart.assessment_deduction ORDER BY organ_code, report_year DESC, deduction_code"
_MADE_UP: Final = "made up"
"""so begins the register's word on points that nobody published"""


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the page shows. ``source``: where the points are from, '' where they are made up."""

    rates: Table
    scores: Table
    deductions: Table | None
    source: str

    @classmethod
    def of(cls, organ_code: str, years: Sequence[Row], deductions: Sequence[Row]) -> Self | None:
        """None where the organ is not assessed."""
        if not years:
            return None
        is_made_up = any(_MADE_UP in row["points_status"] for row in (*years, *deductions))
        example = "（示例分值）" if is_made_up else ""
        return cls(
            Table(
                f"organ-{organ_code}-rates",
                "四项指标率",
                (
                    *(Column("年度", "short"), Column("指标率", is_head=True), Column("怎样算")),
                    *(Column("分子", "number"), Column("分母", "number"), Column("率", "rate"), Column("说明")),
                ),
                [line for row in years for line in _rates(row)],
            ),
            Table(
                f"organ-{organ_code}-scores",
                f"得分{example}",
                (
                    *(Column("年度", is_head=True), Column("应报", "number"), Column("已到期", "number")),
                    *(Column("满分", "number"), Column("扣分", "number"), Column("得分", "number")),
                ),
                [_score(row) for row in years],
            ),
            Table(
                f"organ-{organ_code}-deductions",
                f"扣分{example}",
                (
                    *(Column("年度", "short"), Column("扣分项", is_head=True), Column("数量", "number")),
                    *(Column("扣分", "number"), Column("原因"), Column("依据")),
                ),
                [_deduction(row) for row in deductions],
            )
            if deductions
            else None,
            "" if is_made_up else years[0]["points_status"],
        )


def _rates(row: Row) -> Iterator[tuple[Value | Cell, ...]]:
    for rate, made_of in RATES.items():
        code = rate.removesuffix("_rate")
        yield (
            *(row["report_year"], WORDS["rate_code"][rate], made_of),
            *(row[f"{code}_numerator"], row[f"{code}_denominator"], row[rate], row[f"{code}_note"]),
        )


def _score(row: Row) -> tuple[Value | Cell, ...]:
    score = row["score"] if row["score"] is not None else Cell("未到期" if row["full_score"] is not None else "—")
    return (
        *(row["report_year"], row["duties"], row["duties_due"]),
        *(row["full_score"], row["total_deduction"], score),
    )


def _deduction(row: Row) -> tuple[Value | Cell, ...]:
    return (
        *(row["report_year"], row["deduction_name"], row["counted"]),
        *(row["points"], row["reason"], row["evidence"]),
    )
