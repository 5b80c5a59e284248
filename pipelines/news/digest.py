"""What changed in the collection since the last digest, as one message: from the published file and what was known.

Belongs here: the comparison and its words. What was known is a few numbers and the sets of what counted and was missing
then; findings carry their own history. So what was told once is not told again, whatever else happens: an old failure
that is still there is no news. Does not belong here: when a digest is made, how it is sent. Every figure is read from
one published file; text that came with a file is shortened here and made harmless where it is laid out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

import duckdb

from pipelines.journal import Entry
from pipelines.news.message import Message, Part
from schemas.chinese import SLICES
from warehouse.connection import dicts

_MOST_NAMES: Final = 8
"""of one district in one line"""
_MOST_MESSAGE: Final = 70
"""characters of a finding's sentence"""

_NIGHT: Final = """
SELECT b.night, b.built_at, (SELECT coalesce(max(sequence), 0) FROM core.fct_file) AS sequence,
       (SELECT coalesce(max(release_no), 0) FROM meta.release) AS release_no
FROM meta.build AS b"""
_OFFICIAL: Final = "SELECT submission_id, sequence FROM core.fct_submission WHERE is_official"
_MISSING: Final = """
SELECT organ_code || '|' || CAST(report_year AS VARCHAR) || '|' || form_code AS duty, due_on
FROM mart.submission_status
WHERE mode = 'live' AND status = 'missing'"""
_ORGAN: Final = "coalesce(t.name, o.name, '') AS name, d.name AS district, t.mode"
_ORGANS: Final = """
LEFT JOIN mart.submission_status AS t
    ON t.organ_code = {0}.organ_code AND t.report_year = {0}.report_year AND t.form_code = {0}.form_code
LEFT JOIN core.dim_organ AS o ON o.organ_code = {0}.organ_code
LEFT JOIN core.dim_organ AS d ON d.organ_code = coalesce(t.district_code, o.district_code)"""
_ERRORS: Final = f"""
WITH then_state AS (
    SELECT finding_id, state, row_number() OVER (PARTITION BY finding_id ORDER BY night DESC) AS recency
    FROM core.finding_history
    WHERE night <= ?
)
SELECT f.submission_id, f.organ_code, f.report_year, f.form_code, f.rule_id, f.message,
       s.receipt_no, s.sequence, s.status, {_ORGAN}
FROM core.fct_finding AS f
LEFT JOIN then_state AS h ON h.finding_id = f.finding_id AND h.recency = 1
LEFT JOIN core.fct_submission AS s ON s.submission_id = f.submission_id
{_ORGANS.format("f")}
WHERE f.severity = 'error' AND f.outcome = 'fail' AND f.state <> 'waived'
  AND (f.submission_id IS NOT NULL OR f.file_id IS NULL)
  -- what has been filed anew since is no longer waited for, as on the pages
  AND (
      s.submission_id IS NULL OR s.is_official
      OR (s.status = 'held' AND NOT EXISTS (
          SELECT 1
          FROM core.fct_submission AS n
          WHERE n.organ_code = s.organ_code AND n.report_year = s.report_year AND n.form_code = s.form_code
            AND n.sequence > s.sequence
      ))
  )
  AND coalesce(h.state, 'gone') NOT IN ('open', 'lapsed')
ORDER BY d.organ_code NULLS FIRST, f.organ_code, f.report_year, f.form_code, s.sequence, f.rule_id, f.scope"""  # noqa: S608 - ours
_SUBMISSIONS: Final = f"""
SELECT s.submission_id, s.organ_code, s.report_year, s.form_code, s.sequence, s.status, s.is_official,
       c.version, c.repeats IS NOT NULL AS is_repeat, {_ORGAN}
FROM core.fct_submission AS s
JOIN core.submission_chain AS c ON c.submission_id = s.submission_id
{_ORGANS.format("s")}
WHERE s.is_official OR s.sequence > ?
ORDER BY d.organ_code NULLS FIRST, s.organ_code, s.report_year, s.form_code, s.sequence"""  # noqa: S608 - ours
_DUTIES: Final = """
SELECT t.organ_code || '|' || CAST(t.report_year AS VARCHAR) || '|' || t.form_code AS duty, t.report_year, t.form_code,
       m.short_title, t.due_on, t.status, t.mode, t.name, d.name AS district
FROM mart.submission_status AS t
JOIN core.dim_form AS m ON m.form_code = t.form_code
LEFT JOIN core.dim_organ AS d ON d.organ_code = t.district_code
WHERE t.mode = 'live' AND t.status IN ('due', 'missing')
ORDER BY t.due_on, t.report_year, t.form_code, t.district_code NULLS FIRST, t.organ_code"""
_REJECTED: Final = """
SELECT f.inbox_path, f.reason, coalesce(o.name, f.folder) AS name
FROM core.fct_file AS f
LEFT JOIN core.dim_organ AS o ON o.organ_code = f.folder
WHERE f.outcome = 'rejected' AND f.sequence > ?
ORDER BY f.sequence"""
_RELEASES: Final = "SELECT release_id, changed FROM meta.release WHERE release_no > ? ORDER BY release_no"
_TURNS: Final = """
SELECT v.report_year, i.label, v.slice_kind, v.slice_code, coalesce(o.name, '') AS slice_name, v.applicant_kind,
       v.measure, v.change_before, v.change_after
FROM mart.revision_rollup AS v
JOIN meta.release AS r ON r.release_id = v.release_id
JOIN core.dim_indicator AS i ON i.form_code = v.form_code AND i.indicator_code = v.indicator_code
LEFT JOIN core.dim_organ AS o ON o.organ_code = v.slice_code
WHERE v.sign_changed AND r.release_no > ? AND v.applicant_kind IN ('', 'total')
ORDER BY CASE v.slice_kind WHEN 'city' THEN 1 ELSE 2 END, v.report_year DESC, v.slice_kind, v.slice_code, i.position"""


