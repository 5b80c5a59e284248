"""From .xlsx bytes to grids: what stands in each cell, what it is not, and what is never opened."""

from __future__ import annotations

import time

import pytest

from pipelines.readers.grid import Grid, Printed, Span, address
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.xlsx import read_xlsx
from tests.unit.reader_files import SHEET_PART, Sheet, part_of, repacked, sheet_xml, small_book, with_xml, workbook

DAMAGED = "工作簿损坏，打不开；请重新导出为 .xlsx 后重新放入"
TOO_LARGE = "工作表的范围过大（很远的地方也有单元格），未读取；请删去表外内容后重报"
FORBIDDEN = "工作簿含有不允许的内容（DTD 或外部实体），未读取；请重新导出为 .xlsx"
RELATIONS = "xl/_rels/workbook.xml.rels"


def cells(data: bytes, limits: Limits | None = None) -> dict[str, Printed]:
    """Address -> what is printed there, of a workbook's only sheet."""
    (grid,) = read_xlsx(data, limits or Limits()).grids
    return {address(position): printed for position, printed in grid.cells.items()}


def reason(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RejectedError) as caught:
        read_xlsx(data, limits or Limits())
    assert caught.value.rule_id == "V01"
    return caught.value.reason


def numbers(*values: str) -> dict[str, Printed]:
    body = "".join(f"<c><v>{value}</v></c>" for value in values)
    return cells(with_xml(f'<row r="1">{body}</row>'))


def test_numbers_are_printed_as_a_spreadsheet_shows_them() -> None:
    printed = numbers("12", "12.0", "0.30000000000000004", "4.3499999999999996", "3.0000000000000004", "1E5", "-24")
    assert [cell.text for cell in printed.values()] == ["12", "12", "0.3", "4.35", "3", "100000", "-24"]
    printed = numbers("1e22", "0.00001", "99999999999999.5", "1e999", "nan")
    assert [cell.text for cell in printed.values()] == [
        "10000000000000000000000",
        "0.00001",
        "99999999999999.5",
        "Infinity",
        "NaN",
    ]


def test_error_formula_date_and_boolean_are_told_apart() -> None:
    row = (
        '<c r="A1" t="e"><v>#DIV/0!</v></c><c r="B1"><f>SUM(C1:D1)</f></c><c r="C1"><f>SUM(D1)</f><v></v></c>'
        '<c r="D1"><f>1+1</f><v>2</v></c><c r="E1" t="str"><f>IF(1,"","")</f><v></v></c><c r="F1" t="b"><v>1</v></c>'
        '<c r="G1" t="d"><v>2024-01-05</v></c><c r="H1"/>'
    )
    assert cells(with_xml(f'<row r="1">{row}</row>')) == {
        "A1": Printed("#DIV/0!", "error"),
        "B1": Printed("", "formula"),
        "C1": Printed("", "formula"),
        "D1": Printed("2"),
        "F1": Printed("TRUE", "boolean"),
        "G1": Printed("2024-01-05", "date"),
    }


def test_rich_text_shared_strings_and_phonetic_guides() -> None:
    strings = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        "<si><r><t>（一）</t></r><r><rPr><b/></rPr><t>予以公开</t></r></si>"
        '<si><t xml:space="preserve"> 12 </t><rPh sb="0" eb="1"><t>yi</t></rPh></si></sst>'
    )
    row = '<c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="inlineStr"><is><t>行内</t></is></c>'
    book = repacked(
        small_book((("文字",),)), {SHEET_PART: sheet_xml(f'<row r="1">{row}</row>'), "xl/sharedStrings.xml": strings}
    )
    assert [printed.text for printed in cells(book).values()] == ["（一）予以公开", " 12 ", "行内"]
    missing = sheet_xml('<row r="1"><c r="A1" t="s"><v>7</v></c></row>')
    assert reason(repacked(book, {SHEET_PART: missing})) == DAMAGED


@pytest.mark.parametrize(
    "dtd",
    [
        '<!DOCTYPE worksheet [<!ENTITY a "1">]>',
        '<!DOCTYPE worksheet SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE worksheet [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
    ],
)
@pytest.mark.parametrize("part", [SHEET_PART, "xl/workbook.xml", RELATIONS])
def test_documents_with_a_dtd_are_refused(dtd: str, part: str) -> None:
    book = small_book()
    xml = part_of(book, part)
    declaration, rest = xml.split("?>", 1) if xml.startswith("<?xml") else ("<?xml version='1.0'", xml)
    assert reason(repacked(book, {part: f"{declaration}?>{dtd}{rest}"})) == FORBIDDEN


