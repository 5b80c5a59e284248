"""From the XML of an .ods to grids: what is printed in each cell, and repetitions that are never unrolled."""

from __future__ import annotations

import io
import time
import zipfile

import pytest
from python_calamine import CalamineWorkbook

from pipelines.readers.grid import Grid, Printed, Span, address
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.ods import read_ods
from tests.unit.libreoffice import converted, needs_libreoffice
from tests.unit.reader_files import FORMS, typed

DAMAGED = "工作簿损坏，打不开；请重新导出为 .xlsx 后重新放入"
TOO_LARGE = "工作表的范围过大（很远的地方也有单元格），未读取；请删去表外内容后重报"
NAMESPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "style", "drawing")
)
CALC = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
MANIFEST = "META-INF/manifest.xml"


def ods(tables: str, styles: str = "", parts: dict[str, str] | None = None) -> bytes:
    content = (
        f"<office:document-content {NAMESPACES} {CALC}><office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in ({"content.xml": content} | (parts or {})).items():
            archive.writestr(name, part)
    return out.getvalue()


def table(rows: str, name: str = "表", style: str = "") -> str:
    return f'<table:table table:name="{name}" table:style-name="{style}">{rows}</table:table>'


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def cell(inner: str = "", more: str = "") -> str:
    return f"<table:table-cell {more}>{inner}</table:table-cell>"


def number(value: object, text: str = "", more: str = "", kind: str = "float") -> str:
    shown = text or str(value)
    return cell(f"<text:p>{shown}</text:p>", f'office:value-type="{kind}" office:value="{value}" {more}')


def string(inner: str, more: str = "") -> str:
    return cell(inner, f'office:value-type="string" {more}')


def only(data: bytes, limits: Limits | None = None) -> Grid:
    (grid,) = read_ods(data, limits or Limits()).grids
    return grid


def cells(*rows: str) -> dict[str, Printed]:
    """Address -> what is printed there."""
    return {address(position): printed for position, printed in only(ods(table("".join(rows)))).cells.items()}


def reason(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RejectedError) as caught:
        read_ods(data, limits or Limits())
    assert caught.value.rule_id == "V01"
    return caught.value.reason


def test_numbers_as_printed() -> None:
    assert cells(
        row(
            number(12, "12"),
            number(1234567.5, "1,234,567.50"),
            number(3.0000001, "3"),
            number("0.30000000000000004", "0.3"),
            number(0.125, "13%", kind="percentage"),
            number(12, "12件"),
            number(12345, "1.2万"),
            number(1.04, "1.04 亿元"),
            number(-7, "约-7"),
            number(12345, "12!.3万"),
            number(1, "TRUE"),
            number("1e999", "无穷"),
        )
    ) == {
        "A1": Printed("12"),
        "B1": Printed("1234567.5"),
        "C1": Printed("3.0000001"),
        "D1": Printed("0.3"),
        "E1": Printed("12.5%"),
        "F1": Printed("12件"),
        "G1": Printed("1.2345万"),
        "H1": Printed("1.04亿元"),
        "I1": Printed("约-7"),
        "J1": Printed("12!.3万"),
        "K1": Printed("TRUE", "boolean"),
        "L1": Printed("Infinity"),
    }


def test_error_formula_date_and_boolean_are_told_apart() -> None:
    said = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
    assert cells(
        row(
            cell("<text:p>#DIV/0!</text:p>", said),
            cell("", 'table:formula="of:=1+1"'),
            number(2, "2", 'table:formula="of:=1+1"'),
            cell("<text:p>1月2日</text:p>", 'office:value-type="date" office:date-value="2024-01-02"'),
            cell("<text:p>1:02</text:p>", 'office:value-type="time" office:time-value="PT01H02M00S"'),
            cell("<text:p>真</text:p>", 'office:value-type="boolean" office:boolean-value="true"'),
            cell("", 'table:style-name="ce1"'),
        )
    ) == {
        "A1": Printed("#DIV/0!", "error"),
        "B1": Printed("", "formula"),
        "C1": Printed("2"),
        "D1": Printed("2024-01-02", "date"),
        "E1": Printed("PT01H02M00S", "date"),
        "F1": Printed("TRUE", "boolean"),
    }


def test_texts_with_spaces_lines_and_runs_and_without_comments() -> None:
    comment = "<office:annotation><text:p>批注 99</text:p></office:annotation>"
    assert cells(
        row(
            string("<text:p>（一）<text:span>予以</text:span>公开</text:p>"),
            string('<text:p>甲<text:s text:c="3"/>乙<text:tab/>丙<text:line-break/>丁</text:p><text:p>戊</text:p>'),
            string(f"{comment}<text:p>12</text:p>"),
            string(
                "<text:p><text:a>链接</text:a><text:note><text:note-body><text:p>7</text:p></text:note-body></text:note></text:p>"
            ),
            string("<text:p>显示</text:p>", 'office:string-value="所存"'),
            string("<text:p>００１２</text:p>"),
        )
    ) == {
        "A1": Printed("（一）予以公开"),
        "B1": Printed("甲   乙 丙\n丁\n戊"),
        "C1": Printed("12"),
        "D1": Printed("链接"),
        "E1": Printed("所存"),
        "F1": Printed("００１２"),
    }


def test_repetitions_groups_and_covered_cells() -> None:
    covered = "<table:covered-table-cell><text:p>盖住的</text:p></table:covered-table-cell>"
    found = cells(
        row(cell(more='table:number-columns-repeated="2"'), number(1, more='table:number-columns-repeated="2"')),
        row(more='table:number-rows-repeated="3"'),
        f"<table:table-header-rows>{row(number(2))}</table:table-header-rows>",
        "<table:table-row-group>" + row(number(3), more='table:number-rows-repeated="2"') + "</table:table-row-group>",
        row(number(4, more='table:number-columns-spanned="2"'), covered, number(5)),
        row(cell(more='table:number-columns-repeated="16384"'), more='table:number-rows-repeated="1048000"'),
    )
    assert {at: printed.text for at, printed in found.items()} == {
        "C1": "1",
        "D1": "1",
        "A5": "2",
        "A6": "3",
        "A7": "3",
        "A8": "4",
        "C8": "5",
    }


def test_spans_hidden_rows_and_hidden_sheets() -> None:
    styles = '<style:style style:name="ta2"><style:table-properties table:display="false"/></style:style>'
    rows = row(number(1, more='table:number-columns-spanned="3" table:number-rows-spanned="2"'))
    rows += row(number(2), more='table:visibility="collapse"') + row(number(3), more='table:visibility="filter"')
    rows += row(number(4)) + row(more='table:visibility="collapse" table:number-rows-repeated="1048000"')
    data = ods(table(rows) + table(row(number(5)), "旧表", "ta2"), styles)
    visible, hidden = read_ods(data, Limits()).grids
    assert (visible.sheet, visible.is_hidden, visible.hidden_rows) == ("表", False, frozenset({1, 2}))
    assert (hidden.sheet, hidden.is_hidden, hidden.text(0, 0)) == ("旧表", True, "5")
    assert visible.spans == [Span(0, 0, 1, 2)]


def test_a_table_within_a_cell_or_a_list_of_changes_is_no_sheet() -> None:
    inner = f"<table:table><table:table-row>{number(9)}</table:table-row></table:table>"
    changes = f"<table:tracked-changes><table:previous>{number(8)}</table:previous></table:tracked-changes>"
    data = ods(changes + table(row(number(1), string(f"<text:p>甲</text:p>{inner}"), number(2)) + row(number(3))))
    assert {at: printed.text for at, printed in only(data).cells.items()} == {
        (0, 0): "1",
        (0, 1): "甲",
        (0, 2): "2",
        (1, 0): "3",
    }


@needs_libreoffice
def test_calamine_reads_the_same_values() -> None:
    """Two readers, one file: positions and values agree."""
    data = converted({"typed.xlsx": typed(FORMS["gb_2021"])}, "ods")["typed"]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    theirs = {
        (line, column): value
        for line, values in enumerate(sheet.to_python(skip_empty_area=False))
        for column, value in enumerate(values)
        if value != ""
    }
    ours = only(data).cells
    assert ours.keys() == theirs.keys()
    assert len(ours) == 283
    assert all(
        ours[at].text == value if isinstance(value, str) else float(ours[at].text) == value
        for at, value in theirs.items()
    )


FAR = {
    "rows": row(number(1), more='table:number-rows-repeated="1048576"'),
    "columns": row(number(1, more='table:number-columns-repeated="16384"'), more='table:number-rows-repeated="25"'),
    "both": row(number(1, more='table:number-columns-repeated="16384"'), more='table:number-rows-repeated="1048576"'),
    "the last cell": row(more='table:number-rows-repeated="1048575"')
    + row(cell(more='table:number-columns-repeated="16383"'), number(1)),
    "beyond": row(more='table:number-rows-repeated="99999999999999999999"') + row(number(1)),
    "a formula": row(cell(more='table:number-columns-repeated="999999999"'), cell(more='table:formula="of:=1"')),
}


@pytest.mark.parametrize("where", FAR)
def test_what_is_far_away_or_repeated_is_rejected_before_anything_is_allocated(where: str) -> None:
    started = time.process_time()
    assert reason(ods(table(FAR[where]))) == TOO_LARGE
    assert time.process_time() - started < 1


def test_the_area_of_all_sheets_together_is_bounded() -> None:
    rows = row() + row(cell(), number(1))
    data = ods(table(rows, "甲") + table(rows, "乙"))
    assert len(read_ods(data, Limits(max_cells=8)).grids) == 2
    assert reason(data, Limits(max_cells=7)) == TOO_LARGE
    assert reason(data, Limits(max_sheets=1)) == "工作表超过 1 张，未读取；请只保留统计表后重报"


def test_endless_and_deep_elements_are_rejected() -> None:
    assert reason(ods(table("<table:table-row/>" * 3000)), Limits(max_cells=100)) == TOO_LARGE
    assert reason(ods(table(row(string("<text:p>" + "<text:span>" * 5000))))) == DAMAGED
    assert len(only(ods(table(row(string('<text:p><text:s text:c="2000000000"/>x</text:p>'))))).text(0, 0)) == 10_001


@pytest.mark.parametrize(
    "tables",
    [
        table(row(number("二"))),
        table(row(number(1), more='table:number-rows-repeated="0"')),
        table(row(number(1), more='table:number-rows-repeated="-5"')),
        table(row(number(1), more='table:number-rows-repeated="x"')),
        table(row(number(1))) * 2,
        "<table:table>",
    ],
)
def test_what_no_program_writes_is_damage(tables: str) -> None:
    assert reason(ods(tables)) == DAMAGED


def test_a_dtd_a_password_and_a_missing_part() -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><office:document-content/>'
    assert reason(ods("", parts={"content.xml": bomb})) == (
        "工作簿含有不允许的内容（DTD 或外部实体），未读取；请重新导出为 .xlsx"
    )
    with pytest.raises(RejectedError) as caught:
        read_ods(ods("", parts={MANIFEST: "<manifest:encryption-data/>", "content.xml": "\1\2"}), Limits())
    assert (caught.value.rule_id, caught.value.reason) == ("V02", "工作簿受密码保护；请取消打开密码后重新放入")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
    assert reason(out.getvalue()) == DAMAGED
