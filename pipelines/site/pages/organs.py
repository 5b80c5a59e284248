"""One page an organ: who it is, what it owed and filed, its figures over the years, its receipts; and the list of all.

Belongs here: which of the night's rows an organ's page shows. Does not belong here: a status, a finding, a rate
(``warehouse/sql``), how a chart is drawn (``charts``). Each table is asked once for all organs and divided here, so
that a page costs what it shows and no query of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import duckdb

from pipelines.answers import wording
from pipelines.site.assessed import ASSESSMENTS, DEDUCTIONS, Assessed
from pipelines.site.figure import Cell, Column, Table, Value
from pipelines.site.frame import Page, organ_page
from pipelines.site.history import Collected, history
from pipelines.site.pages.board import TONES
from pipelines.site.pages.findings import WAITING, count, download, list_findings, read_findings
from pipelines.site.terms import CITY_LEVEL, Row, grouped, receipt
from pipelines.status import STATUSES
from schemas.chinese import SLICES, WORDS
from warehouse.connection import dicts

INDEX: Final = "organs/index.html"
MOST_FINDINGS: Final = 100
MOST_ROWS: Final = 200
_WEIGHTS: Final = ("not_due", "accepted", "nil", "late", "due", "received", "held", "missing")
"""of the forms of a year, the list of organs tells the last of these"""
_VERDICTS: Final = {
    "accepted": ("已接受", "good"),
    "accepted_with_warnings": ("已接受，有提示", "warning"),
    "held": ("扣留", "error"),
}
_OUTCOMES: Final = {"rejected": "未能读取", "duplicate": "与以前的文件完全相同"}
_ORGANS: Final = """
SELECT o.*, p.name AS parent_name, d.name AS district_name
FROM core.dim_organ AS o
LEFT JOIN core.dim_organ AS p ON p.organ_code = o.parent_code
LEFT JOIN core.dim_organ AS d ON d.organ_code = o.district_code
ORDER BY o.district_code NULLS FIRST, o.organ_code"""
_NAMES: Final = """
SELECT * FROM core.dim_organ_name ORDER BY organ_code, valid_from_year DESC NULLS LAST, name_kind, name"""
_EVENTS: Final = """
SELECT organ_code AS about, * FROM core.organ_event
UNION ALL
SELECT successor_code AS about, * FROM core.organ_event WHERE successor_code <> organ_code
ORDER BY about, effective_year, organ_code, event, successor_code"""
_DUTIES: Final = """
SELECT s.*, f.short_title, u.used_as
FROM mart.submission_status AS s
JOIN core.dim_form AS f ON f.form_code = s.form_code
LEFT JOIN mart.rollup_source AS u
    ON u.organ_code = s.organ_code AND u.report_year = s.report_year AND u.form_code = s.form_code
ORDER BY s.organ_code, s.report_year DESC, s.form_code"""
_VERSIONS: Final = """
SELECT
    c.*, s.file_name, s.is_nil, s.receipt_no, f.short_title,
    r.version AS repeats_version, b.version AS superseded_by_version
FROM core.submission_chain AS c
JOIN core.fct_submission AS s ON s.submission_id = c.submission_id
JOIN core.dim_form AS f ON f.form_code = c.form_code
LEFT JOIN core.submission_chain AS r ON r.submission_id = c.repeats
LEFT JOIN core.submission_chain AS b ON b.submission_id = c.superseded_by
ORDER BY c.organ_code, c.report_year DESC, c.form_code, c.version DESC"""
_FILES: Final = """
SELECT folder AS organ_code, file_id, inbox_path, received_at, outcome, reason, sha256
FROM core.fct_file
WHERE outcome IN ('rejected', 'duplicate')
ORDER BY folder, sequence DESC"""
_CONTRIBUTIONS: Final = """
SELECT c.organ_code, c.report_year, c.concept_code, c.part, c.contribution, s.change, s.value
FROM mart.concept_contribution AS c
JOIN mart.concept_series AS s
    ON s.concept_code = c.concept_code AND s.report_year = c.report_year AND s.slice_kind = c.slice_kind
    AND s.slice_code = c.slice_code AND s.form_code = c.form_code
