"""The status board: who has filed this year's reports, who is late, whom to call, what the held ones wait for.

Belongs here: laying out what ``pipelines.status`` says of a year, one page for each year that was collected. Does not
belong here: deciding a status (``warehouse/sql/mart``), its words and sentences (``pipelines.status``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

import duckdb

from pipelines.site.figure import Cell, Column, Table
from pipelines.site.frame import Page, organ_page
from pipelines.site.terms import BASES, CITY_LEVEL, marked, receipt
from pipelines.status import ANSWERED, SOON_DAYS, STATUSES, Status, status_of
from warehouse.connection import dicts

INDEX: Final = "status/index.html"
TONES: Final = {
    # status: the tone it is shown in, the sign that says it without colour
    "accepted": ("good", "✔"),
    "late": ("warning", "◷"),
    "nil": ("good", "○"),
    "held": ("error", "‖"),
    "received": ("error", "？"),
    "missing": ("error", "✖"),
    "due": ("info", "…"),
    "not_due": ("", "－"),
}
_YEARS: Final = """
SELECT report_year, max(mode) AS mode -- live comes after backfill
FROM core.reporting_duty
GROUP BY report_year
ORDER BY report_year DESC"""
_DEADLINES: Final = """
SELECT form_code, basis, mode, due_on, statutory_due_on
FROM core.reporting_duty
WHERE report_year = ?
GROUP BY ALL
ORDER BY form_code, due_on, basis"""
_COLUMNS: Final = (
    Column("单位", is_head=True),
    Column("状态"),
    Column("收到", "short"),
    Column("截止", "short"),
    Column("时间", "short"),
    Column("回执", "short"),
)
_EVERYTHING: Final = (
    *("机构代码", "单位", "所属区", "表样", "状态", "收到时间", "截止", "逾期天数", "剩余天数"),
    *("收到份数", "等待", "说明", "回执号"),
)


@dataclass(frozen=True, slots=True)
class Group:
    """The organs of a district, or of the city's own level, with how many have answered of those that owe."""

    title: str
    anchor: str
    answered: int
    owed: int
    table: Table


@dataclass(frozen=True, slots=True)
class Part:
    """One form of the year."""

    title: str
    counts: tuple[tuple[str, str, str, int], ...]
    """(word, tone, sign, organs)"""
    answered: int
    owed: int
    groups: tuple[Group, ...]


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """A page a year; the latest that is collected live opens the section."""
    modes = {row["report_year"]: row["mode"] for row in dicts(connection, _YEARS)}
    current = max((year for year, mode in modes.items() if mode == "live"), default=max(modes, default=None))
    paths = {year: INDEX if year == current else f"status/{year}.html" for year in modes}
    if not modes:
        yield Page(INDEX, "报送进度", "board.html", {"years": [], "status": None})
    for year, path in paths.items():
        status = status_of(connection, year)
        yield Page(
            path,
            f"{year}年度报送进度",
            "board.html",
            {
                "years": marked([(f"{other}年度", target) for other, target in paths.items()], path),
                "status": status,
                "is_backfill": modes[year] != "live",
                "deadlines": _deadlines(connection, status),
                "parts": _parts(status),
                "reminders": [_call(row, sentence) for row, sentence in status.reminders()],
                "waiting": [(*_call(row, sentence), row["receipt_no"]) for row, sentence in status.waiting()],
                "soon_days": SOON_DAYS,
                "everything": _everything(status),
            },
        )


def _call(row: dict[str, Any], sentence: str) -> tuple[str, str, str]:
    """The organ's code and name, and what is said after its name."""
    return row["organ_code"], row["name"], sentence.removeprefix(row["name"])