def test_hidden_sheets_are_marked_and_merged_ranges_kept() -> None:
    sheet = Sheet([["甲", None, 1], [None, None, 2]], [(0, 0, 1, 1)])
    visible, hidden = read_xlsx(workbook({"表": sheet, "旧表": sheet}, hidden=["旧表"]), Limits()).grids
    assert (visible.sheet, visible.is_hidden, hidden.sheet, hidden.is_hidden) == ("表", False, "旧表", True)
    assert visible.spans == [Span(0, 0, 1, 1)]
    assert [visible.text(1, 1), visible.text(1, 2)] == ["甲", "2"]
    assert (visible.height, visible.width) == (2, 3)


@pytest.mark.parametrize("name", ["a&b", "<表>", "“引号”", "it's", "😀", "2024年 (1)", "a.b-c_d", "&amp;", "空 格 "])
def test_sheet_names_of_any_characters(name: str) -> None:
    (grid,) = read_xlsx(small_book(name=name), Limits()).grids
    assert (grid.sheet, grid.cells) == (name, {(0, 0): Printed("规章"), (0, 1): Printed("1")})


@pytest.mark.parametrize("target", ["/xl/worksheets/sheet1.xml", "worksheets/sheet1.xml", "Worksheets/Sheet1.XML"])
def test_targets_absolute_or_relative(target: str) -> None:
    book = small_book()
    relations = part_of(book, RELATIONS).replace("/xl/worksheets/sheet1.xml", target)
    assert target in relations
    assert cells(repacked(book, {RELATIONS: relations})) == {"A1": Printed("规章"), "B1": Printed("1")}


def test_strict_open_xml_is_read() -> None:
    book = small_book()
    strict = {
        name: part_of(book, name)
        .replace("http://schemas.openxmlformats.org/officeDocument/2006/relationships", "http://purl.oclc.org/x/rel")
        .replace("http://schemas.openxmlformats.org/spreadsheetml/2006/main", "http://purl.oclc.org/x/main")
        for name in ("xl/workbook.xml", SHEET_PART)
    }
    assert cells(repacked(book, strict)) == {"A1": Printed("规章"), "B1": Printed("1")}


def test_only_the_part_that_was_measured_is_opened() -> None:
    book = small_book()
    relations = part_of(book, RELATIONS).replace("/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml")
    far = sheet_xml(FAR["named"])
    assert reason(repacked(book, {RELATIONS: relations, "xl/xl/worksheets/sheet1.xml": far})) == TOO_LARGE
    assert reason(repacked(book, {RELATIONS: relations})) == DAMAGED


@pytest.mark.parametrize("part", [SHEET_PART, "xl/workbook.xml", RELATIONS])
def test_a_missing_or_broken_part_is_damage(part: str) -> None:
    book = small_book()
    assert reason(repacked(book, {}, drop=[part])) == DAMAGED
    assert reason(repacked(book, {part: b"\x00\x01 no xml"})) == DAMAGED
    assert reason(repacked(book, {part: part_of(book, part)[:-20]})) == DAMAGED


def test_a_corrupt_stream_is_damage() -> None:
    book = bytearray(small_book())
    place = book.find(b"xl/worksheets/sheet1.xml") + len(b"xl/worksheets/sheet1.xml")
    book[place + 5 : place + 40] = b"\xff" * 35
    assert reason(bytes(book)) == DAMAGED


def test_two_sheets_of_one_name_are_damage() -> None:
    book = workbook({"甲": Sheet([[1]]), "乙": Sheet([[2]])})
    twice = part_of(book, "xl/workbook.xml").replace('name="乙"', 'name="甲"')
    assert reason(repacked(book, {"xl/workbook.xml": twice})) == DAMAGED


def test_too_many_sheets() -> None:
    sheets = {f"表{number}": Sheet([[number]]) for number in range(3)}
    assert [grid.text(0, 0) for grid in read_xlsx(workbook(sheets), Limits(max_sheets=3)).grids] == ["0", "1", "2"]
    assert reason(workbook(sheets), Limits(max_sheets=2)) == "工作表超过 2 张，未读取；请只保留统计表后重报"


FAR = {
    "named": '<row r="1"><c r="XFD1048576"><v>1</v></c></row>',
    "in small letters": '<row r="1"><c r="xfd1048576"><v>1</v></c></row>',
    "beyond the last column": '<row r="1"><c r="AAAAA9999"><v>1</v></c></row>',
    "counted on": f'<row r="1">{"<c><v>1</v></c>" * 600}</row><row r="1048576"><c><v>1</v></c></row>',
    "a formula": '<row r="1"><c r="XFD1048576"><f>1</f></c></row>',
    "a text": '<row r="1"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>',
}