WHERE c.slice_kind = 'city'
ORDER BY c.organ_code, c.report_year DESC, c.concept_code, c.part"""
_UNEXPLAINED: Final = """
SELECT report_year FROM mart.concept_series WHERE slice_kind = 'city'
GROUP BY report_year HAVING count(change) = 0
ORDER BY report_year"""


@dataclass(frozen=True, slots=True)
class Known:
    """All that the night knows, by organ."""

    names: Mapping[str, Sequence[Row]]
    events: Mapping[str, Sequence[Row]]
    duties: Mapping[str, Sequence[Row]]
    figures: Mapping[str, Sequence[Row]]
    versions: Mapping[str, Sequence[Row]]
    files: Mapping[str, Sequence[Row]]
    findings: Mapping[str, Sequence[Row]]
    contributions: Mapping[str, Sequence[Row]]
    assessments: Mapping[str, Sequence[Row]]
    deductions: Mapping[str, Sequence[Row]]
    members: Mapping[str, Sequence[Row]]
    """organs below, by the code of their parent"""
    unexplained: Sequence[int]
    """years of which no change of the city is told"""
    collected: Collected


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """The list, and a page for each organ of the register."""
    organs = dicts(connection, _ORGANS)
    known = read(connection, organs)
    yield Page(INDEX, "各单位", "organs.html", _index(organs, known))
    for organ in organs:
        yield Page(organ_page(organ["organ_code"]), organ["name"], "organ.html", _organ(organ, known))


def read(connection: duckdb.DuckDBPyConnection, organs: Sequence[Row]) -> Known:
    """One query a table."""

    def by_organ(query: str, key: str = "organ_code") -> dict[str, list[Row]]:
        return grouped(dicts(connection, query), key)

    return Known(
        names=by_organ(_NAMES),
        events=by_organ(_EVENTS, "about"),
        duties=by_organ(_DUTIES),
        figures=by_organ("SELECT * FROM mart.concept_organ ORDER BY organ_code, concept_code, report_year, form_code"),
        versions=by_organ(_VERSIONS),
        files=by_organ(_FILES),
        findings=grouped(read_findings(connection), "organ_code"),
        contributions=by_organ(_CONTRIBUTIONS),
        assessments=by_organ(ASSESSMENTS),
        deductions=by_organ(DEDUCTIONS),
        members=grouped([organ for organ in organs if organ["parent_code"]], "parent_code"),
        unexplained=[row["report_year"] for row in dicts(connection, _UNEXPLAINED)],
        collected=Collected.read(connection),
    )


def _organ(organ: Row, known: Known) -> dict[str, Any]:
    code = organ["organ_code"]
    duties, findings = known.duties.get(code, []), known.findings.get(code, [])
    return {
        "organ": organ,
        "facts": _facts(organ),
        "names": [(row["name"], WORDS["name_kind"][row["name_kind"]], _span(row)) for row in known.names.get(code, [])],
        "events": [(row["sentence"], _other(row, code)) for row in known.events.get(code, [])],
        "members": [(row["name"], organ_page(row["organ_code"])) for row in known.members.get(code, [])],
        "latest": [(row, *TONES[row["status"]], STATUSES[row["status"]]) for row in _latest(duties)],
        "duties": _duties(organ, duties),
        "figure": history(organ, known.figures.get(code, []), duties, known.collected),
        "versions": _versions(organ, known.versions.get(code, [])),
        "files": _files(organ, known.files.get(code, [])),
        "counts": count(findings),
        "lists": list_findings(findings, MOST_FINDINGS),
        "all_findings": download(f"organ-{code}-findings", f"{organ['name']}的全部核对问题", findings),
        "contributions": _contributions(organ, known),
        "assessed": Assessed.of(code, known.assessments.get(code, []), known.deductions.get(code, [])),
    }


def _facts(organ: Row) -> list[tuple[str, str, str]]:
    """(what, text, page it leads to)."""
    facts = [
        ("机构代码", organ["organ_code"] + ("（暂编）" if organ["code_status"] == "provisional" else ""), ""),
        ("类别", f"{WORDS['kind'][organ['kind']]}，{SLICES[organ['level']]}，{SLICES[organ['organ_kind']]}", ""),
        ("在册年度", _span(organ), ""),
    ]
    if organ["parent_code"]:
        facts.append(("上级", organ["parent_name"], organ_page(organ["parent_code"])))
    if organ["district_code"] not in (None, organ["organ_code"], organ["parent_code"]):
        facts.append(("所属区", organ["district_name"], organ_page(organ["district_code"])))
    return facts


def _span(row: Row) -> str:
    first, last = row["valid_from_year"], row["valid_to_year"]
    if first is None and last is None:
        return "一直"
    return f"{f'{first}年度' if first else '最初'}至{f'{last}年度' if last else '今'}"


def _other(event: Row, code: str) -> str:
    """The page of the other organ of an event; '' where there is none."""
    other = event["organ_code"] if event["organ_code"] != code else event["successor_code"]
    return organ_page(other) if other and other != code else ""


def _latest(duties: Sequence[Row]) -> list[Row]:
    """The latest year's, or that of the live collection."""
    if not duties:
        return []
    year = max((row["report_year"] for row in duties if row["mode"] == "live"), default=duties[0]["report_year"])
    return [row for row in duties if row["report_year"] == year]