@dataclass(frozen=True, slots=True)
class Known:
    """What the last digest knew: its night and day, what had been received and released, what counted, who was late."""

    night: int
    day: date
    sequence: int
    release_no: int
    official: frozenset[str]
    missing: frozenset[str]

    def to_json(self) -> str:
        """As one JSON object."""
        return json.dumps(
            {
                "night": self.night,
                "day": self.day.isoformat(),
                "sequence": self.sequence,
                "release_no": self.release_no,
                "official": sorted(self.official),
                "missing": sorted(self.missing),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Known:
        """What ``to_json`` wrote."""
        told = json.loads(text)
        return cls(
            told["night"],
            date.fromisoformat(told["day"]),
            told["sequence"],
            told["release_no"],
            frozenset(told["official"]),
            frozenset(told["missing"]),
        )


def known_now(connection: duckdb.DuckDBPyConnection, today: date) -> Known:
    """What is known once a digest of the published file was made."""
    (night,) = dicts(connection, _NIGHT)
    return Known(
        night["night"],
        today,
        night["sequence"],
        night["release_no"],
        frozenset(row["submission_id"] for row in dicts(connection, _OFFICIAL)),
        frozenset(row["duty"] for row in dicts(connection, _MISSING)),
    )


def known_before(connection: duckdb.DuckDBPyConnection, closed: Sequence[Entry], today: date) -> Known:
    """What is taken as known where nothing is remembered: all but the last night, as the journal has its nights.

    What has since changed of an older submission (an acceptance, another register) is then taken as known too.
    """
    (night,) = dicts(connection, _NIGHT)
    earlier = [entry for entry in closed if entry["night"] < night["night"]]
    if not earlier:
        return Known(0, today - timedelta(days=1), 0, 0, frozenset(), frozenset())
    last = earlier[-1]
    day = datetime.fromisoformat(last["at"]).date()
    ((release_no,),) = connection.execute(
        "SELECT coalesce(max(release_no), 0) FROM meta.release WHERE night <= ?", [last["night"]]
    ).fetchall()
    return Known(
        last["night"],
        min(day, today - timedelta(days=1)),
        last["sequence"],
        release_no,
        frozenset(row["submission_id"] for row in dicts(connection, _OFFICIAL) if row["sequence"] <= last["sequence"]),
        frozenset(row["duty"] for row in dicts(connection, _MISSING) if row["due_on"] < day),
    )


def digest(
    connection: duckdb.DuckDBPyConnection,
    then: Known,
    today: date,
    deadline_days: Sequence[int],
    pages_url: str = "",
) -> Message | None:
    """What is new since ``then``; None where nothing is. A deadline is told once for each of ``deadline_days``."""
    (night,) = dicts(connection, _NIGHT)
    parts: list[Part] = []
    counts: list[str] = []

    def tell(count: str, title: str, lines: Iterable[str]) -> None:
        if shown := tuple(lines):
            counts.append(count)
            parts.append(Part(title, shown))

    errors = dicts(connection, _ERRORS, [then.night])
    submissions = dicts(connection, _SUBMISSIONS, [then.sequence])
    duties = dicts(connection, _DUTIES)
    filed = {row["submission_id"] for row in errors if (row["sequence"] or 0) > then.sequence}
    held = {row["submission_id"] for row in errors if row["submission_id"] in filed and row["status"] == "held"}
    judged = {row["submission_id"] for row in errors if row["submission_id"]} - filed
    sums = [row for row in errors if not row["submission_id"]]
    tell(
        f"有错误 {len(filed)} 份" + (f"（扣留 {len(held)}）" if held else ""),
        f"新收的报表有错误：{len(filed)} 份，扣留 {len(held)} 份",
        _error_lines(row for row in errors if row["submission_id"] in filed),
    )
    tell(
        f"重新判定有错 {len(judged)} 份",
        f"以前收的报表，重新判定后出现错误：{len(judged)} 份",
        _error_lines(row for row in errors if row["submission_id"] in judged),
    )
    tell(f"汇总不符 {len(sums)} 处", f"与所属单位汇总不符：{len(sums)} 处", _error_lines(sums))
    for due_on, days, rows in _near(duties, then.day, today, deadline_days):
        when = f"{days} 天后" if days else "今天"
        what = f"{rows[0]['report_year']}年度（{rows[0]['short_title']}）"
        tell(
            f"{when}截止，{len(rows)} 家未报",
            f"{when}（{due_on.month}月{due_on.day}日）{what}截止，尚有 {len(rows)} 家未报",
            _by_district(rows),
        )
    late = [row for row in duties if row["status"] == "missing" and row["duty"] not in then.missing]
    tell(f"新缺报 {len(late)} 家", f"截止日已过仍未报：新增 {len(late)} 家", _by_district(late))
    refused = dicts(connection, _REJECTED, [then.sequence])
    tell(
        f"读不了 {len(refused)} 个文件",
        f"读不了的文件：{len(refused)} 个",
        (f"{row['name']}：{row['inbox_path'].rsplit('/', 1)[-1]}，{_short(row['reason'])}" for row in refused),
    )
    official = [row for row in submissions if row["is_official"] and row["submission_id"] not in then.official]
    mended = [row for row in official if row["version"] > 1]
    tell(
        f"成为正式数 {len(official)} 份",
        f"成为正式数：{len(official)} 份" + (f"，其中更正 {len(mended)} 份" if mended else ""),
        _by_district(official),
    )
    again = [row for row in submissions if row["sequence"] > then.sequence and row["version"] > 1]
    tell(f"重报 {len(again)} 份", f"重报：{len(again)} 份", _by_district(again, _became))
    releases = dicts(connection, _RELEASES, [then.release_no])
    turns = dicts(connection, _TURNS, [then.release_no])
    tell(
        f"新发布 {len(releases)} 次" + (f"，{len(turns)} 个同比改变升降" if turns else ""),
        f"新发布：{len(releases)} 次" + (f"，{len(turns)} 个同比改变了升降" if turns else ""),
        [*(f"{row['release_id']}：{_short(row['changed'])}" for row in releases), *map(_turn, turns)],
    )
    if not parts:
        return None
    built_at = night["built_at"]
    return Message(
        subject=f"公开统计日报 {today.month}月{today.day}日：{counts[0]}" + ("等" if len(counts) > 1 else ""),
        summary="；".join(counts),
        parts=tuple(parts),
        closing=(f"以上是第 {night['night']} 夜（{built_at:%m-%d %H:%M} 开始）相对上一次日报的变化，旧的不再重复。",),
        link=f"{pages_url}/index.html" if pages_url else "",
        link_text="查看全部",
    )


def _error_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """One line for each submission, or organ and year: who, how many errors, the first of them."""
    for _, group in groupby(rows, key=lambda row: (row["submission_id"], row["organ_code"], row["report_year"])):
        mine = list(group)
        first = mine[0]
        became = "（已扣留）" if first["status"] == "held" else ""
        receipt = f"（回执 {first['receipt_no']}）" if first["receipt_no"] else ""
        who = f"{first['name'] or first['organ_code']} {first['report_year']}年度{became}"
        yield f"{who}：错误 {len(mine)} 处，{first['rule_id']} {_short(first['message'])}{receipt}"


def _near(
    duties: Iterable[Mapping[str, Any]], last: date, today: date, deadline_days: Sequence[int]
) -> Iterator[tuple[date, int, list[Mapping[str, Any]]]]:
    """(deadline, days until it, who has not filed) of each that came within one of ``deadline_days`` after ``last``."""
    waiting = (row for row in duties if row["status"] == "due" and row["due_on"] >= today)
    for _, group in groupby(waiting, key=lambda row: (row["due_on"], row["report_year"], row["form_code"])):
        rows = list(group)
        due_on = rows[0]["due_on"]
        days = (due_on - today).days
        if any(days <= limit < (due_on - last).days for limit in deadline_days):
            yield due_on, days, rows


def _by_district(
    rows: Iterable[Mapping[str, Any]], remark: Callable[[Mapping[str, Any]], str] = lambda _: ""
) -> Iterator[str]:
    """One line for each district and year with names, and how many more; of a year not collected live, its count."""
    # stable: districts and organs stay in order
    ordered = sorted(rows, key=lambda row: (row["mode"] != "live", -row["report_year"]))
    for (is_live, year), of_year in groupby(ordered, key=lambda row: (row["mode"] == "live", row["report_year"])):
        if not is_live:
            yield f"{year}年度（非当年采集）：{len(list(of_year))} 份"
            continue
        for district, group in groupby(
            of_year, key=lambda row: (row["district"] or SLICES["own"]).removesuffix("人民政府")
        ):
            names = list(dict.fromkeys(f"{row['name'].removeprefix(district)}{remark(row)}" for row in group))
            more = f"等 {len(names)} 家" if len(names) > _MOST_NAMES else ""
            yield f"{district} {year}年度：{'、'.join(names[:_MOST_NAMES])}{more}"


def _became(row: Mapping[str, Any]) -> str:
    if row["is_repeat"]:
        return "（数字未变）"
    if row["is_official"]:
        return "（已为正式数）"
    return "（又被扣留）" if row["status"] == "held" else "（已被更晚的一份替代）"


def _turn(row: Mapping[str, Any]) -> str:
    where = SLICES.get(row["slice_code"]) or row["slice_name"]
    measure = "（历年累计）" if row["measure"] == "cumulative" else ""
    return (
        f"{row['report_year']}年度 {where} {row['label']}{measure}：比上年由 {_signed(row['change_before'])} "
        f"变为 {_signed(row['change_after'])}"
    )


def _signed(value: Decimal) -> str:
    return f"{value.normalize():+f}"


def _short(text: str) -> str:
    """The sentence without the list of figures in brackets that follows it."""
    text = text.split("。（", 1)[0]
    return text if len(text) <= _MOST_MESSAGE else f"{text[:_MOST_MESSAGE]}…"