@pytest.mark.parametrize("where", FAR)
@pytest.mark.parametrize("namespace", ["http://schemas.openxmlformats.org/spreadsheetml/2006/main", ""])
def test_a_far_away_cell_is_rejected_before_anything_is_allocated(where: str, namespace: str) -> None:
    assert reason(with_xml(FAR[where], namespace=namespace)) == TOO_LARGE


def test_the_area_of_all_sheets_together_is_bounded() -> None:
    sheet = Sheet([[1, 2], [3, 4]])
    assert len(read_xlsx(workbook({"甲": sheet, "乙": sheet}), Limits(max_cells=8)).grids) == 2
    assert reason(workbook({"甲": sheet, "乙": sheet}), Limits(max_cells=7)) == TOO_LARGE


def test_formats_without_content_do_not_count() -> None:
    assert cells(with_xml('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1" s="0"/></row>'), Limits(max_cells=2)) == {
        "A1": Printed("1")
    }


def test_references_follow_each_other_as_the_parser_counts_them() -> None:
    body = '<row r="3"><c r="B3"><v>1</v></c><c><v>2</v></c></row><row><c><f>1</f></c><c t="e"><v>#N/A</v></c></row>'
    assert cells(with_xml(body)) == {
        "B3": Printed("1"),
        "C3": Printed("2"),
        "A4": Printed("", "formula"),
        "B4": Printed("#N/A", "error"),
    }


@pytest.mark.parametrize("reference", ["$B$2", "1A", "A", "", "A1:B2", "甲1"])
def test_a_reference_that_is_none_is_damage(reference: str) -> None:
    assert reason(with_xml(f'<row r="1"><c r="{reference}"><v>1</v></c></row>')) == DAMAGED
    assert reason(with_xml(f'<row r="{reference}"><c r="A1"><v>1</v></c></row>')) == DAMAGED


def test_a_sheet_of_endless_empty_elements_is_rejected() -> None:
    assert reason(with_xml("<row/>" * 3000), Limits(max_cells=100)) == TOO_LARGE


def test_a_merge_over_the_whole_sheet_is_not_expanded() -> None:
    merge = '<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>'
    (grid,) = read_xlsx(with_xml('<row r="1"><c r="A1"><v>1</v></c></row>', merge), Limits()).grids
    assert (grid.height, grid.width) == (33, 33)
    assert grid.text(20, 20) == "1"


def test_overlapping_merges_are_refused_without_being_expanded() -> None:
    body = "".join(f'<row r="{line}">{"<c><v>1</v></c>" * 300}</row>' for line in range(1, 301))
    merges = "".join(f'<mergeCell ref="A{line}:XFD1048576"/>' for line in range(1, 1000))
    started = time.process_time()
    said = reason(with_xml(body, f"<mergeCells>{merges}</mergeCells>"))
    assert said == "“Sheet1”的合并单元格互相重叠；请重新导出为 .xlsx"
    assert time.process_time() - started < 10


def test_the_same_merge_told_twice_is_one() -> None:
    merge = '<mergeCells><mergeCell ref="A1:B1"/><mergeCell ref="A1:B1"/><mergeCell ref="B2:A1"/></mergeCells>'
    (grid,) = read_xlsx(with_xml('<row r="1"><c r="A1"><v>1</v></c></row>', merge), Limits()).grids
    assert [grid.text(0, column) for column in range(3)] == ["1", "1", ""]


def test_a_sheet_without_cells_is_an_empty_grid() -> None:
    (grid,) = read_xlsx(with_xml("", '<mergeCells><mergeCell ref="A1:C3"/></mergeCells>'), Limits()).grids
    assert (grid.cells, grid.height, grid.width) == ({}, 0, 0)


def test_the_geometry_of_a_grid() -> None:
    grid = Grid("表", {(1, 1): Printed("甲"), (3, 2): Printed("1")}, [Span(1, 1, 2, 3)])
    assert (grid.height, grid.width) == (4, 4)
    assert [grid.text(1, 1), grid.text(2, 3), grid.text(3, 2), grid.text(0, 0)] == ["甲", "甲", "1", ""]
    assert [grid.anchor((2, 2)), grid.anchor((3, 2))] == [(1, 1), (3, 2)]
    assert [grid.is_spanned((1, 1)), grid.is_spanned((2, 3)), grid.is_spanned((3, 2))] == [True, True, False]
    assert [address((0, 0)), address((3, 2)), address((11, 27))] == ["A1", "C4", "AB12"]
