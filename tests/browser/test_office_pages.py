"""The office's pages of the samples' night: their figures, and how they do in a real Chromium."""

from __future__ import annotations

import csv
import html
import io
import os
import re
import shutil
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from pipelines.settings import Settings
from pipelines.site.build import build_site
from tests.browser.chromium import needs_chromium
from tests.integration.night import published

A4 = (595, 842)
PRINTED = 703
"""pixels between the margins of a sheet of A4"""
LOOKED_AT = (
    "index.html",
    "trends/index.html",
    "trends/granted.html",
    "results/index.html",
    "results/2017_fj_annex_2017.html",
    "districts/index.html",
    "reported/index.html",
    "status/index.html",
    "status/2017.html",
    "findings/index.html",
    "findings/rules.html",
    "findings/2024.html",
    "organs/index.html",
    "organs/XMP03104.html",
    "organs/XMP00001.html",
    "releases/index.html",
    "releases/R0001.html",
)
"""the release by its number alone"""
OUTSIDE = (
    *("core.dim_organ.name", "core.dim_organ_year.name", "core.dim_organ_name.name", "core.organ_event.sentence"),
    *("mart.submission_status.name", "mart.submission_status.waits_for", "mart.submission_status.note"),
    *("core.fct_submission.file_name", "core.submission_chain.resubmission_reason"),
    *("core.fct_finding.message", "core.fct_finding.mend", "core.fct_finding.decision_note"),
    *("mart.assessment_deduction.reason", "mart.assessment_deduction.evidence", "meta.release.changed"),
)
"""the columns whose text may come from outside"""
HOSTILE = "<script>document.title='ran'</script>\"'><img src=x onerror=alert(1)>$x$\u202e\u0000"


def text_of(page: Path) -> str:
    """What the page says, without markup."""
    return html.unescape(re.sub(r"<[^>]+>", " ", page.read_text(encoding="utf-8")))


def download(site: Path, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((site / "data" / f"{name}.csv").read_text(encoding="utf-8-sig"))))


def looked_at(site: Path) -> list[str]:
    """LOOKED_AT with the release's whole name."""
    (release,) = site.glob("releases/R0001-*.html")
    return [path.replace("R0001.html", release.name) for path in LOOKED_AT]


# figures


def test_the_headline_is_the_latest_year_and_says_loudly_who_is_missing(site: Path) -> None:
    said = re.sub(r"\s+", " ", text_of(site / "index.html"))
    assert "2024年度的合计不完整，缺2家" in said
    assert "应报77家，已报74家，零报告1家" in said
    assert "厦门市同安区莲花镇人民政府 ：缺报" in said or "厦门市同安区莲花镇人民政府：缺报" in said
    assert re.search(r"厦门市集美区教育局 ?：扣留。有2处错误待改正", said)
    assert "新收申请 2,021 件 ✖ 不完整 上年 1,876" in said
    assert "两年可比的74家：+156（+8.41%）。变动最大：厦门市市场监督管理局 +48" in said
    assert "39.4% 794 ÷ 2,014" in said
    assert "2024年度公布200格，与各单位之和一致169格， 不一致31格" in said


def test_a_difference_to_an_incomplete_sum_is_never_told_without_who_is_missing(site: Path) -> None:
    said = text_of(site / "reported" / "index.html")
    assert "2024年度（年度报告2021年格式）的合计不完整，缺2家，差额里含它们的数" in said
    assert "厦门市集美区教育局（扣留）、厦门市同安区莲花镇人民政府（缺报）" in said
    rows = download(site, "reported_2024_gb_2021")
    new = [(row["申请人"], row["相差"]) for row in rows if row["指标"] == "一、本年新收政府信息公开申请数量"]
    assert new == [("自然人", "17"), ("商业企业", "4"), ("社会公益组织", "1"), ("总计", "22")]
    told = {(row["年度"], row["表样"]): row["结论"] for row in download(site, "published_against_sum")}
    assert told["2017", "厦门市补充表2017年版"] == "能比较的都一致"
    assert told["2017", "福建省附表2017年版"] == "一致"


def test_the_years_are_as_the_city_published_them(site: Path) -> None:
    found = {row["指标"]: row for row in download(site, "years")}
    assert [found["新收申请（件）"][f"{year}年"] for year in (2016, 2017, 2018, 2023)] == [
        "1465",
        "1370",
        "1235",
        "1876",
    ]
    assert [found["主动公开（条）"][f"{year}年"] for year in (2016, 2017, 2018, 2023)] == [
        "39129",
        "42938",
        "39142",
        "",
    ]
    assert found["新收申请（件）"]["2024年（不完整）"] == "2021"


