"""Saved web pages: what a browser prints is what is read, cell for cell, and nothing that it hides."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.readers import read_file
from pipelines.readers.grid import Span
from pipelines.readers.model import Limits, ReadSubmission
from pipelines.readers.reject import RejectedError
from pipelines.readers.web.html import decode
from schemas.form import CellKey
from tests.unit.html_files import as_decimals, document, form_tables, paragraphs, plain, portal, table, texts
from tests.unit.reader_files import FORMS, by_key, figures, only, rejection, rules_of, typed, year_of
from tests.unit.test_readers_published import TABLES, published

EVERY_FORM = [(code, variant) for code, form in FORMS.items() for variant in form.variants]
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "sh_office_2019.html"
PATH = os.environ.get("PATH", "")
INSTEAD = "请用办公室下发的空白表填报，存为 .xlsx 后重新放入"


def cells_of(submission: ReadSubmission, keys: object) -> dict[CellKey, Decimal | None]:
    """The form's own cells; the running text of a page gives others."""
    return {cell.key: cell.value for cell in submission.cells if cell.key in keys}  # type: ignore[operator]


# every edition, as portals print it


def split_by_tags(text: str) -> str:
    """As editors leave it behind: each character in a tag of its own."""
    return "".join(f'<span style="font-size:12pt">{html.escape(char)}</span>' for char in text) or "<span></span>&nbsp;"


def in_paragraphs(text: str) -> str:
    return f"\n  <p align=center>\n<font>{html.escape(text) or '&nbsp;'}</font><o:p></o:p></p>\n  "


def framed(text: str) -> str:
    return f"<table><tr><td></td><td>{plain(text)}<!-- 0 --></td></tr></table>"


def in_fields(text: str) -> str:
    is_figure = text and text.lstrip("-").replace(".", "").isdigit()
    return f'<input type="text" value="{text}">' if is_figure else plain(text)


def with_remains(text: str) -> str:
    """Beside what is printed: struck out by the author, hidden, soft hyphens, a script."""
    hidden = "<del>9</del><span style='display:none'>8</span><input type=hidden value=7><script>6</script>"
    return f"{hidden}{html.escape(text[:1])}&shy;<wbr>&#8203;{html.escape(text[1:])}<b hidden>5</b>"


DIRT = [plain, split_by_tags, in_paragraphs, framed, in_fields, with_remains]


@pytest.mark.parametrize("dirt", DIRT)
@pytest.mark.parametrize(("form_code", "variant"), EVERY_FORM)
def test_every_edition_comes_back_from_a_portal_page(form_code: str, variant: str, dirt: Callable[[str], str]) -> None:
    form = FORMS[form_code]
    values, year = figures(form, variant), year_of(form)
    page = portal(form_tables(form, values, variant=variant, dirt=dirt), year=year)
    submission = only(page.encode(), f"{year}.html")
    assert (submission.form_code, submission.variant, submission.report_year) == (form_code, variant, year)
    assert cells_of(submission, values) == as_decimals(values)
    assert not {cell.value for cell in submission.cells} & {Decimal(7777), Decimal(1234)}


@settings(max_examples=30, deadline=None, derandomize=True)
@given(st.data())
def test_whatever_the_figures_and_the_markup_no_cell_reads_otherwise(data: st.DataObject) -> None:
    form_code, variant = data.draw(st.sampled_from(EVERY_FORM))
    form = FORMS[form_code]
    number = st.one_of(st.none(), st.integers(0, 99_999_999), st.decimals(0, 99_999, places=2))
    keys = form.cells(variant)
    drawn = data.draw(st.lists(number, min_size=len(keys), max_size=len(keys)))
    values = {key: value for key, value in zip(keys, drawn, strict=True) if value is not None}
    chosen = data.draw(st.randoms())

    def dirt(text: str) -> str:
        return chosen.choice(DIRT)(f"{int(text):,}" if text.isdigit() and chosen.random() < 0.3 else text)

    one_table = data.draw(st.booleans())
    page = portal(form_tables(form, values, variant=variant, dirt=dirt, one_table=one_table), year=year_of(form))
    read = cells_of(only(page.encode("gb18030"), f"{year_of(form)}.htm"), set(keys))
    assert read == dict.fromkeys(keys) | {key: Decimal(value) for key, value in values.items()}