def _deadlines(connection: duckdb.DuckDBPyConnection, status: Status) -> Table:
    rows = []
    for row in dicts(connection, _DEADLINES, [status.report_year]):
        owed = [
            organ
            for organ in status.rows
            if (organ["form_code"], organ["basis"], organ["due_on"]) == (row["form_code"], row["basis"], row["due_on"])
            and organ["status"] != "not_due"
        ]
        answered = sum(organ["status"] in ANSWERED for organ in owed)
        days = (row["due_on"] - status.as_of).days
        rows.append(
            (
                owed[0]["short_title"],
                BASES[row["basis"]],
                row["statutory_due_on"],
                row["due_on"],
                _distance(days) if row["mode"] == "live" else "补录的年度，不计逾期",
                len(owed),
                answered,
                len(owed) - answered,
            )
        )
    columns = ("表样", "由谁报", "法定截止", "本市截止", f"截至{status.as_of}")
    counted = (Column("应报", "number"), Column("已报", "number"), Column("未报", "number"))
    return Table(
        f"deadlines-{status.report_year}",
        f"{status.report_year}年度的期限",
        (Column(columns[0], is_head=True), *(Column(label, "short") for label in columns[1:]), *counted),
        rows,
        note="“已报”指已接受、迟报和零报告；被扣留、未能读取和缺报的都算“未报”。",
    )


def _distance(days: int) -> str:
    return f"还有{days}天" if days > 0 else "今天截止" if days == 0 else f"已过{-days}天"


def _parts(status: Status) -> list[Part]:
    parts = []
    counts = status.counts()
    for form, rows in groupby(status.rows, key=lambda row: str(row["form_code"])):
        mine = list(rows)
        groups = tuple(
            _group(status, form, district, list(group))
            for district, group in groupby(mine, key=lambda row: (row["district_code"], row["district_name"]))
        )
        told = tuple((STATUSES[name], *TONES[name], counts[form].get(name, 0)) for name in STATUSES)
        answered, owed = sum(group.answered for group in groups), sum(group.owed for group in groups)
        parts.append(Part(mine[0]["short_title"], told, answered, owed, groups))
    return parts


def _group(status: Status, form: str, district: tuple[str | None, str | None], rows: list[dict[str, Any]]) -> Group:
    code, name = district
    anchor = f"{form}-{code or 'city'}"
    owed = [row for row in rows if row["status"] != "not_due"]
    answered = sum(row["status"] in ANSWERED for row in owed)
    title = name or CITY_LEVEL
    caption = f"{title}：应报{len(owed)}家，已报{answered}家"
    table = Table(f"status-{status.report_year}-{anchor}", caption, _COLUMNS, [_line(row) for row in rows])
    return Group(title, anchor, answered, len(owed), table)


def _line(row: dict[str, Any]) -> Sequence[Any]:
    tone, sign = TONES[row["status"]]
    told = "；".join(filter(None, (row["waits_for"], row["note"])))
    is_quiet = row["status"] == "not_due"
    return (
        Cell(row["name"], page=organ_page(row["organ_code"]), is_quiet=is_quiet),
        Cell(STATUSES[row["status"]], tone=tone, sign=sign, note=told, is_quiet=is_quiet),
        row["received_at"].date() if row["received_at"] else None,
        row["due_on"],
        _time(row),
        receipt(row["organ_code"], row["receipt_no"]),
    )


def _time(row: dict[str, Any]) -> str:
    if row["status"] == "not_due":
        return ""
    if row["days_late"] is None:
        return "不计逾期"
    if row["days_left"] is not None:
        return _distance(row["days_left"])
    return f"逾期{row['days_late']}天" if row["days_late"] else "按时"


def _everything(status: Status) -> Table:
    """All rows of the year for a spreadsheet: the tables of the page are parts of it."""
    return Table(
        f"status-{status.report_year}",
        f"{status.report_year}年度全部单位的报送情况",
        tuple(map(Column, _EVERYTHING)),
        [
            (
                row["organ_code"],
                row["name"],
                row["district_name"] or CITY_LEVEL,
                row["short_title"],
                STATUSES[row["status"]],
                row["received_at"],
                row["due_on"],
                row["days_late"],
                row["days_left"],
                row["submissions"],
                row["waits_for"],
                row["note"],
                row["receipt_no"],
            )
            for row in status.rows
        ],
    )
