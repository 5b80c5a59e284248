"""``docs/cookbook.md``: every question with its SQL and its answer on the samples.

Belongs here: the chapters, which night answers which, and the page. Does not belong here: any question or its SQL
(``warehouse/cookbook/``), the nights themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from pathlib import Path
from typing import Any

import warehouse
from tests.analysts.nights import FIRST_NIGHT, SECOND_NIGHT, Nights
from warehouse.connection import reader

FOLDER = Path(warehouse.__file__).parent / "cookbook"
ROWS_SHOWN = 12
CHAPTERS: dict[str, tuple[str, ...]] = {
    "报送情况": (
        "who_is_missing_and_whom_to_call",
        "who_was_late_and_by_how_many_days",
        "how_far_is_each_district",
        "who_had_no_figures_on_the_deadline",
        "who_lost_points_and_for_what",
        "who_filed_again",
        "zero_blank_or_nil",
        "how_complete_are_the_totals",
    ),
    "公布数与汇总数": (
        "do_published_and_sum_agree",
        "which_published_figures_differ_from_the_sum",
        "where_does_the_published_report_contradict_itself",
        "where_does_a_figure_come_from",
        "what_stands_behind_a_total",
    ),
    "申请的办理": (
        "how_did_requests_end",
        "why_were_requests_refused",
        "who_asks",
        "what_share_is_granted_in_each_district",
        "which_organs_grant_least",
        "how_often_is_a_reply_disputed",
        "who_was_corrected_by_review_or_court",
        "do_stocks_and_flows_fit",
        "whose_carried_over_requests_do_not_match",
    ),
    "增减": (
        "how_did_requests_develop",
        "how_did_a_figure_develop",
        "how_do_two_years_compare",
        "why_did_the_city_change",
        "who_made_the_change",
        "who_moved_most",
        "how_did_the_same_organs_change",
        "how_do_the_districts_compare",
        "why_is_there_no_percentage",
        "which_figures_may_be_compared_across_years",
        "which_organs_were_reorganised",
    ),
    "一个单位、一张表": (
        "what_is_known_of_an_organ",
        "what_did_each_organ_report",
        "what_was_asked_of_one_organ",
    ),
    "问题": (
        "which_errors_are_open_and_how_to_mend_them",
        "which_cell_is_likelier_wrong",
        "what_do_the_rules_find",
        "which_rules_had_nothing_to_judge",
    ),
}
AFTER_CORRECTIONS: dict[str, tuple[str, ...]] = {
    "更正与发布": (
        "what_did_each_release_change",
        "what_was_known_on_a_day",
        "who_changed_figures_after_release",
        "which_totals_changed_direction",
        "which_organs_changed_direction",
        "what_was_accepted_or_explained",
        "what_became_of_the_findings",
        "which_files_were_not_taken_and_why",
    ),
}
"""answered on the second night: after one night nothing has been corrected yet"""
_HEAD = f"""# 常问的问题

由 `make cookbook` 生成，请勿手改。每个问题是 `warehouse/cookbook/` 里的一个文件，可以直接运行：
`gongkai sql -- "$(cat warehouse/cookbook/who_asks.sql)"`，也可以在任何客户端里打开，见 [analysts.md](analysts.md)。

**答案取自样例，不是厦门的真实统计。** 厦门市公布过的全市合计是真的（2016 至 2018 年，见 `samples/README.md`）；
各单位的数、2023 和 2024 年度的全部合计，以及收件时间都是虚构的。

答案是 `make nightly` 在样例上发布的数，夜间定为 {FIRST_NIGHT:%Y-%m-%d}。最后一章“{"".join(AFTER_CORRECTIONS)}”取自
{SECOND_NIGHT:%Y-%m-%d} 的第二夜。两夜之间（虚构）：内厝镇重报，减少 9 件；集美区教育局被扣留的报表由市里准予按原表
采用；市政府办公厅说明一处差额；莲花镇送来一张读不了的图片；同一个文件送了两次。只运行过一夜的库，这一章只有首次发布，
其余为空。

读数时记住：`NULL` 是没有数，不是零；`is_complete` 为 `false` 的合计缺单位，不可当全市数用；率一律用分子之和除以
分母之和。答案超过 {ROWS_SHOWN} 行的只印前 {ROWS_SHOWN} 行。
"""


@dataclass(frozen=True)
class Question:
    """One file of the cookbook."""

    name: str
    chinese: str
    english: str
    sql: str


@dataclass(frozen=True)
class Answer:
    """What a question yields: the columns and all rows, as the page prints them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def load(name: str) -> Question:
    """A line in Chinese, one or more in English, the SQL below them. Raises ValueError where the file has not these."""
    lines = (FOLDER / f"{name}.sql").read_text(encoding="utf-8").splitlines()
    head = [line.removeprefix("-- ") for line in takewhile(lambda line: line.startswith("-- "), lines)]
    if len(head) < 2 or "？" not in head[0]:
        raise ValueError(f"{name}.sql does not begin with its question in Chinese and in English")
    return Question(name, head[0], " ".join(head[1:]), "\n".join(lines[len(head) :]))


def answer(published: Path, question: Question) -> Answer:
    """The answer of a published file."""
    with reader(published) as connection:
        found = connection.execute(question.sql)
        columns = tuple(column[0] for column in found.description or ())
        return Answer(columns, tuple(tuple(_text(value) for value in row) for row in found.fetchall()))


def render(nights: Nights) -> str:
    """The whole page."""
    parts = [_HEAD]
    for chapters, published in ((CHAPTERS, nights.first), (AFTER_CORRECTIONS, nights.second)):
        for title, names in chapters.items():
            parts.append(f"\n## {title}\n")
            parts.extend(_entry(load(name), published) for name in names)
    return "".join(parts)


def _entry(question: Question, published: Path) -> str:
    found = answer(published, question)
    table = ["| " + " | ".join(line) + " |" for line in (found.columns, *found.rows[:ROWS_SHOWN])]
    table.insert(1, "|" + "---|" * len(found.columns))
    more = (
        f"（共 {len(found.rows)} 行，以上是前 {ROWS_SHOWN} 行）"
        if len(found.rows) > ROWS_SHOWN
        else f"（{len(found.rows)} 行）"
    )
    return (
        f"\n### {question.chinese}\n\n{question.english}\n\n"
        f"```sql\n-- warehouse/cookbook/{question.name}.sql\n{question.sql}\n```\n\n"
        + "\n".join(table)
        + f"\n\n{more}\n"
    )


def _text(value: Any) -> str:
    """A value as the page prints it: figures without needless zeros, nothing that would break the table."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal):
        text = f"{value:f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return str(value).replace("|", "\\|").replace("\n", " ")