@pytest.mark.parametrize("name", TABLES)
def test_published_tables_come_back_from_a_page(name: str) -> None:
    _, form_code, variant, count, blanks = TABLES[name]
    told = published(name)
    tables = form_tables(FORMS[form_code], told.printed, variant=variant, year=told.year)
    submission = only(portal(tables, year=told.year, charset="gb2312").encode("gb18030"), f"{told.year}.html")
    assert (submission.form_code, submission.variant, submission.report_year) == (form_code, variant, told.year)
    assert cells_of(submission, told.values) == told.values
    states = [cell.value_state for cell in submission.cells if cell.key in told.values]
    assert (len(states), states.count("blank"), states.count("reported")) == (count, blanks, count - blanks)


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not on this machine")
def test_a_workbook_that_libreoffice_saved_as_a_page_comes_back(tmp_path: Path) -> None:
    for form_code, form in FORMS.items():
        (tmp_path / f"{form_code}.xlsx").write_bytes(typed(form))
    command = ["soffice", "--headless", f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"]
    command += ["--convert-to", "html", "--outdir", str(tmp_path), *map(str, tmp_path.glob("*.xlsx"))]
    subprocess.run(command, check=True, capture_output=True, timeout=300, env={"HOME": str(tmp_path), "PATH": PATH})
    for form_code, form in FORMS.items():
        page = (tmp_path / f"{form_code}.html").read_bytes()
        # figures with a fraction are shown rounded or with separators; what the workbook holds is read
        assert cells_of(only(page, f"{year_of(form)}.html"), figures(form)) == as_decimals(figures(form))


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of published reports is not on this machine")
def test_the_page_of_shanghai_as_published() -> None:
    told = published("shanghai_2019")
    submission = only(CORPUS.read_bytes(), "2019.html")
    assert (submission.form_code, submission.report_year) == ("gb_2019", 2019)
    assert cells_of(submission, told.values) == told.values
    cells = by_key(submission)
    amount = cells[CellKey("g19_procure_amount", "", "annual")]
    assert (amount.value, amount.printed, amount.note) == (251000, "251000元", "单位：元")
    assert (amount.sheet, amount.address) == ("表1", "第18行第4列")
    # the head broken in the middle of a word: 本年新<br />制作数量
    assert cells[CellKey("g19_rules_made", "", "annual")].value == 13
    assert cells[CellKey("g19_norms_made", "", "annual")].value == 60
    assert rules_of(submission) == ["V09"]


# what a cell prints


@pytest.mark.parametrize(
    ("content", "printed"),
    [
        ("20<span>23</span>", "2023"),
        ("<b>83593</b><i>059</i>", "83593059"),
        ("20 <span> 23</span>", "20 23"),
        ("本年新<br />制作数量", "本年新\n制作数量"),
        ("<p>12</p><p>34</p>", "12\n34"),
        ("<div>12<div>34</div>56</div>", "12\n34\n56"),
        ("<span style='display:block'>1</span><span style='DISPLAY : block'>2</span>", "1\n2"),
        ("20<p style='display:inline'>23</p>", "2023"),
        ("<span style='float:left'>1</span>2", "1\n2"),
        ("&nbsp;\n&nbsp;", ""),
        ("1&nbsp;234", "1 234"),
        ("1<!-- 9 -->2", "12"),
        ("1<![if !supportEmptyParas]>2<![endif]>3", "123"),
        ("<!--[if gte mso 9]><xml>9</xml><![endif]-->1", "1"),
        ("<xml><o:x>9</o:x></xml>1", "1"),
        ("1<span style='visibility:hidden'>9<b>9</b></span>2", "12"),
        ("1<div style='visibility:hidden'>9</div>2", "1\n2"),
        ("1<input style='visibility:hidden' value=9>2", "1 2"),
        ("1<span style='mso-hide:all'>9</span>", "1"),
        ("<input value='12'>", "12"),
        ("<input value=12><input value=34>", "12 34"),
        ("<input type=hidden value=9><input type=submit value=提交><input type=checkbox value=1>12", "12"),
        ("<textarea>\n 12\n第二行</textarea>", "12\n第二行"),
        ("<select><option value=1>甲<option value=2 selected>乙</select>", "乙"),
        ("<select><option>甲</option><option>乙</option></select>", "甲"),
        ("12<sup>1</sup>", "12（1）"),
        ("12<sup>①</sup>", "12（①）"),
        ("12<sup>(1)</sup>", "12(1)"),
        ("12<span style='vertical-align: super'>1</span>", "12（1）"),
        ("<sup>12</sup>", "12"),
        ("<sup>1</sup>12", "（1）12"),
        ("12<sub>1</sub>", "12（1）"),
        ("<del>12</del>13", "13"),
        ("<s>12</s>13", "〔划去：12〕13"),
        ("<span style='text-decoration:line-through'>12</span>13", "〔划去：12〕13"),
        ("12<img src=x.gif>34", "12 34"),
        ("1\u200b2\u00ad3", "123"),
        ("1\ufdd02", "12"),
        ("&lt;b&gt;&amp;&foo;", "<b>&&foo;"),
        ("<ruby>规<rp>(</rp><rt>guī</rt><rp>)</rp></ruby>", "规（guī）"),
        ("12<a class=comment-indicator></a><comment>9</comment>", "12"),
        ("<noscript>9</noscript><iframe src=x>9</iframe><object>9</object>1", "1"),
    ],
)
def test_a_cell_holds_what_is_printed(content: str, printed: str) -> None:
    assert texts(table(f"<td>{content}</td><td>x</td>", "<td>y</td><td>z</td>")) == [[[printed, "x"], ["y", "z"]]]


@pytest.mark.parametrize(
    ("content", "state", "value", "note"),
    [
        ("12<sup>1</sup>", "reported", 12, "1"),
        ("12<sup>①</sup>", "reported", 12, "①"),
        ("<s>12</s>13", "not_a_number", None, ""),
        ("20 23", "uncertain", None, ""),
        ("<input value=1><input value=2>", "uncertain", None, ""),
        ("251000元", "reported", Decimal("25.1"), "单位：元，已换算为万元"),
    ],
)
def test_what_is_not_plainly_a_number_is_never_read_as_one(content: str, state: str, value: object, note: str) -> None:
    form = FORMS["gb_2021"]
    fees = CellKey("a20_fees_amount", "", "annual")
    values = figures(form) | {fees: 424242}
    page = form_tables(form, values).replace("424242", content)
    cell = by_key(only(page.encode(), "2024.html"))[fees]
    assert (cell.value_state, cell.value) == (state, value)
    assert cell.note == note or value is None


@pytest.mark.parametrize(
    ("cell", "printed"),
    [
        ("<td x:num='25.1'>25</td>", "25.1"),
        ("<td x:num='1234.5'>1,235</td>", "1234.5"),
        ("<td x:num='25'>25.00</td>", "25.00"),
        ("<td x:num>25</td>", "25"),
        ("<td sdval='0.30000000000000004'>0.3</td>", "0.3"),
        ("<td x:num='45658'>1月2日</td>", "1月2日"),
        ("<td x:num='25.1'>26</td>", "26"),
        ("<td x:num='1e999999999'>26</td>", "26"),
        ("<td x:num='12'>####</td>", "####"),
    ],
)
def test_the_number_behind_a_rounded_display_counts_where_it_rounds_to_it(cell: str, printed: str) -> None:
    assert texts(f"<html xmlns:x='urn:schemas-microsoft-com:office:excel'>{table(cell + '<td>x</td>')}") == [
        [[printed, "x"]]
    ]


# where cells stand


def test_spans_are_resolved_as_browsers_do() -> None:
    (grid,) = document(
        table(
            "<td rowspan=2>a</td><td>b</td><td rowspan=0>c</td>",
            "<td colspan=3>d</td><td>e</td>",
            "<td>f</td><td>g</td><td colspan='2;'>h</td>",
        )
    ).grids
    # d would reach under c, which stands there already: it ends before it, and e stands where a browser puts it
    assert {position: printed.text for position, printed in grid.cells.items()} == {
        (0, 0): "a",
        (0, 1): "b",
        (0, 2): "c",
        (1, 1): "d",
        (1, 4): "e",
        (2, 0): "f",
        (2, 1): "g",
        (2, 3): "h",
    }
    assert set(grid.spans) == {Span(0, 0, 1, 0), Span(0, 2, 2, 2), Span(2, 3, 2, 4)}
    assert (grid.where((1, 4)), grid.sheet) == ("第2行第5列", "表1")


def test_a_span_ends_with_its_row_group_and_absurd_ones_are_bounded() -> None:
    (grid,) = document(
        "<table><thead><tr><th rowspan=99>a<th>b<tbody><tr><td rowspan=4294967296>c<td colspan=1000000000>d"
        "<tr><td>e</table>"
    ).grids
    assert [span for span in grid.spans if span.left == 0] == [Span(1, 0, 2, 0)]
    assert Span(1, 1, 1, 1000) in grid.spans
    assert (grid.text(0, 1), grid.text(2, 0), grid.text(2, 1)) == ("b", "c", "e")


def test_head_and_foot_stand_where_they_are_printed_and_a_caption_is_text() -> None:
    page = """<table><caption>单位：万元</caption><tfoot><tr><th>合计<td>3</tfoot><tbody><tr><th>甲<td>1</tbody>
    <thead><tr><th>项目<th>数</thead><tbody><tr><th>乙<td>2</tbody></table>"""
    assert texts(page) == [[["项目", "数"], ["甲", "1"], ["乙", "2"], ["合计", "3"]]]
    assert paragraphs(page) == ["单位：万元"]


def test_a_span_counts_the_rows_and_columns_that_are_printed() -> None:
    # measured in Chromium: what is hidden takes no part in the layout of the table
    page = table("<td rowspan=2>a</td><td>b</td>", "<td>X</td>", "<td>c</td>", "<td>d</td><td>e</td>")
    assert texts(page.replace("<tr><td>X", "<tr style='display:none'><td>X")) == [[["a", "b"], ["a", "c"], ["d", "e"]]]
    page = table("<td>a</td><td hidden>X</td><td>b</td>", "<td colspan=2>c</td>", "<td>1</td><td>2</td>")
    assert texts(page) == [[["a", "b"], ["c", "c"], ["1", "2"]]]
    page = table("<td>a</td><td style='visibility:hidden'>X<b>Y</b></td><td>b</td>")
    assert texts(page) == [[["a", "", "b"]]]
    page = "<table><tr><td>1<tfoot><tr><td>F</tfoot><tbody><tr><td>2<thead><tr><td>H</thead><thead><tr><td>H2</table>"
    assert texts(page) == [[["H"], ["1"], ["2"], ["H2"], ["F"]]]


def test_unclosed_and_stray_tags_are_read_as_browsers_read_them() -> None:
    page = "<table><form><tr><td>1<td>2<tr><td><b>3<td>4</form></td></b><tr><div><td>5</div><td>6</table>"
    assert texts(page) == [[["1", "2"], ["3", "4"], ["5", "6"]]]
    assert texts("<table><td>1<td>2<tr><td>3<td>4") == [[["1", "2"], ["3", "4"]]]
    assert texts("<tr><td>1<td>2</tr>") == []


def test_a_table_in_a_table_is_a_grid_of_its_own_and_printed_once() -> None:
    inner = table("<td>a</td><td>b</td>", "<td>1</td><td>2</td>")
    page = table("<td>导航</td><td>栏目</td>", f"<td>左</td><td><p>题目</p>{inner}<p>说明</p></td>")
    assert texts(page) == [[["导航", "栏目"], ["左", ""]], [["a", "b"], ["1", "2"]]]
    assert paragraphs(page) == ["题目", "说明"]


def test_tables_that_only_frame_the_page_are_no_tables() -> None:
    inner = table("<td>a</td><td>b</td>")
    page = table(f"<td>&nbsp;</td><td>{table(f'<td><h1>题目</h1>前言{inner}<p>结尾</p></td>')}</td>", "<td></td>")
    assert texts(page) == [[["a", "b"]]]
    assert paragraphs(page) == ["题目", "前言", "结尾"]
    # a frame around each figure
    assert texts(table(f"<td>{table('<td>7</td>')}</td><td>8</td>")) == [[["7", "8"]]]


def test_hidden_tables_rows_and_cells_are_left_out() -> None:
    page = f"""<div style="display:none">{table("<td>9</td><td>9</td>")}</div>{
        table(
            "<td>1</td><td style='display: none !important'>9</td><td>2</td>",
        ).replace("<tr>", "<tr style='DISPLAY:none'><td>9<td>9</tr><tr>")
    }<template>{table("<td>9</td><td>9</td>")}</template>"""
    assert texts(page) == [[["1", "2"]]]
    assert paragraphs(page) == []


def test_running_text_begins_with_the_title_and_the_main_heading() -> None:
    page = """<title>某局2024年政府信息公开工作年度报告</title><ul><li>首页<li>公开</ul><p>第一<b>句</b>。<br>第二句</p>
    <h1>某局<br>年报</h1><div>甲<p>乙<s>12件</s></p>丙</div>"""
    expected = [
        "某局2024年政府信息公开工作年度报告",
        "某局\n年报",
        "首页",
        "公开",
        "第一句。\n第二句",
        "甲",
        "乙",
        "丙",
    ]
    assert paragraphs(page) == expected
    assert document(page).paragraphs[4][:2] == ("正文", "第5段")


# encodings


@pytest.mark.parametrize(
    ("declared", "encoding"),
    [
        ("utf-8", "utf-8"),
        ("gb2312", "gb18030"),
        ("utf-8", "gb18030"),
        ("gb2312", "utf-8"),
        ("", "utf-8"),
        ("", "gb18030"),
        ("iso-8859-1", "gb18030"),
        ("utf-8", "utf-8-sig"),
        ("gb2312", "utf-16"),
        ("no-such-thing", "gb18030"),
        ("zip", "utf-8"),
    ],
)
def test_encodings_are_told_by_the_bytes(declared: str, encoding: str) -> None:
    meta = f"<meta charset={declared}>" if declared else ""
    page = f"<html><head>{meta}</head>{table('<td>规章镕</td><td>12</td>')}".encode(encoding)
    assert texts(page) == [[["规章镕", "12"]]]


def test_big5_counts_where_it_is_declared() -> None:
    page = f"<meta http-equiv=Content-Type content='text/html; charset=Big5'>{table('<td>規章</td><td>12</td>')}"
    assert texts(page.encode("big5")) == [[["規章", "12"]]]


def test_a_broken_character_costs_itself_and_other_bytes_are_refused() -> None:
    page = ("<p>" + "公开" * 200).encode("gb18030") + b"\xff</p>"
    assert decode(page).count("\ufffd") == 1
    with pytest.raises(RejectedError, match="网页的文字编码无法识别"):
        decode(b"<p>" + b"\xff\xfe\x80\x81" * 50)


# what is not read


def test_a_workbook_saved_as_frames_is_answered_with_what_to_send() -> None:
    page = """<html xmlns:x="urn:schemas-microsoft-com:office:excel">
    <head><link rel=File-List href="a.files/filelist.xml"></head>
    <frameset rows="*,39"><frame src="a.files/sheet001.htm"><noframes>9</noframes></frameset></html>"""
    rule, message = rejection(page.encode(), "年报.xls")
    assert (rule, message[:13]) == ("V01", "这个网页只是框架，表格在旁")
    assert "另存为 .xlsx" in message


def test_a_page_around_another_page_is_no_report_but_one_with_tables_may_be() -> None:
    frame = "<iframe src='2024_files/report.html'></iframe>"
    assert rejection(f"<html><h1>2024</h1>{frame}".encode(), "2024.html")[1].startswith("这个网页只是框架")
    assert texts(frame + table("<td>1</td><td>2</td>")) == [[["1", "2"]]]


def test_a_page_without_the_form_is_an_unknown_form() -> None:
    assert rejection(portal("<p>正文</p>").encode(), "2024.html")[0] == "V03"


TOO_LARGE, TOO_DEEP = f"网页里的表格过大，未读取；{INSTEAD}", "网页一层套一层，超过 512 层，后面的内容会读不到"
DEEP_TABLES = b"<table><tr><td>" * 100_000


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"<html>" + b"<div>" * 200_000, TOO_DEEP),
        (b"<p>" + b"</b>" * 300 + b"<div>" * 200_000, TOO_DEEP),
        (DEEP_TABLES, TOO_DEEP),
        (b"<html>" + b"<font color=red>" * 60_000, TOO_DEEP),
        (b"<table>" + b"<tr><td>1" * 400_001, TOO_LARGE),
        (b"<table>" + (b"<tr>" + b"<td colspan=1000>1") * 401, TOO_LARGE),
        (b"<table><tr>" + b"<td rowspan=65534 colspan=1000>1" * 2 + b"<tr>" * 65_000, TOO_LARGE),
        (b"<html>" + b"<b>" * 5_000_000, f"网页过大，未读取；{INSTEAD}"),
        (b"<table><tr><td>1<td>2</table>" * 301, "文件里的表格超过 300 个，未读取；请只保留统计表后重报"),
        (b"<html>\0<table>", f"不认识的文件类型；{INSTEAD}"),
    ],
    ids=["divs", "divs after errors", "tables", "fonts", "cells", "columns", "rows", "tags", "many tables", "nul"],
)
def test_what_is_too_much_is_answered_soon(data: bytes, message: str) -> None:
    started = time.process_time()
    rule, said = rejection(data, "2024.html")
    assert (rule, said[: len(message)]) == ("V01", message)
    assert time.process_time() - started < 8


