"""What each release changed: totals before and after, which reports caused it, which year over year turned round.

Belongs here: the list of releases and one page for each. Does not belong here: when a release is made, what a revision
is (``warehouse/sql/mart``), the frozen copies (``pipelines.releases``).

A page lists the totals of the city and the largest changes; how many there are of all is said, and the file that
analysts open has every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import duckdb

from pipelines.site.figure import Cell, Column, Table, Value
from pipelines.site.frame import Page, organ_page
from pipelines.site.terms import Row, grouped, receipt, release_page, slice_name
from schemas.chinese import WORDS
from schemas.form import CellKey, load_forms
from schemas.narrative import label_of
from warehouse.connection import dicts

INDEX: Final = "releases/index.html"
MOST_TOTALS: Final = 100
MOST_CAUSES: Final = 200
MOST_CELLS: Final = 50
"""rows of a page; of cells, of its download too"""
_HASHES: Final = {
    "content_hash": "数字（正式数、汇总、同比）",
    "rules_hash": "规则",
    "forms_hash": "表样",
    "register_hash": "名录",
    "code_version": "程序版本",
}
_CAUSES: Final = """
SELECT
    r.release_id, r.organ_code, o.name, r.report_year, r.form_code, f.short_title, r.reason,
    max(b.receipt_no) AS receipt_before, max(a.receipt_no) AS receipt_after,
    max(a.resubmission_reason) AS resubmission_reason,
    count(DISTINCT (r.indicator_code, r.applicant_kind, r.measure)) AS cells,
    count(DISTINCT CASE WHEN r.is_summed THEN (r.indicator_code, r.applicant_kind, r.measure) END) AS cells_summed
FROM mart.revision AS r
LEFT JOIN core.dim_organ AS o ON o.organ_code = r.organ_code
LEFT JOIN core.dim_form AS f ON f.form_code = r.form_code
LEFT JOIN core.fct_submission AS b ON b.submission_id = r.submission_before
LEFT JOIN core.fct_submission AS a ON a.submission_id = r.submission_after
GROUP BY ALL
ORDER BY cells DESC, r.organ_code, r.report_year, r.form_code, r.reason"""
_CELLS: Final = """
SELECT release_id, organ_code, name, report_year, form_code, indicator_code, applicant_kind, measure, value_before,
    value_after, delta, reason, cells
