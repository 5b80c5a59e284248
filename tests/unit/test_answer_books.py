"""The workbook of an answer: the copy acts on nothing, the marks stand where they belong, the list says everything."""

from __future__ import annotations

import io
import re
import time
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation

from pipelines.answers import Answer, Written, answers, write_receipts
from pipelines.answers.book import LIST_SHEET, make_book
from pipelines.answers.facts import cells_of
from pipelines.intake import archived_path
from pipelines.readers.model import Limits
from pipelines.settings import Settings
from tests.unit.answer_world import ORGAN, RECEIPT, SHA, SUBMISSION, Night
from tests.unit.reader_files import FORMS, SHEET_PART, rejection, repacked, saved, template

FORM = FORMS["fj_annex_2017"]
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
QUOTED = 'It\'s "表" & <b>'
PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|xl/(workbook|styles|sharedStrings)\.xml"
    r"|xl/theme/theme1\.xml|xl/_rels/workbook\.xml\.rels|xl/worksheets/(sheet\d+\.xml|_rels/sheet\d+\.xml\.rels)"
    r"|xl/comments/comment\d+\.xml|xl/drawings/commentsDrawing\d+\.vml"
)


@pytest.fixture
def night() -> Night:
    night = Night()
    night.file(f"{ORGAN}/报表.xlsx", count=1)
    night.submission(status="held", is_official=False)
    return night


def answer_of(night: Night) -> tuple[Answer, list[dict[str, Any]]]:
    (answer,) = answers(night.connection)
    return answer, cells_of(night.connection, [SUBMISSION]).get(SUBMISSION, [])


def copied(night: Night, folder: Path, data: bytes) -> bytes:
    source = folder / "source"
    source.write_bytes(data)
    return make_book(*answer_of(night), source)


def listed(book: Workbook) -> list[list[Any]]:
    """The rows of the list below its head."""
    rows = [[cell.value for cell in row] for row in book[LIST_SHEET].iter_rows()]
    (head,) = [number for number, row in enumerate(rows) if row[0] == "序号"]
    return rows[head + 1 :]


