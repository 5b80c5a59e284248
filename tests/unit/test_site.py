"""The frame of the office's pages: figures as text, CSV and drawings; links; what may be joined and ranked."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, datetime
from decimal import Decimal

import pytest
from markupsafe import Markup

from pipelines.site import charts
from pipelines.site.charts import Bar, Break, Pair, Point, bars, lines
from pipelines.site.coverage import Coverage, named
from pipelines.site.figure import Cell, Column, Figure, Table, written
from pipelines.site.flow import Band, FlowError, Node, flow, sizes_of
from pipelines.site.frame import Frame, Night, Page
from pipelines.site.pages.districts import Entry, places_of
from pipelines.site.pages.overview import headline_year
from pipelines.site.pages.results import Outcome, Result
from pipelines.site.series import Mover, Panel, Step, breaks_of
from schemas.concept import concept_labels

HOSTILE = '</text></svg><script>alert(1)</script>" onload=x $a$ \u202e\x00 --> #010101'
NIGHT = Night(7, datetime(2025, 2, 1, 2, 0), "1.0", "R0003-aaaaaaaa", datetime(2025, 1, 31, 2, 0))
LINE = (Point(2016, Decimal(1465)), Point(2017, Decimal(1370)), Point(2019, Decimal(20), is_complete=False))


# values


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (None, "number", "—"),
        (Decimal("42938.0000"), "number", "42,938"),
        (Decimal(0), "number", "0"),
        (Decimal("-3.5"), "change", "−3.5"),
        (Decimal(3809), "change", "+3,809"),
        (Decimal(0), "change", "0"),
        (Decimal("0.39424"), "rate", "39.4%"),
        (Decimal("9.7345"), "percent", "+9.73%"),
        (Decimal("-6.485"), "percent", "−6.48%"),
        (2024, "text", "2024"),
        (date(2025, 1, 31), "text", "2025年1月31日"),
        (datetime(2025, 1, 31, 9, 5), "text", "2025-01-31 09:05"),
        ("-", "number", "-"),
    ],
)
def test_a_value_as_people_read_it(value: object, kind: str, text: str) -> None:
    assert written(value, kind) == text  # type: ignore[arg-type]  # what a table holds


def test_a_download_has_exact_figures_and_no_formula() -> None:
    table = Table(
        "a",
        "甲",
        (Column("=名称"), Column("数", "number")),
        [
            ("=1+1", Decimal("1234.5000")),
            ("＝1", Decimal(2)),
            (" @x", None),
            (Cell("+甲", page="x.html"), Decimal("-7")),
            ("好，\n", Decimal(1) / 3),
        ],
    )
    content = table.to_csv()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows == [
        ["'=名称", "数"],
        ["'=1+1", "1234.5"],
        ["'＝1", "2"],
        ["' @x", ""],
        ["'+甲", "-7"],
        ["好，\n", "0.3333"],
    ]


def test_a_table_with_a_row_too_short_or_a_name_that_is_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match="has other than 2 values"):
        Table("a", "甲", (Column("x"), Column("y")), [("1",)])
    with pytest.raises(ValueError, match="no name of a download"):
        Table("../a", "甲", (Column("x"),), [])
    with pytest.raises(ValueError, match="no kind of column"):
        Column("x", "money")


def test_many_names_are_cut_and_it_is_said() -> None:
    assert named(["甲", "乙"]) == "甲、乙"
    assert named([str(number) for number in range(25)]).endswith("18、19，另外5家见“报送进度”")


# pages


def rendered(path: str, table: Table | Figure, others: tuple[str, ...] = ()) -> tuple[str, Frame]:
    rate = {"year": 1, "here": path, "links": [], "smallest": Decimal(10), "rates": [("率", "义", table, None)]}
    page = Page(path, "甲<b>", "districts.html", rate)
    frame = Frame(NIGHT, [page, *(Page(other, "乙", "districts.html", {"year": None}) for other in others)])
    return frame.render(page), frame


def test_links_work_from_any_depth_and_lead_only_to_pages_that_are_there() -> None:
    table = Table(
        "t", "甲", (Column("x"),), [(Cell("在", page="organs/A.html"),), (Cell("不在", page="organs/B.html"),)]
    )
    html, frame = rendered("a/b/c.html", table, ("index.html", "organs/A.html"))
    assert '<a href="../../organs/A.html">在</a>' in html
    assert "organs/B.html" not in html
    assert '<link rel="stylesheet" href="../../style.css">' in html
    assert '<a href="../../data/t.csv" download>' in html
    assert frame.downloads["data/t.csv"] == table.to_csv()
    flat, _ = rendered("index.html", table)
    assert '<a href="data/t.csv" download>' in flat


def test_everything_is_escaped_and_nothing_hidden_stays_hidden() -> None:
    html, _ = rendered("a.html", Table("t", HOSTILE, (Column(HOSTILE),), [(HOSTILE,)], HOSTILE))
    assert "<script" not in html
    assert "\u202e" not in html
    assert "\x00" not in html
    assert html.count("&lt;script&gt;") == 6  # label of the region, caption, head, cell, note, download
    assert "<title>甲&lt;b&gt; · 政府信息公开统计</title>" in html


def test_a_page_says_which_night_it_is() -> None:
    html, _ = rendered("a.html", Table("t", "甲", (Column("x"),), []))
    assert "数据截至 2025-02-01 02:00（第 7 夜）　当前发布 R0003-aaaaaaaa（2025-01-31 02:00）" in html
    assert "没有数据" in html


def test_two_tables_of_one_name_are_refused_and_a_path_from_outside_is_no_path() -> None:
    one, other = (Table("t", "甲", (Column("x"),), [(value,)]) for value in ("1", "2"))
    page = Page("a.html", "甲", "reported.html", {"tables": [("", one), ("", other)], "incomplete": []})
    with pytest.raises(ValueError, match="two different tables are both called t"):
        Frame(NIGHT, [page]).render(page)
    for path in ("../a.html", "/a.html", "a b.html", "甲.html", "a.html\n"):
        with pytest.raises(ValueError, match="no path of a page"):
            Page(path, "甲", "reported.html", {})


def test_a_chart_brings_its_table_and_its_download() -> None:
    figure = Figure("图", lines("n", "图", "说明", {"甲": LINE}), Table("t", "甲", (Column("x"),), [("值",)]), ("注",))
    html, frame = rendered("a.html", figure)
    assert re.search(r"<figure>.*<svg .*注.*<table>.*值.*data/t\.csv.*</figure>", html, re.DOTALL)
    assert set(frame.downloads) == {"data/t.csv"}


# charts


def test_the_same_figures_give_the_same_bytes() -> None:
    def drawn() -> Markup:
        return lines(
            "n", "图", "说明", {"甲": LINE}, breaks=[Break(2019, "换表样")], pairs=[Pair(2017, Decimal(1), Decimal(2))]
        )

    first = drawn()
    bars("other", "图", "说明", [Bar("甲", Decimal(1), "1", is_quiet=True)])
    assert drawn() == first


def test_a_chart_follows_the_page_and_is_read_aloud() -> None:
    svg = lines("n", "图<", "说&明", {"甲": LINE}, breaks=[Break(2019, "换表样")])
    assert svg.startswith('<svg viewBox="0 0 720 300"')
    assert 'role="img" aria-labelledby="n-title n-desc"><title id="n-title">图&lt;</title>' in re.sub(
        ' style="[^"]*"', "", svg, count=1
    )
    assert "说&amp;明</desc>" in svg
    assert "var(--c1)" in svg
    assert "var(--sans)" in svg
    assert not re.search(r"#0[0-9]{5}\b", svg)
    assert "DejaVu" not in svg
    assert "Noto" not in svg
    ids = re.findall(r'\bid="([^"]+)"', svg)
    assert ids
    assert all(name.startswith("n-") for name in ids)
    assert {name.removeprefix("url(#") for name in re.findall(r"url\(#[^)]+", svg)} <= set(ids)


def test_what_is_incomplete_or_of_another_form_is_not_joined() -> None:
    def segments(points: tuple[Point, ...], *breaks: Break) -> list[int]:
        """Points on each line drawn in the first colour."""
        svg = lines("n", "图", "说明", {"甲": points}, breaks=list(breaks))
        paths = re.findall(r'<path d="([^"]*)" [^>]*style="fill: none; stroke: var\(--c1\)', svg)
        return [len(re.findall("[ML]", path)) for path in paths]

    years = tuple(Point(year, Decimal(year)) for year in (2016, 2017, 2018))
    assert segments(years) == [3]
    assert segments(years, Break(2018, "换表样")) == [2, 1]
    assert segments((*years, Point(2020, Decimal(1)))) == [3, 1]
    assert segments((*years, Point(2019, Decimal(1), is_complete=False))) == [3, 1]
    assert segments((*years, Point(2019, None))) == [3]
    svg = lines("n", "图", "说明", {"甲": (*years, Point(2019, Decimal(1), is_complete=False))})
    assert "不完整</text>" in svg
    assert "fill: var(--paper); stroke: var(--c1)" in svg


def test_a_chart_of_nothing_says_so() -> None:
    assert "没有数据</text>" in lines("n", "图", "说明", {"甲": (), "乙": ()}, breaks=[Break(2019, "换表样")])
    assert "没有数据" not in lines("n", "图", "说明", {"甲": (Point(2019, None),), "乙": ()})


def test_text_in_a_chart_stays_text() -> None:
    svg = str(bars("n", HOSTILE, HOSTILE, [Bar(HOSTILE, Decimal(1), HOSTILE), Bar("缺", None, "缺报")]))
    assert set(re.findall(r"<([a-z]+)", svg)) <= {
        "svg",
        "title",
        "desc",
        "g",
        "path",
        "text",
        "tspan",
        "defs",
        "use",
        "rect",
        "clip",
    } | {"clipPath"}
    assert "\u202e" not in svg
    assert "\x00" not in svg
    # text that looks like a marker colour is not repainted
    assert "#010101</text>" in svg
    assert "缺报</text>" in svg


def test_a_label_is_cut_and_a_small_base_is_hatched() -> None:
    assert charts.shortened("一" * 30) == "一" * 16 + "…"
    quiet, loud = (
        str(bars("n", "图", "说明", [Bar("甲", Decimal(1), "1", is_quiet=state)])) for state in (True, False)
    )
    assert "<pattern" in quiet
    assert "<pattern" not in loud


# flow

NODES = {"in": Node("来", 0), "all": Node("", 1), "a": Node("甲", 2, 2), "b": Node("乙", 2, 1)}


def test_a_flow_is_as_wide_as_its_figures() -> None:
    bands = [Band("in", "all", Decimal(4)), Band("all", "a", Decimal(3)), Band("all", "b", Decimal(1))]
    assert sizes_of(NODES, bands) == {"in": 4, "all": 4, "a": 3, "b": 1}
    svg = flow("n", "图", "说明", NODES, bands)
    # a node is a rectangle: M left top, L right top, L right bottom ...
    tall = []
    for path in re.findall(r'<path d="(M[^"]*)" clip-path="[^"]*" style="fill: var\(--c\d\)"', svg):
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", path)]
        tall.append(max(numbers[1::2]) - min(numbers[1::2]))
    assert [round(size) for size in tall] == [300, 300, 225, 75]


def test_what_does_not_add_up_is_not_drawn() -> None:
    with pytest.raises(FlowError, match="all gets 4 and gives 3"):
        flow("n", "图", "说明", NODES, [Band("in", "all", Decimal(4)), Band("all", "a", Decimal(3))])
    with pytest.raises(FlowError, match="less than nothing"):
        sizes_of(NODES, [Band("in", "all", Decimal(-1))])


def result(total: Decimal | None, carried: Decimal | None, *parts: Decimal | None) -> Result:
    outcome = Outcome("不予公开", {str(place): value for place, value in enumerate(parts)})
    return Result(2024, "gb_2021", "表样", {"本年新收": Decimal(10), "上年结转": Decimal(2)}, total, carried, [outcome])


def test_whether_requests_balance() -> None:
    good = result(Decimal(9), Decimal(3), Decimal(4), Decimal(5))
    assert (good.does_divide, good.does_balance) == (True, True)
    assert good.balance == "本年新收 10＋上年结转 2 ＝ 办理 9＋结转下年 3。"
    lost = result(Decimal(9), Decimal(2), Decimal(4), Decimal(5))
    assert (lost.does_divide, lost.does_balance) == (True, False)
    assert "不相等，相差 1，所以不画来源" in lost.balance
    assert not result(Decimal(9), Decimal(3), Decimal(4), Decimal(4)).does_divide
    assert not result(Decimal(9), Decimal(3), Decimal(10), Decimal(-1)).does_divide
    assert not result(Decimal(13), Decimal(-1), Decimal(13)).does_balance
    unknown = result(Decimal(9), None, Decimal(4), None)
    assert (unknown.does_divide, unknown.does_balance) == (False, False)
    assert "相差 —" in unknown.balance


# series


def step(concept: str, year: int, form: str, **told: object) -> Step:
    row = {
        "value": Decimal(1),
        "prior_value": None,
        "change": None,
        "change_pct": None,
        "is_complete": True,
        "note": "",
    }
    return Step(concept_labels()[concept], year, form, form, **(row | told))  # type: ignore[arg-type]  # a row as read


FIRST_YEARS = {"fj_annex_2009": 2008, "fj_annex_2017": 2014, "gb_2019": 2019, "gb_2021": 2021}


@pytest.mark.parametrize(
    ("concept", "broken"),
    [
        # A and B all the way: renamed, added up
        ("requests_received", {}),
        ("lawsuits", {}),
        # C from 2019 on, though the first figures after it are of 2023
        ("granted", {2019: "2019年起换表样，口径不同"}),
        # D: no longer on the form, and no way to the edition of 2021 at all
        ("opened", {2023: "表样不同，不可比"}),
    ],
)
def test_where_a_line_breaks(concept: str, broken: dict[int, str]) -> None:
    steps = [step(concept, 2017, "fj_annex_2017"), step(concept, 2018, "fj_annex_2017"), step(concept, 2023, "gb_2021")]
    assert breaks_of(steps, FIRST_YEARS) == broken


def test_why_a_total_changed() -> None:
    movers = [Mover("A", "甲局", "matched", Decimal(90)), Mover("B", "乙镇", "entered", Decimal(10))]
    parts = {"matched": Decimal(90), "entered": Decimal(10)}
    changed = step("granted", 2017, "fj_annex_2017", change=Decimal(100), parts=parts, movers=movers)
    assert changed.why == "其中两年都报的单位 +90，本年新加入的单位 +10。变动最大：甲局 +90，乙镇 +10。"
    panel = Panel(Decimal(95), Decimal(90), Decimal(5), Decimal("5.5556"), 74, 0, 0, 3)
    waiting = step("granted", 2024, "gb_2021", is_complete=False, panel=panel, movers=movers[:1])
    assert waiting.why == "两年可比的74家：+5（+5.56%）。变动最大：甲局 +90。"
    assert step("granted", 2016, "fj_annex_2017").why == ""


# overview


def test_a_collection_that_only_begins_is_no_headline() -> None:
    def year(report_year: int, reported: int) -> Coverage:
        return Coverage(report_year, "gb_2021", "表样", 10, reported, 1, is_complete=False, missing=())

    assert headline_year([year(2023, 9), year(2024, 3)]) == 2023
    assert headline_year([year(2023, 9), year(2024, 4)]) == 2024
    assert headline_year([year(2024, 0)]) == 2024
    assert headline_year([]) is None


# districts


def test_who_is_ranked() -> None:
    big = Entry("A", "甲", Decimal(5), Decimal(10))
    best = Entry("B", "乙", Decimal(9), Decimal(10))
    small = Entry("C", "丙", Decimal(9), Decimal(9))
    lacking = Entry("D", "丁", Decimal(10), Decimal(10), missing="缺某局（缺报）")
    empty = Entry("E", "戊", Decimal(0), Decimal(0))
    blank = Entry("F", "己", None, None)
    held = Entry("G", "庚", None, None, state="held")
    entries = [held, blank, empty, lacking, small, big, best]
    assert "".join(item.name for item in sorted(entries, key=lambda item: item.order)) == "乙甲丁丙戊己庚"
    assert [item.name for item in entries if item.is_ranked] == ["甲", "乙"]
    assert [item.remark for item in (big, small, lacking, empty, blank, held)] == [
        "",
        "基数小于10，不排名",
        "缺某局（缺报），不排名",
        "基数为0，不计算",
        "有空白格，不计算",
        "扣留，没有数据",
    ]


def test_the_same_rate_is_the_same_place() -> None:
    rates = (
        ("A", 4, 40),
        ("B", 1, 10),
        ("C", 9, 10),
        ("D", 0, 12),
        ("E", 9, 9),
        ("F", 0, 20),
        ("G", 1, 30),
        ("H", 3, 90),
    )
    entries = [Entry(code, code, Decimal(part), Decimal(base)) for code, part, base in rates]
    assert places_of(sorted(entries, key=lambda item: item.order)) == {
        "C": 1, "A": 2, "B": 2, "G": 4, "H": 4, "D": 6, "F": 6,
    }  # fmt: skip