def test_a_trend_breaks_where_the_form_changed_and_counts_no_change_of_an_incomplete_total(site: Path) -> None:
    rows = {row["年度"]: row for row in download(site, "trend_granted")}
    assert (rows["2017"]["全市合计"], rows["2017"]["增减"], rows["2017"]["同比"]) == ("399", "-162", "-28.877")
    assert (rows["2024"]["全市合计"], rows["2024"]["增减"], rows["2024"]["合计"]) == ("642", "", "不完整")
    page = (site / "trends" / "granted.html").read_text(encoding="utf-8")
    assert "缺2家，不计算同比：厦门市集美区教育局（扣留）、厦门市同安区莲花镇人民政府（缺报）。" in page
    assert "2019年起换表样，口径不同</text>" in page
    assert "2019年起换表样，口径不同，线在此断开。" in page
    # the same kind of request: only its name changed, so nothing is broken
    assert "断开。" not in (site / "trends" / "requests_received.html").read_text(encoding="utf-8")
    (panel,) = [row for row in download(site, "panel_granted") if row["年度"] == "2024"]
    assert (panel["家数"], panel["上年"], panel["本年"], panel["增减"]) == ("74", "628", "642", "14")
    # lawsuits are the sum of two cells of the form
    (panel,) = [row for row in download(site, "panel_lawsuits") if row["年度"] == "2024"]
    assert (panel["上年"], panel["本年"], panel["增减"], panel["同比"]) == ("47", "52", "5", "10.6383")


def test_the_flow_conserves_and_says_where_the_form_has_no_balance(site: Path) -> None:
    for year, told in (
        (2023, "本年新收 1,876＋上年结转 41 ＝ 办理 1,854＋结转下年 63。"),
        (2024, "本年新收 2,021＋上年结转 63 ＝ 办理 2,014＋结转下年 70。"),
    ):
        assert told in text_of(site / "results" / f"{year}_gb_2021.html")
        rows = download(site, f"results_{year}_gb_2021")
        parts = [Decimal(row["件数"]) for row in rows if row["小项"] not in {"小计", "合计"} and row["类别"] != "来源"]
        (total,) = [Decimal(row["件数"]) for row in rows if row["类别"] == "答复总数"]
        assert sum(parts) == total == {2023: 1854, 2024: 2014}[year]
    annex = text_of(site / "results" / "2017_fj_annex_2017.html")
    assert "受理申请 1,370，答复 1,366；两者不必相等" in annex
    assert "2017年答复的去向（件）" in annex


def test_districts_are_compared_by_sums_and_the_incomplete_and_the_small_are_not_ranked(site: Path) -> None:
    rows = download(site, "districts_2024_gb_2021_reply_open_rate")
    assert [row["地区"] for row in rows[:3]] == ["全市", "市本级", "厦门市湖里区人民政府"]
    found = {row["地区"]: row for row in rows}
    assert [found["全市"][name] for name in ("名次", "分子", "基数")] == ["", "794", "2014"]
    assert [found["厦门市湖里区人民政府"][name] for name in ("名次", "分子", "基数")] == ["1", "42", "80"]
    assert found["厦门市集美区人民政府"]["名次"] == ""
    assert found["厦门市集美区人民政府"]["说明"] == "缺厦门市集美区教育局（扣留），不排名"
    members = sum(Decimal(row["基数"]) for row in rows if row["地区"] not in {"全市"})
    assert members == 2014
    departments = {row["部门"]: row for row in download(site, "departments_2024_gb_2021_reply_open_rate")}
    assert (departments["厦门市民族与宗教事务局"]["名次"], departments["厦门市民族与宗教事务局"]["说明"]) == (
        "",
        "基数小于10，不排名",
    )
    assert departments["厦门市园林绿化工程质量站"]["说明"] == "零报告，没有基数"
    places = [row["名次"] for row in departments.values() if row["名次"]]
    # 4 of 12 in both: the same place, and the next is skipped
    assert {departments[name]["名次"] for name in ("厦门市司法局", "厦门火炬高技术产业开发区管理委员会")} == {"20"}
    assert places == [str(20 if number == 21 else number) for number in range(1, len(places) + 1)]