def xml_of(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_offending_cells_are_coloured_commented_and_listed(night: Night, tmp_path: Path) -> None:
    night.finding(lhs=Decimal(9), rhs=Decimal(6), difference=Decimal(3), message="各渠道之和不等于申请总数")
    night.cell(1, value=Decimal(9), role="likelier_wrong", suggested_value=Decimal(6))
    night.cell(2, indicator_code="fj_req_online", address="D14", printed="6", value=Decimal(6))
    night.cell(3, indicator_code="fj_req_mail_fax", address="", sheet="", printed="")
    night.explanation("likelier_wrong", "申请总数改为6，两边就相等")
    data = copied(night, tmp_path, template(FORM))
    book = load_workbook(io.BytesIO(data))
    assert book.sheetnames == [LIST_SHEET, "统计表", "_gongkai"]
    assert book["_gongkai"].sheet_state == "veryHidden"
    sheet = book["统计表"]
    assert sheet["D12"].value is not None
    assert sheet.sheet_properties.pageSetUpPr.fitToPage  # prints as the form does
    assert (sheet["D12"].fill.fgColor.rgb, sheet["D14"].fill.fgColor.rgb) == ("FFFF9B8F", "FFFDDCD7")
    assert sheet["D12"].border.left.style == "medium"
    assert sheet["D13"].comment is None
    assert sheet["D12"].comment.text == (
        "问题1（错误，规则F03）最可能填错\n填报：9\n应为（推算）：6，相差3\n各渠道之和不等于申请总数\n"
        "申请总数改为6，两边就相等\n怎样改：请核对"
    )
    assert "等式两边：9 与 6，相差3" in sheet["D14"].comment.text
    told = "各渠道之和不等于申请总数\n申请总数改为6，两边就相等"
    assert [row[:10] for row in listed(book)] == [
        [1, "错误", "统计表!D12", "受理政府信息公开申请总数", "9", 6, 3, 3, told, "请核对"],
        [1, "错误", "统计表!D14", "2.网络申请数", "6", None, None, None, "同上", None],
        [1, "错误", "表中缺这一行", "3.信函、传真申请数", "（空白）", None, None, None, "同上", None],
    ]
    links = re.findall(r'<hyperlink [^>]*location="([^"]*)"', xml_of(data)["xl/worksheets/sheet1.xml"])
    assert links == ["'统计表'!D12", "'统计表'!D14"]
    top = "".join(str(row[0].value) for row in book[LIST_SHEET].iter_rows(max_row=5))
    assert "已扣留：有错误，请改正后重报" in top
    assert "这是系统发出的回执副本，只供核对，不能当作报表报送" in top
    assert "文本框、图表、宏、链接、下拉选项没有带过来" in top


def hostile() -> bytes:
    """A workbook with everything that acts when it is opened, and text that would."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = QUOTED
    sheet["A1"], sheet["A2"], sheet["A3"] = "=1+1", "x", "点这里"
    sheet["A2"].value, sheet["A2"].data_type = '=HYPERLINK("http://x","y")', "s"
    sheet["A4"].value, sheet["A5"].value = "@SUM(1+1)*cmd|' /C calc'!A0", "左\u202egnp.exe"
    sheet["A3"].hyperlink = "https://example.invalid/"
    sheet["B1"].comment = Comment("本单位的批注", "某人")
    sheet.merge_cells("B1:C2")
    sheet.row_dimensions[1].hidden = True
    sheet.add_data_validation(DataValidation(type="list", formula1="'[1]x'!A1:A3", sqref="A9"))
    sheet.conditional_formatting.add("A1", FormulaRule(formula=["WEBSERVICE(A1)"], fill=PatternFill("solid")))
    sheet.oddHeader.center.text = "页眉"
    sheet.protection.set_password("x")
    book.defined_names["evil"] = DefinedName("evil", attr_text="'[1]x'!A1")
    book.properties.creator = "某人"
    for place in (sheet, book.create_chartsheet("图")):
        chart = BarChart()
        chart.add_data(Reference(sheet, min_col=1, min_row=1, max_row=3))
        place.add_chart(chart)
    data = saved(book)
    parts = xml_of(data)
    cached = re.sub(r"<f>1\+1</f><v ?/?>(</v>)?", "<f>1+1</f><v>2</v>", parts[SHEET_PART])
    assert "<v>2</v>" in cached
    theme = parts["xl/theme/theme1.xml"].replace("</a:theme>", "<!-- von fremder Hand --></a:theme>")
    return repacked(data, {SHEET_PART: cached, "xl/theme/theme1.xml": theme, "xl/vbaProject.bin": b"macro"})


def test_a_copy_carries_nothing_that_acts(night: Night, tmp_path: Path) -> None:
    night.finding(message='=HYPERLINK("http://x","y")', mend="@SUM(1)")
    night.cell(1, sheet=QUOTED, address="A2", printed='=HYPERLINK("http://x","y")', indicator_code="")
    night.cell(2, sheet=QUOTED, address="C2", printed="-1", value=Decimal(-1))
    data = copied(night, tmp_path, hostile())
    parts = xml_of(data)
    assert [name for name in parts if not PARTS.fullmatch(name)] == []
    everything = "".join(parts.values())
    for foreign in ("External", "example.invalid", "<f>", "evil", "WEBSERVICE", "[1]x", "页眉", "某人", "fremder"):
        assert foreign not in everything, foreign
    for element in ("dataValidation", "conditionalFormatting", "sheetProtection", "externalReference"):
        assert f"<{element}" not in everything, element
    book = load_workbook(io.BytesIO(data))
    assert book.sheetnames == [LIST_SHEET, QUOTED, "_gongkai"]
    sheet = book[QUOTED]
    # a formula leaves its result, text that looks like one stays text, a link its words
    assert [(sheet[at].value, sheet[at].data_type) for at in ("A1", "A2", "A3", "A4", "A5")] == [
        (2, "n"),
        ('=HYPERLINK("http://x","y")', "s"),
        ("点这里", "s"),
        ("@SUM(1+1)*cmd|' /C calc'!A0", "s"),
        ("左⟨U+202E⟩gnp.exe", "s"),
    ]
    assert sheet["A2"].quotePrefix
    # a cell inside a merged range is marked where its text stands; the file's own comment is kept, its hidden row shown
    assert sheet["B1"].comment.text.endswith("原有批注：本单位的批注")
    assert not sheet.row_dimensions[1].hidden
    (first, second) = listed(book)
    assert first[2:5] == [f"{QUOTED}!A2", "表样之外的格", '=HYPERLINK("http://x","y")']
    assert (first[8], first[9]) == ('=HYPERLINK("http://x","y")', "@SUM(1)")
    assert second[2] == f"{QUOTED}!C2"
    kinds = {cell.data_type for row in book[LIST_SHEET].iter_rows() for cell in row if cell.value is not None}
    assert kinds == {"s", "n"}
    links = [cell.hyperlink.location for row in book[LIST_SHEET].iter_rows() for cell in row if cell.hyperlink]
    assert links == ["'It''s \"表\" & <b>'!A2", "'It''s \"表\" & <b>'!C2"]


def test_text_that_no_spreadsheet_takes_is_made_visible_or_cut(night: Night, tmp_path: Path) -> None:
    night.finding(message="坏\x00字\x1b符\u202e", mend="长" * 50_000)
    night.cell(1, printed="\x07铃")
    book = load_workbook(io.BytesIO(copied(night, tmp_path, template(FORM))))
    (row,) = listed(book)
    assert (row[4], row[8]) == ("⟨U+0007⟩铃", "坏⟨U+0000⟩字⟨U+001B⟩符⟨U+202E⟩")
    assert row[9] == "长" * 30_000 + "……（共50000字，全文见 .json）"
    assert "坏⟨U+0000⟩字" in book["统计表"]["D12"].comment.text
    assert len(book["统计表"]["D12"].comment.text) < 5_000


def test_the_same_answer_gives_the_same_bytes_at_any_time(night: Night, tmp_path: Path) -> None:
    night.finding()
    night.cell(1)
    first = copied(night, tmp_path, template(FORM))
    time.sleep(1.1)  # times of a package are to the second
    assert copied(night, tmp_path, template(FORM)) == first
    assert set(re.findall(r"20\d\d-\d\d-\d\dT", xml_of(first)["docProps/core.xml"])) == {"2000-01-01T"}


def test_a_copy_is_no_report(night: Night, tmp_path: Path) -> None:
    for data in (copied(night, tmp_path, template(FORM)), make_book(*answer_of(night), None)):
        rule, reason = rejection(data)
        assert rule == "V03"
        assert reason == (
            f"这是系统发出的回执副本（{RECEIPT}），不是报表，没有采用；原来的报表不受影响。"
            "请在自己的原文件上改正，把改好的原文件放入收件箱"
        )


def test_for_other_kinds_the_form_is_filled_and_marked(night: Night) -> None:
    night.finding()
    night.cell(1, sheet="CSV", address="G7", printed="九", value=None)
    night.cell(2, indicator_code="nar_open_total_own_level", sheet="CSV", address="G9", printed="7", value=Decimal(7))
    night.read_cell("fj_req_total", "九", None, "not_a_number")
    night.read_cell("fj_open_total", "1,234.50", Decimal("1234.5"))
    night.read_cell("fj_req_online", "=1+1", None, "not_a_number")
    night.read_cell("nar_open_total_own_level", "7", Decimal(7))
    book = load_workbook(io.BytesIO(make_book(*answer_of(night), None)))
    assert book.sheetnames == [LIST_SHEET, "读到的报表", "正文", "_gongkai"]
    sheet = book["读到的报表"]
    figures = {sheet.cell(row, 1).value: sheet.cell(row, 3) for row in range(1, sheet.max_row + 1)}
    assert figures["主动公开文件数"].value == 1234.5
    assert (figures["2.网络申请数"].value, figures["2.网络申请数"].data_type) == ("=1+1", "s")
    total = figures["受理政府信息公开申请总数"]
    assert (total.value, total.fill.fgColor.rgb) == ("九", "FFFDDCD7")
    assert total.comment.text.startswith("问题1（错误，规则F03）\n填报：九")
    assert [cell.value for cell in book["正文"][2]] == ["正文：本级政府及其工作部门主动公开", "本年", 7]
    assert book["正文"]["C2"].comment is not None
    assert [row[2] for row in listed(book)] == ["CSV!G7", "CSV!G9"]
    assert "所报文件不是 .xlsx 工作簿" in book[LIST_SHEET]["A4"].value


def test_a_clean_report_gets_its_copy_too(night: Night, tmp_path: Path) -> None:
    book = load_workbook(io.BytesIO(copied(night, tmp_path, template(FORM))))
    assert book[LIST_SHEET]["A5"].value == "没有发现问题。"
    assert all(cell.comment is None for row in book["统计表"].iter_rows() for cell in row)


def test_a_merged_range_to_the_end_of_the_sheet_costs_nothing(night: Night, tmp_path: Path) -> None:
    sheet = xml_of(template(FORM))[SHEET_PART]
    endless = re.sub(r"<mergeCells[^>]*>", '\\g<0><mergeCell ref="Z1:XFD1048576"/>', sheet)
    data = copied(night, tmp_path, repacked(template(FORM), {SHEET_PART: endless}))
    assert '<mergeCell ref="Z1:XFD1048576"' in xml_of(data)["xl/worksheets/sheet2.xml"]


@pytest.mark.parametrize(
    ("styles", "why"),
    [
        ("<styleSheet>", "ParseError"),
        # what takes more than its seconds is ended with its process
        (f"<styleSheet xmlns='{MAIN}'><cellXfs>{'<xf/>' * 2_000_000}</cellXfs></styleSheet>", "BrokenProcessPool"),
    ],
    ids=["damaged", "endless"],
)
def test_a_workbook_that_cannot_be_copied_costs_only_its_own_copy(
    night: Night, tmp_path: Path, styles: str, why: str
) -> None:
    settings = Settings(home=tmp_path, workers=2, limits=Limits(max_cpu_seconds=3))
    bad = repacked(template(FORM), {"xl/styles.xml": styles})
    night.submission(
        submission_id="cccccccccccc", report_year=2016, sha256="fe" * 32, receipt_no="XMP00101-other", sequence=2
    )
    for sha256, data in ((SHA, bad), ("fe" * 32, template(FORM))):
        path = archived_path(settings.archive, sha256)
        path.parent.mkdir(parents=True)
        path.write_bytes(data)
    night.read_cell("fj_open_total", "5", Decimal(5))
    assert write_receipts(night.connection, settings) == Written(2, 2)
    folder = settings.outbox / ORGAN
    book = load_workbook(folder / f"{RECEIPT}.xlsx")
    assert book.sheetnames == [LIST_SHEET, "读到的报表", "_gongkai"]
    assert f"所报工作簿无法转存（{why}），后面的表改为按读到的内容填出。" in book[LIST_SHEET]["A4"].value
    assert load_workbook(folder / "XMP00101-other.xlsx").sheetnames == [LIST_SHEET, "统计表", "_gongkai"]