def _duties(organ: Row, duties: Sequence[Row]) -> Table:
    columns = (Column("状态"), Column("收到", "short"), Column("截止", "short"), Column("逾期", "short"))
    return Table(
        f"organ-{organ['organ_code']}-duties",
        "各年度的应报和报送情况",
        (Column("年度", "short"), Column("表样", is_head=True), *columns, Column("用途"), Column("回执", "short")),
        [_duty(row) for row in duties],
    )


def _duty(row: Row) -> tuple[Value | Cell, ...]:
    tone, sign = TONES[row["status"]]
    told = "；".join(filter(None, (row["waits_for"], row["note"])))
    late = "不计" if row["days_late"] is None else f"{row['days_late']}天" if row["days_late"] else "按时"
    is_owed = row["status"] not in ("not_due", "due")
    return (
        row["report_year"],
        row["short_title"],
        Cell(STATUSES[row["status"]], tone=tone, sign=sign, note=told, is_quiet=row["status"] == "not_due"),
        row["received_at"].date() if row["received_at"] else None,
        row["due_on"],
        late if is_owed else "",
        WORDS["used_as"].get(row["used_as"], ""),
        receipt(row["organ_code"], row["receipt_no"]),
    )


def _versions(organ: Row, rows: Sequence[Row]) -> Table:
    columns = (Column("第几份", "number"), Column("文件", is_head=True), Column("收到", "short"), Column("判定"))
    return Table(
        f"organ-{organ['organ_code']}-submissions",
        "收到的全部报表，新的在前",
        (
            *(Column("年度", "short"), Column("表样"), *columns, Column("是否正式数"), Column("改动格数", "number")),
            *(Column("重报原因"), Column("回执", "short")),
        ),
        [_version(row) for row in rows],
        most=MOST_ROWS,
    )


def _version(row: Row) -> tuple[Value | Cell, ...]:
    word, tone = _VERDICTS[row["status"]]
    return (
        row["report_year"],
        row["short_title"],
        row["version"],
        Cell(wording.shortened(row["file_name"], 120), note="零报告" if row["is_nil"] else ""),
        row["received_at"],
        Cell(word, tone=tone),
        _standing(row),
        row["differs_in_cells"],
        row["resubmission_reason"],
        receipt(row["organ_code"], row["receipt_no"]),
    )


def _standing(row: Row) -> Cell:
    """Whether the figures count, and since and until when they did."""
    since = f"自{row['official_from']:%Y-%m-%d}起" if row["official_from"] else ""
    until = f"至{row['official_to']:%Y-%m-%d}" if row["official_to"] else ""
    if row["is_official"]:
        return Cell("是", tone="good", note=since)
    if row["repeats_version"]:
        return Cell("否", note=f"数字与第{row['repeats_version']}份相同")
    if row["superseded_by_version"]:
        return Cell("否", note=f"曾是（{since}{until}），被第{row['superseded_by_version']}份替代")
    return Cell("否")