# what a folder of pages must be


def test_no_page_names_a_place_outside_its_folder_and_every_link_leads_somewhere(
    samples_night: Settings, site: Path
) -> None:
    homes = (site, samples_night.outbox, samples_night.published / "releases")
    texts = {page: page.read_text(encoding="utf-8") for page in site.rglob("*.html")}
    assert len(texts) > 30
    receipts = 0
    for page, text in texts.items():
        assert not re.search(
            r"https?:|file://|<script|@import|javascript:", text.replace("style-src 'self' file:", "")
        ), page
        assert str(site.resolve()) not in text
        for target, place in re.findall(r'(?:href|src)="([^"#]*)(?:#([^"]*))?"', text):
            assert not target.startswith("/"), (page, target)
            # as a browser resolves it, by name: published/current is a link
            file = Path(os.path.normpath(page.parent / unquote(target))) if target else page
            assert file.exists(), (page, target)
            assert any(file.is_relative_to(folder) for folder in homes), (page, target)
            receipts += file.is_relative_to(samples_night.outbox)
            if place and file in texts:
                assert f'id="{place}"' in texts[file], (page, target, place)
    assert receipts > 900
    style = (site / "style.css").read_text(encoding="utf-8")
    assert "url(" not in style
    assert "@import" not in style


def test_every_chart_has_its_table_and_its_download(site: Path) -> None:
    charts = 0
    for page in site.rglob("*.html"):
        for figure in re.findall(r"<figure>.*?</figure>", page.read_text(encoding="utf-8"), flags=re.DOTALL):
            charts += 1
            assert figure.count("<svg ") == 1
            assert "<table>" in figure
            assert re.search(r'<a href="[^"]+\.csv" download>', figure)
    outside = [
        page
        for page in site.rglob("*.html")
        if "<svg" in re.sub(r"<figure>.*?</figure>", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    ]
    assert charts > 60
    assert outside == []


def test_the_same_night_gives_the_same_bytes(samples_night: Settings, site: Path, tmp_path: Path) -> None:
    # of a copy: another test of this process may hold the file open in its own way
    shutil.copy(published(samples_night), tmp_path / "night.duckdb")
    build_site(tmp_path / "night.duckdb", tmp_path / "again")
    first = {path.relative_to(site): path.read_bytes() for path in site.rglob("*") if path.is_file()}
    again = {
        path.relative_to(tmp_path / "again"): path.read_bytes()
        for path in (tmp_path / "again").rglob("*")
        if path.is_file()
    }
    assert first == again


@pytest.fixture(scope="module")
def hostile(samples_night: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of a night in which every text that came from outside is an attack."""
    folder = tmp_path_factory.mktemp("hostile")
    shutil.copy(published(samples_night), folder / "night.duckdb")
    (folder / "night.duckdb").chmod(0o644)
    with duckdb.connect(str(folder / "night.duckdb")) as connection:
        for column in OUTSIDE:
            table, _, name = column.rpartition(".")
            connection.execute(f"UPDATE {table} SET {name} = '=1+1' || ?", [HOSTILE])
        connection.execute(
            "INSERT INTO core.fct_file SELECT 'F999999', 999, sha256, folder, '=1+1' || ?, size_bytes, received_at,"
            " 'rejected', '=1+1' || ?, 0 FROM core.fct_file WHERE folder = 'XMP03104' LIMIT 1",
            [HOSTILE, HOSTILE],
        )
    build_site(folder / "night.duckdb", folder / "site")
    return folder / "site"


class Markup(HTMLParser):
    """Which tags and attributes a browser finds."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def test_text_from_outside_stays_text(hostile: Path) -> None:
    markup = Markup()
    for page in hostile.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        markup.feed(text)
        assert not {"\u202e", "\x00"} & set(text), page
    assert {"script", "img", "iframe", "style"} & markup.tags == set()
    assert [name for name in markup.attributes if name.startswith("on") or name == "src"] == []
    assert {"main", "svg", "table"} <= markup.tags
    assert "=1+1&lt;script&gt;" in (hostile / "index.html").read_text(encoding="utf-8")
    assert (hostile / "organs" / "XMP03104.html").read_text(encoding="utf-8").count("=1+1&lt;script&gt;") > 20
    (rejected,) = download(hostile, "organ-XMP03104-files")
    assert rejected["文件"].startswith("'=1+1<script>")
    assert rejected["结果"] == "未能读取"
    cells = [
        cell
        for path in (hostile / "data").glob("*.csv")
        for row in csv.reader(path.open(encoding="utf-8-sig"))
        for cell in row
    ]
    assert any(cell.startswith("'=1+1") for cell in cells)
    assert not any(cell.startswith("=") for cell in cells)


# in a browser


class Visit:
    """A page in a browser that remembers what it asked for and what it complained about."""

    def __init__(self, browser: Browser, site: Path, path: str, **options: Any) -> None:
        self.asked: list[str] = []
        self.complaints: list[str] = []
        self.root = site.resolve().as_uri()
        self.page: Page = browser.new_context(**options).new_page()
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.complaints.append("dialog"), dialog.dismiss()))
        self.page.goto(f"{self.root}/{path}")

    def close(self) -> None:
        self.page.context.close()