FILL = b"<table><tr><td>1<td>2</table>"


@pytest.mark.parametrize(
    "data",
    [
        b"<html " + b" ".join(b"a%d=1" % number for number in range(1_000_000)) + b">" + FILL,
        b"<html>" + b"<p a=1 b=2 c=3>x" * 300_000 + FILL,
        b"<html>" + b"</div>" * 900_000 + FILL,
        b"<html>" + b"<div>" * 400 + b"</b>" * 900_000 + FILL,
        b"<html><p>" + b"&amp;" * 1_000_000 + FILL,
        b'<!DOCTYPE html [<!ENTITY a "1"><!ENTITY b "&a;&a;&a;&a;">]><p>&b;&b;' + FILL,
        b"<html>" + b"<table><tr><td>" * 160 + b"x" * 15_000_000,
        b"<html><p>" + b"\xef\xb7\x90" * 5_000_000 + FILL,
        b"<html>" + b"<sup>1<s>2" * 200 + b"<p>3" * 100_000,
        b"<html><select>" + b"<option>" * 200_000 + FILL,
        b"<html><title>" + b"x" * 15_000_000,
        b"<html><p style='" + b"display:none;text-decoration:" * 400_000 + b"'>" + FILL,
        b"<html><style>" + b"<!--" * 900_000,
    ],
    ids=[
        *("attributes", "many attributes", "ends", "deep ends", "entities", "doctype", "framed text", "marks"),
        *("raised", "options", "title", "style", "script"),
    ],
)
def test_hostile_pages_are_answered_soon(data: bytes) -> None:
    started = time.process_time()
    reading = read_file(data, "2024.html")
    assert [problem.rule_id for problem in reading.problems] == ["V03"]
    assert time.process_time() - started < 8


def test_size_is_bounded_before_anything_is_read() -> None:
    assert rejection(b"<html>" + b"x" * 100, "2024.html", Limits(max_bytes=50))[0] == "V01"
