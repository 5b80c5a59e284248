"""Who has filed, who is late, who is missing, and what each held submission waits for: ``gongkai status``.

Belongs here: what the command line and the status board (``site.pages.board``) show of ``mart.submission_status``: the
words, the ready sentences for the telephone, and the command's Chinese table and JSON. Every figure is as of the night
that made it. Does not belong here: deciding any status (``warehouse/sql/mart``), exit codes. Text that came with a file
is shown escaped.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import duckdb
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.answers import wording
from pipelines.intake import shown
from schemas.chinese import SLICES, WORDS
from warehouse.connection import dicts, reader

STATUSES: Final = {
    status: WORDS["duty_status"][status]
    for status in ("accepted", "late", "nil", "held", "received", "missing", "due", "not_due")
}
"""status: what it is called; in the order of the counts"""
ANSWERED: Final = ("accepted", "late", "nil")
"""whose figures count"""
_COLOURS: Final = {
    "accepted": "green",
    "late": "yellow",
    "nil": "cyan",
    "held": "magenta",
    "received": "bold yellow",
    "missing": "bold red",
    "due": "blue",
    "not_due": "dim",
}
SOON_DAYS: Final = 14
"""a deadline so near is worth a call"""
_YEARS: Final = """
SELECT max(CASE WHEN mode = 'live' THEN report_year END) AS live, max(report_year) AS latest,
       string_agg(DISTINCT CAST(report_year AS VARCHAR), '、' ORDER BY CAST(report_year AS VARCHAR)) AS collected
FROM core.reporting_duty"""
_DISTRICTS: Final = """
SELECT organ_code, name FROM core.dim_organ WHERE kind = 'district_government' ORDER BY organ_code"""
_ROWS: Final = """
SELECT s.*, f.short_title, d.name AS district_name,
       CASE WHEN s.status = 'due' THEN date_diff('day', CAST(b.built_at AS DATE), s.due_on) END AS days_left