def _files(organ: Row, rows: Sequence[Row]) -> Table | None:
    if not rows:
        return None
    code = organ["organ_code"]
    return Table(
        f"organ-{code}-files",
        "没有成为报表的文件",
        (
            Column("文件", is_head=True),
            Column("收到", "short"),
            Column("结果"),
            Column("原因"),
            Column("回执", "short"),
        ),
        [
            (
                wording.shortened(row["inbox_path"], 120),
                row["received_at"],
                _OUTCOMES[row["outcome"]],
                wording.shortened(row["reason"], 300),
                receipt(code, f"{code}-{row['file_id']}-{row['sha256'][:6]}"),
            )
            for row in rows
        ],
        most=MOST_ROWS,
    )


def _contributions(organ: Row, known: Known) -> Table | None:
    labels = known.collected.labels
    order = {concept: place for place, concept in enumerate(labels)}
    rows = sorted(
        known.contributions.get(organ["organ_code"], []),
        key=lambda row: (-row["report_year"], order[row["concept_code"]]),
    )
    if not rows:
        return None
    untold = "、".join(f"{year}年度" for year in known.unexplained)
    return Table(
        f"organ-{organ['organ_code']}-contributions",
        "对全市增减的贡献",
        (
            *(Column("年度", "short"), Column("指标", is_head=True), Column("本单位", "change")),
            *(Column("全市增减", "change"), Column("全市合计", "number"), Column("属于")),
        ),
        [
            (
                row["report_year"],
                labels[row["concept_code"]].heading,
                *(row["contribution"], row["change"], row["value"], WORDS["part"][row["part"]]),
            )
            for row in rows
        ],
        note=f"没有列出的指标，本单位没有增减。{untold}全市没有可比的增减（第一年、换表样或合计不完整），不分解。",
        most=MOST_ROWS,
    )


def _index(organs: Sequence[Row], known: Known) -> dict[str, Any]:
    groups: dict[str, list[tuple[Value | Cell, ...]]] = {}
    for organ in organs:
        groups.setdefault(organ["district_name"] or CITY_LEVEL, []).append(_entry(organ, known))
    columns = (
        *(Column("单位", is_head=True), Column("机构代码", "short"), Column("类别"), Column("最近的报送")),
        *(Column("错误待处理", "number"), Column("提示待处理", "number"), Column("在册年度", "short")),
    )
    return {
        "groups": [
            (f"group-{number}", name, Table(f"organs-{number}", f"{name}（{len(rows)}家）", columns, rows))
            for number, (name, rows) in enumerate(groups.items())
        ],
        "everything": Table(
            "organs",
            "全部单位",
            (Column("所属"), *columns),
            [(name, *row) for name, rows in groups.items() for row in rows],
        ),
        "total": len(organs),
    }


def _entry(organ: Row, known: Known) -> tuple[Value | Cell, ...]:
    code = organ["organ_code"]
    latest = _latest(known.duties.get(code, []))
    waiting = [row for row in known.findings.get(code, []) if row["standing"] in WAITING]
    errors = sum(row["severity"] == "error" for row in waiting)
    warnings = sum(row["severity"] == "warning" for row in waiting)
    return (
        Cell(organ["name"], page=organ_page(code)),
        code,
        WORDS["kind"][organ["kind"]],
        _state(latest),
        Cell(errors, is_quiet=not errors),
        Cell(warnings, is_quiet=not warnings),
        _span(organ),
    )


def _state(latest: Sequence[Row]) -> Value | Cell:
    """The weightiest status of the year's forms."""
    if not latest:
        return None
    row = max(latest, key=lambda row: _WEIGHTS.index(row["status"]))
    tone, sign = TONES[row["status"]]
    is_quiet = row["status"] == "not_due"
    return Cell(f"{row['report_year']}年度{STATUSES[row['status']]}", tone=tone, sign=sign, is_quiet=is_quiet)
