"""The pages of organs, findings and releases on rows made by hand: gaps and breaks, order, bounds, what is escaped."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from pipelines.site import charts
from pipelines.site.assessed import Assessed
from pipelines.site.figure import Cell, Column, Figure, Table
from pipelines.site.frame import Frame, Night, Page
from pipelines.site.history import Collected, history
from pipelines.site.pages.findings import count, list_findings, read_findings
from pipelines.site.terms import receipt
from schemas.concept import concept_labels, concept_terms
from schemas.form import load_forms
from tests.unit.city import City, knowledge
from warehouse.build import build_table, load_rows

NIGHT = Night(7, datetime(2025, 2, 1, 2, 0), "1.0", "R0003-aaaaaaaa", datetime(2025, 1, 31, 2, 0))
ORGAN = {"organ_code": "DEPT", "name": "甲局", "kind": "municipal_department"}
COLLECTED = Collected(
    years=(2017, 2018, 2023, 2024),
    first_years={form.form_code: form.first_year for form in load_forms().values()},
    has=frozenset((term.concept_code, term.form_code) for term in concept_terms(load_forms())),
    labels=concept_labels(),
)
FORMS = {2017: "fj_annex_2017", 2018: "fj_annex_2017", 2023: "gb_2021", 2024: "gb_2021"}


def row(year: int, value: int | None, concept: str = "answered") -> dict[str, Any]:
    figure = None if value is None else Decimal(value)
    return {"concept_code": concept, "report_year": year, "form_code": FORMS[year], "value": figure}


def duty(year: int, status: str) -> dict[str, Any]:
    return {"report_year": year, "form_code": FORMS[year], "status": status}


def told(rows: list[dict[str, Any]], *statuses: str, organ: dict[str, Any] = ORGAN) -> Figure:
    figure = history(organ, rows, [duty(*pair) for pair in zip(FORMS, statuses, strict=True)], COLLECTED)
    assert figure is not None
    return figure


def cells(figure: Figure, family: int = 0) -> list[tuple[Any, str]]:
    """(value, note) by year."""
    return [(cell.value, cell.note) for _, cell in figure.table.cells[family][1:]]


# figures over the years


def test_every_year_has_its_figure_or_the_reason_and_a_break_is_told() -> None:
    figure = told([row(2017, 9), row(2023, 7)], "accepted", "missing", "accepted", "held")
    assert cells(figure) == [(9, ""), ("缺报", ""), (7, "2019年起换表样，口径不同"), ("扣留", "")]
    assert figure.notes == (
        "灰色是没有收集的年度（2019、2020、2021、2022）。",
        "竖虚线处换了表样，口径不同，前后不相连。",
    )
    rows = list(csv.reader(io.StringIO(figure.table.to_csv().decode("utf-8-sig"))))
    assert rows == [
        ["指标", "2017年", "2018年", "2023年", "2023年（说明）", "2024年"],
        ["办理答复（件）", "9", "缺报", "7", "2019年起换表样，口径不同", "扣留"],
    ]
    for word in ("缺\n报", "扣\n留"):
        assert all(letter in figure.chart for letter in word.split())


def test_no_blank_and_nothing_owed_becomes_a_zero() -> None:
    figure = told([row(2017, None), row(2018, 0)], "accepted", "nil", "not_due", "due")
    assert cells(figure) == [("空白", ""), (0, ""), ("不应报", ""), ("待报", "")]
    assert history(ORGAN, [], [duty(2017, "missing")], COLLECTED) is None


def test_what_a_form_does_not_have_is_not_missing() -> None:
    figure = told([row(2017, 5, "opened"), row(2018, 6, "opened")], "accepted", "accepted", "missing", "accepted")
    assert cells(figure) == [(5, ""), (6, ""), ("表内无", ""), ("表内无", "")]


def test_an_organ_without_a_headline_figure_has_a_drawing_of_what_it_has() -> None:
    figure = told([row(2023, 3, "fees"), row(2024, 4, "fees")], "not_due", "not_due", "accepted", "accepted")
    assert "行政事业性收费（万元）" in figure.chart
    assert cells(figure) == [("不应报", ""), ("不应报", ""), (3, ""), (4, "")]


def test_a_district_is_shown_as_the_report_that_it_is() -> None:
    district = ORGAN | {"kind": "district_government"}
    figure = told([row(2017, 1)], "accepted", "accepted", "accepted", "accepted", organ=district)
    assert figure.title == "历年主要数字（全区汇总报告）"


def lines_of(chart: str) -> list[str]:
    """The paths in the colour of the figures."""
    return re.findall(r'<path d="([^"]*)"[^>]*stroke: var\(--c1\); stroke-width: 2', chart)


def test_a_line_stops_at_a_gap_and_at_a_break() -> None:
    points = tuple(charts.Point(year, Decimal(year)) for year in (2016, 2017, 2018, 2019, 2021, 2022))
    whole = charts.panels(
        "n", "图", "说明", [charts.Panel("甲", points, {}, frozenset())], (2016, 2017, 2018, 2019, 2021, 2022)
    )
    broken = charts.panels(
        "n", "图", "说明", [charts.Panel("甲", points, {}, frozenset({2018}))], (2016, 2017, 2018, 2019, 2021, 2022)
    )
    assert [line.count("L") for line in lines_of(whole)] == [3, 1]
    assert [line.count("L") for line in lines_of(broken)] == [1, 1, 1]
    assert "var(--c6)" in broken
    assert "var(--c6)" not in whole


def test_a_name_in_a_drawing_stays_text() -> None:
    drawn = charts.panels(
        "n",
        "<script>",
        "<b>",
        [charts.Panel("$x$<script>", (charts.Point(2016, Decimal(1)),), {2016: "<i>"}, frozenset())],
        (2016,),
    )
    assert "<script" not in drawn
    assert "$x$&lt;script&gt;" in drawn


# tables


def shown(table: Table, *others: str) -> str:
    page = Page("organs/DEPT.html", "甲局", "releases.html", {"releases": table})
    return Frame(NIGHT, [page, *(Page(path, "乙", "releases.html", {}) for path in others)]).render(page)


def test_a_long_table_says_how_long_it_is_and_its_download_has_all() -> None:
    table = Table("t", "甲", (Column("数", "number"),), [(number,) for number in range(30)], most=10)
    html = shown(table)
    assert html.count("<tr>") == 1 + 10
    assert "这里列出前 10 行，共 30 行；全部在下载的数据里。" in html
    assert len(table.to_csv().splitlines()) == 31
    assert "全部在下载的数据里" not in shown(Table("t", "甲", (Column("数", "number"),), [(1,)], most=10))


def test_a_receipt_is_a_short_link_to_the_home_and_a_number_in_the_download() -> None:
    table = Table("t", "甲", (Column("回执"),), [(receipt("DEPT", "DEPT-2024-gb_2021-000001-abcdef"),)])
    assert '<a href="../../../../outbox/DEPT/DEPT-2024-gb_2021-000001-abcdef.html">回执</a>' in shown(table)
    assert b"DEPT-2024-gb_2021-000001-abcdef" in table.to_csv()
    assert receipt("DEPT", None).home == ""


def test_a_link_to_a_place_in_a_page_needs_the_page() -> None:
    table = Table("t", "甲", (Column("规则"),), [(Cell("F01", page="findings/rules.html#F01"),)])
    assert '<a href="../findings/rules.html#F01">F01</a>' in shown(table, "findings/rules.html")
    assert "rules.html" not in shown(table)


def test_a_state_may_have_a_sign_of_its_own() -> None:
    html = shown(Table("t", "甲", (Column("状态"),), [(Cell("扣留", tone="error", sign="‖"),)]))
    assert '<span class="tone error"><span aria-hidden="true">‖</span> 扣留</span>' in html


# findings


def found(city: City) -> list[dict[str, Any]]:
    connection: duckdb.DuckDBPyConnection = city.built()
    load_rows(connection, "stage.form", knowledge().rows()["form"])
    build_table(connection, "core.dim_form")
    return read_findings(connection)


def test_open_errors_come_first_and_what_was_replaced_waits_for_nobody() -> None:
    city = City().expect("DEPT", "DEPT2", "OFFICE", "EASTTOWN")
    city.file("DEPT", held=True).find("旧错").find("旧提示", rule="F02", severity="warning")
    city.file("DEPT").find("现提示", rule="F02", severity="warning")
    city.file("DEPT2", official=True).find("在用的")
    city.file("DEPT2", held=True).find("更正稿的错")
    city.file("OFFICE").find("接受了", state="waived")
    city.file("EASTTOWN", held=True).find("失效了", state="lapsed")
    city.file("EASTTOWN", held=True).find("还扣着")
    rows = found(city)
    assert [(item["standing"], item["message"]) for item in rows] == [
        ("open", "在用的"),
        ("open", "更正稿的错"),
        ("open", "还扣着"),
        ("open", "现提示"),
        ("waived", "接受了"),
        ("past", "旧错"),
        ("past", "失效了"),
        ("past", "旧提示"),
    ]
    assert [number for *_, number in count(rows)] == [3, 1, 0, 1, 3]
    assert [(part.title, part.total) for part in list_findings(rows)] == [
        ("错误：待处理", 3),
        ("提示：待处理", 1),
        ("错误：已按原样接受", 1),
        ("错误：报表已被后来的替代", 2),
        ("提示：报表已被后来的替代", 1),
    ]


def test_a_list_of_findings_is_bounded_from_the_end_and_keeps_its_counts() -> None:
    city = City().expect("DEPT").file("DEPT", held=True)
    for number in range(5):
        city.find(f"错{number}").find(f"提示{number}", rule="F02", severity="warning")
    lists = list_findings(found(city), most=7)
    assert [(part.title, part.total, len(part.shown)) for part in lists] == [
        ("错误：待处理", 5, 5),
        ("提示：待处理", 5, 2),
    ]


# assessment


@pytest.mark.parametrize(
    ("status", "caption", "source"),
    [("made up: not published", "得分（示例分值）", ""), ("某市办法第五条", "得分", "某市办法第五条")],
)
def test_points_that_nobody_published_are_marked(status: str, caption: str, source: str) -> None:
    rate = {"rate": Decimal("0.25"), "numerator": Decimal(1), "denominator": Decimal(4), "note": ""}
    rates = ("reply_open", "dispute", "correction", "open")
    year = {f"{code}_{name}": value for code in rates for name, value in rate.items()} | {
        "report_year": 2024, "duties": 1, "duties_due": 0, "full_score": Decimal(100), "total_deduction": Decimal(0),
        "score": None, "points_status": status,
    }  # fmt: skip
    assessed = Assessed.of("DEPT", [year], [])
    assert assessed is not None
    assert (assessed.scores.caption, assessed.source, assessed.deductions) == (caption, source, None)
    assert "DEPT-rates" in assessed.rates.name
    assert [tuple(line[3:6]) for line in assessed.rates.rows] == [(Decimal(1), Decimal(4), Decimal("0.25"))] * 4
    assert "未到期" in assessed.scores.to_csv().decode()
    assert Assessed.of("DEPT", [], []) is None