FROM mart.submission_status AS s
JOIN core.dim_form AS f ON f.form_code = s.form_code
LEFT JOIN core.dim_organ AS d ON d.organ_code = s.district_code
CROSS JOIN meta.build AS b
WHERE s.report_year = ? AND (? IS NULL OR s.district_code = ?)
ORDER BY s.form_code, s.district_code NULLS FIRST, s.organ_code"""


class StatusError(ValueError):
    """There is no such year, district or table; the message says which there are, or what to do."""


@dataclass(frozen=True, slots=True)
class Status:
    """The rows of one report year, by form, district (the city's own level first) and organ, as of a day."""

    report_year: int | None
    as_of: date
    district_code: str | None
    rows: list[dict[str, Any]]
    """columns of mart.submission_status, and short_title, district_name, days_left"""

    def counts(self) -> dict[str, dict[str, int]]:
        """form -> status -> organs."""
        found: dict[str, dict[str, int]] = {}
        for form, rows in groupby(self.rows, key=lambda row: str(row["form_code"])):
            counted = Counter(row["status"] for row in rows)
            found[form] = {status: counted[status] for status in STATUSES if counted[status]}
        return found

    def reminders(self) -> list[tuple[dict[str, Any], str]]:
        """Whom to call, the longest overdue first, each with the sentence to say."""
        calls = [row for row in self.rows if row["status"] in ("missing", "received") or _is_soon(row)]
        calls.sort(key=lambda row: (-(row["days_late"] or 0), row["due_on"]))
        return [(row, _reminder(row)) for row in calls]

    def waiting(self) -> list[tuple[dict[str, Any], str]]:
        """Each submission that is held, with what it waits for; one beside official figures too."""
        return [(row, _wait(row)) for row in self.rows if row["waits_for"] and row["status"] != "received"]


def read_status(published_file: Path, report_year: int | None = None, district: str | None = None) -> Status:
    """The status of a year (None = the latest that is collected live) and district (None = all).

    Raises StatusError for a year of which nothing is expected, a code that is no district's, and a file that an older
    version published without the table.
    """
    try:
        with reader(published_file) as connection:
            (years,) = dicts(connection, _YEARS)
            districts = dicts(connection, _DISTRICTS)
            year = report_year or years["live"] or years["latest"]
            status = status_of(connection, year, district)
    except duckdb.CatalogException as error:
        raise StatusError("已发布的文件是旧版本建的，没有报送情况；请先运行 gongkai nightly") from error
    if district is not None and district not in {row["organ_code"] for row in districts}:
        known = "、".join(f"{row['organ_code']}（{row['name']}）" for row in districts)
        raise StatusError(f"没有区 {shown(district)}；有：{known}")
    if not status.rows:
        raise StatusError(f"{year or '任何'}年度没有应报任务；有：{years['collected'] or '无'}")
    return status


def status_of(connection: duckdb.DuckDBPyConnection, report_year: int | None, district: str | None = None) -> Status:
    """The status of a year and district (None = all) as the tables have it; no rows where nothing is expected."""
    ((built_at,),) = connection.execute("SELECT built_at FROM meta.build").fetchall()
    return Status(report_year, built_at.date(), district, dicts(connection, _ROWS, [report_year, district, district]))


def as_json(status: Status) -> str:
    """The same for machines: one object."""
    keys = ("organ_code", "form_code", "name", "status", "due_on", "days_late", "days_left", "receipt_no")
    whole = {
        "report_year": status.report_year,
        "as_of": status.as_of,
        "district_code": status.district_code,
        "counts": status.counts(),
        "organs": status.rows,
        "reminders": [{key: row[key] for key in keys} | {"sentence": said} for row, said in status.reminders()],
        "waiting": [{key: row[key] for key in keys} | {"sentence": said} for row, said in status.waiting()],
    }
    return json.dumps(whole, ensure_ascii=False, indent=1, default=lambda value: value.isoformat())


def print_status(console: Console, status: Status) -> None:
    """Print counts, the organs by district, whom to call and what the held submissions wait for."""
    console.print(Text(f"{status.report_year}年度报送情况（截至{status.as_of}）", style="bold"))
    for form, rows in groupby(status.rows, key=lambda row: row["form_code"]):
        mine = list(rows)
        counts = status.counts()[form].items()
        words = (Text(f"{STATUSES[name]} {count}", style=_COLOURS[name]) for name, count in counts)
        console.print(Text("  ").join([Text(f"{mine[0]['short_title']}："), *words]))
        console.print(_table(mine))
    _print_list(console, "需要联系", [said for _, said in status.reminders()])
    _print_list(console, "扣留待改正", [said for _, said in status.waiting()])


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for heading, least in (("代码", 8), ("机构", None), ("状态", 8), ("收到", 10), ("截止", 10), ("逾期", 5)):
        numeric = heading == "逾期"
        table.add_column(heading, min_width=least, overflow="fold", justify="right" if numeric else "left")
    for district, group in groupby(rows, key=lambda row: row["district_name"]):
        mine = list(group)
        owed = sum(row["status"] != "not_due" for row in mine)
        answered = sum(row["status"] in ANSWERED for row in mine)
        table.add_row("", Text(f"{shown(district or SLICES['own'])} {answered}/{owed}", style="bold"))
        for row in mine:
            table.add_row(*_cells(row))
        table.add_section()
    return table


def _cells(row: dict[str, Any]) -> Iterator[Text]:
    style = _COLOURS[row["status"]]
    yield Text(shown(row["organ_code"]), style="dim")
    yield Text.assemble(shown(row["name"]), *([("\n" + shown(row["note"]), "dim")] if row["note"] else []))
    yield Text(STATUSES[row["status"]], style=style)
    yield Text(str(row["received_at"].date()) if row["received_at"] else "")
    yield Text(str(row["due_on"] or ""))
    yield Text(f"{row['days_late']}天" if row["days_late"] else "", style=style)


def _print_list(console: Console, title: str, sentences: list[str]) -> None:
    if not sentences:
        return
    console.print(Text(f"{title}（{len(sentences)}）", style="bold"))
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(justify="right")
    grid.add_column(overflow="fold")
    for number, sentence in enumerate(sentences, start=1):
        grid.add_row(f"{number}.", Text(shown(sentence)))
    console.print(grid)


def _is_soon(row: dict[str, Any]) -> bool:
    return row["days_left"] is not None and row["days_left"] <= SOON_DAYS


def _reminder(row: dict[str, Any]) -> str:
    what = f"，{row['waits_for'].rstrip('。')}" if row["status"] == "received" else "尚未收到"
    return f"{_subject(row)}{what}，请{'按时' if row['status'] == 'due' else '尽快'}报送。"


def _wait(row: dict[str, Any]) -> str:
    return f"{_subject(row)}{row['waits_for'].rstrip('。')}。请改正后重报。"


def _subject(row: dict[str, Any]) -> str:
    """Organ, year and form, and how the time stands where something is owed still."""
    about = row["short_title"] if row["status"] in ANSWERED else f"{row['short_title']}，{_time(row)}"
    return f"{row['name']}：{row['report_year']}年度报表（{about}）"


def _time(row: dict[str, Any]) -> str:
    if row["mode"] != "live":
        return "不计逾期"
    day = f"{wording.day(row['due_on'])}截止"
    if row["days_late"]:
        return f"{day}，已逾期{row['days_late']}天"
    return day if row["days_left"] is None else f"{day}，还有{row['days_left']}天"