@needs_chromium
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_ask_for_nothing_outside_and_a_screen_reader_does_not_stumble(
    browser: Browser, site: Path, scheme: Any
) -> None:
    for path in looked_at(site):
        visit = Visit(browser, site, path, color_scheme=scheme, viewport={"width": 1200, "height": 900})
        assert {url.removeprefix(f"{visit.root}/") for url in visit.asked} == {path, "style.css"}
        assert visit.complaints == []
        background = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert background == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 25, 29)"}[scheme]
        found = Axe().run(visit.page).response["violations"]
        faults = [(item["id"], item["nodes"][0]["html"]) for item in found if item["impact"] in {"serious", "critical"}]
        assert faults == [], path
        visit.close()


@needs_chromium
@pytest.mark.parametrize("width", [1200, 400])
def test_nothing_runs_out_of_the_window(browser: Browser, site: Path, width: int) -> None:
    for path in looked_at(site):
        visit = Visit(browser, site, path, viewport={"width": width, "height": 900})
        assert visit.page.evaluate("document.documentElement.scrollWidth") == width, path
        visit.close()


@needs_chromium
def test_it_prints_on_a4_with_nothing_cut(browser: Browser, site: Path) -> None:
    for path in looked_at(site):
        visit = Visit(browser, site, path, viewport={"width": PRINTED, "height": 900})
        visit.page.emulate_media(media="print")
        cut = visit.page.evaluate(
            "[...document.querySelectorAll('table, svg, p, li')]"
            ".filter(e => e.getBoundingClientRect().right > innerWidth + 1)"
            ".map(e => e.outerHTML.slice(0, 200))"
        )
        assert cut == [], path
        # taller than a sheet, a drawing would be cut in two
        tallest = visit.page.evaluate(
            "Math.max(0, ...[...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().height))"
        )
        assert tallest < 1010, path
        # the figures are on the paper, open or not
        visit.page.evaluate("document.querySelectorAll('details').forEach(e => e.open = false)")
        document = pypdfium2.PdfDocument(visit.page.pdf(prefer_css_page_size=True))
        assert {(round(sheet.get_width()), round(sheet.get_height())) for sheet in document} == {A4}
        if path == "trends/granted.html":
            printed = "".join(sheet.get_textpage().get_text_range() for sheet in document)
            assert "−28.88%" in printed
            assert "下载数据" not in printed
        if path == "organs/XMP03104.html":
            assert "历年主要数字" in "".join(sheet.get_textpage().get_text_range() for sheet in document)
        visit.close()


@needs_chromium
def test_the_keyboard_reaches_the_text_first(browser: Browser, site: Path) -> None:
    visit = Visit(browser, site, "trends/granted.html", viewport={"width": 1200, "height": 900})
    visit.page.keyboard.press("Tab")
    assert visit.page.evaluate("document.activeElement.textContent") == "跳到正文"
    assert visit.page.evaluate("document.activeElement.getBoundingClientRect().left") >= 0
    visit.page.keyboard.press("Enter")
    assert visit.page.evaluate("document.activeElement.id") == "main"
    visit.close()


@needs_chromium
def test_hostile_names_run_nothing(browser: Browser, hostile: Path) -> None:
    for path in looked_at(hostile):
        visit = Visit(browser, hostile, path)
        assert visit.complaints == []
        assert visit.page.title() != "ran"
        assert visit.page.locator("main img, main script").count() == 0
        visit.close()