FROM (
    SELECT r.*, o.name,
        count(*) OVER (PARTITION BY r.release_id) AS cells,
        row_number() OVER (
            PARTITION BY r.release_id
            ORDER BY abs(r.delta) DESC, r.organ_code, r.report_year, r.form_code, r.indicator_code, r.applicant_kind,
                r.measure, r.is_summed
        ) AS place
    FROM mart.revision AS r
    LEFT JOIN core.dim_organ AS o ON o.organ_code = r.organ_code
    WHERE r.delta <> 0
) AS ranked
WHERE place <= ?
ORDER BY release_id, place"""
_TOTALS: Final = """
SELECT * FROM mart.revision_rollup
WHERE slice_kind = 'city' OR sign_changed
ORDER BY release_id, abs(delta) DESC, report_year DESC, form_code, slice_kind, slice_code, indicator_code,
    applicant_kind, measure"""
_MOVED: Final = """
SELECT release_id, slice_kind, count(*) AS totals, count(CASE WHEN delta <> 0 THEN 1 END) AS moved
FROM mart.revision_rollup
GROUP BY release_id, slice_kind"""


def pages(connection: duckdb.DuckDBPyConnection) -> Iterator[Page]:
    """The list, and a page a release."""
    releases = dicts(connection, "SELECT * FROM meta.release ORDER BY release_no")
    names = {row["organ_code"]: row["name"] for row in dicts(connection, "SELECT organ_code, name FROM core.dim_organ")}
    causes = grouped(dicts(connection, _CAUSES), "release_id")
    cells = grouped(dicts(connection, _CELLS, [MOST_CELLS]), "release_id")
    totals = grouped(dicts(connection, _TOTALS), "release_id")
    moved = grouped(dicts(connection, _MOVED), "release_id")
    yield Page(INDEX, "历次发布", "releases.html", {"releases": _list(releases, totals)})
    for before, release, after in zip([None, *releases[:-1]], releases, [*releases[1:], None], strict=True):
        key = release["release_id"]
        yield Page(
            release_page(key),
            f"发布 {key}",
            "release.html",
            {
                "release": release,
                "neighbours": _neighbours(before, after),
                "is_first": before is None,
                "causes": _causes(key, causes.get(key, [])),
                "cities": _city(key, [row for row in totals.get(key, []) if row["slice_kind"] == "city"]),
                "turned": _turned(key, [row for row in totals.get(key, []) if row["sign_changed"]], names),
                "cells": _cells(key, cells.get(key, [])),
                "moved": moved.get(key, []),
                "slices": {"city": "全市", "level": "层级", "organ_kind": "政府与部门", "district": "各区"},
                "marks": _marks(key, release, before),
                "folder": f"published/releases/{key}/",
            },
        )


def _list(releases: Sequence[Row], totals: Mapping[str, Sequence[Row]]) -> Table:
    turned = {key: sum(row["sign_changed"] for row in rows) for key, rows in totals.items()}
    columns = (Column("发布", is_head=True), Column("时间", "short"), Column("第几夜", "number"), Column("变动"))
    return Table(
        "releases",
        "历次发布，最近的在前",
        (*columns, Column("升降改变", "number"), Column("数字的散列")),
        [
            (
                Cell(row["release_id"], page=release_page(row["release_id"])),
                *(row["released_at"], row["night"], row["changed"]),
                *(turned.get(row["release_id"], 0), row["content_hash"]),
            )
            for row in reversed(releases)
        ],
    )


def _neighbours(before: Row | None, after: Row | None) -> list[tuple[str, str, bool]]:
    told = (("上一次", before), ("下一次", after))
    return [(f"{word}：{row['release_id']}", release_page(row["release_id"]), False) for word, row in told if row]


def _causes(release_id: str, rows: Sequence[Row]) -> Table:
    columns = ("年度", "表样", "原因", "原来采用的", "现在采用的", "重报原因")
    return Table(
        f"release-{release_id}-causes",
        "哪些报表引起",
        (
            Column("单位", is_head=True),
            *map(Column, columns),
            *(Column("变动格数", "number"), Column("其中计入合计", "number")),
        ),
        [
            (
                Cell(row["name"] or row["organ_code"], page=organ_page(row["organ_code"])),
                *(row["report_year"], row["short_title"], WORDS["revision_reason"][row["reason"]]),
                *(receipt(row["organ_code"], row["receipt_before"]), receipt(row["organ_code"], row["receipt_after"])),
                *(row["resubmission_reason"] or "", row["cells"], row["cells_summed"]),
            )
            for row in rows
        ],
        most=MOST_CAUSES,
    )


def _city(release_id: str, rows: Sequence[Row]) -> Table:
    return Table(
        f"release-{release_id}-city",
        "全市合计的前后",
        (
            Column("指标", is_head=True),
            *(Column("年度"), Column("表样")),
            *(Column("原数", "number"), Column("现数", "number"), Column("变动", "change")),
            *(Column("原同比增减", "change"), Column("现同比增减", "change"), Column("升降")),
        ),
        [
            (
                *(_label(row), row["report_year"], _form(row["form_code"])),
                *(row["value_before"], row["value_after"], row["delta"]),
                *(row["change_before"], row["change_after"], _turn(row)),
            )
            for row in rows
        ],
        note="“—”表示当时没有这个数，或合计不完整、不出同比。",
        most=MOST_TOTALS,
    )


def _turned(release_id: str, rows: Sequence[Row], names: Mapping[str, str]) -> Table:
    return Table(
        f"release-{release_id}-turned",
        "同比升降改变的合计",
        (
            Column("指标", is_head=True),
            *(Column("年度"), Column("范围")),
            *(Column("原同比增减", "change"), Column("现同比增减", "change")),
            *(Column("原百分比", "percent"), Column("现百分比", "percent"), Column("升降")),
        ),
        [
            (
                *(_label(row), row["report_year"], slice_name(row["slice_kind"], row["slice_code"], names)),
                *(row["change_before"], row["change_after"], row["change_pct_before"], row["change_pct_after"]),
                _turn(row),
            )
            for row in rows
        ],
        most=MOST_TOTALS,
    )


def _cells(release_id: str, rows: Sequence[Row]) -> Table:
    total = rows[0]["cells"] if rows else 0
    listed = f"变动最大的{len(rows)}格，共{total}格" if total > len(rows) else f"变动的{total}格"
    return Table(
        f"release-{release_id}-cells",
        f"单位的数字：{listed}",
        (
            Column("单位", is_head=True),
            *(Column("年度"), Column("指标")),
            *(Column("原数", "number"), Column("现数", "number"), Column("变动", "change"), Column("原因")),
        ),
        [
            (
                Cell(row["name"] or row["organ_code"], page=organ_page(row["organ_code"])),
                *(row["report_year"], _label(row)),
                *(row["value_before"], row["value_after"], row["delta"], WORDS["revision_reason"][row["reason"]]),
            )
            for row in rows
        ],
        note=f"每一格都在 disclosure.duckdb 的 mart.revision 表里，release_id 是 {release_id}。",
    )


def _marks(release_id: str, release: Row, before: Row | None) -> Table:
    def line(name: str) -> tuple[Value | Cell, ...]:
        is_same = before is not None and before[name] == release[name]
        told = "首次" if before is None else "与上一次相同" if is_same else "有变"
        return _HASHES[name], release[name], told

    return Table(
        f"release-{release_id}-hashes",
        "核对用的散列（SHA-256）与版本",
        (Column("内容", is_head=True), Column("散列"), Column("与上一次")),
        [line(name) for name in _HASHES],
    )


def _turn(row: Row) -> Value | Cell:
    if not row["sign_changed"]:
        return ""
    return Cell(f"{_way(row['change_before'])}→{_way(row['change_after'])}", tone="warning")


def _way(change: Any) -> str:
    return "无同比" if change is None else "升" if change > 0 else "降" if change < 0 else "平"


def _label(row: Mapping[str, Any]) -> str:
    return _label_of(row["form_code"], CellKey(row["indicator_code"], row["applicant_kind"], row["measure"]))


@cache
def _label_of(form_code: str, key: CellKey) -> str:
    return label_of(load_forms()[form_code], key)


def _form(form_code: str) -> str:
    return load_forms()[form_code].short_title
