"""From the records of a binary workbook to grids: what stands in each cell, and what calamine is never given."""

from __future__ import annotations

import struct
import time

import pytest

from pipelines.readers.grid import Printed, Span, address
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.xlsb import read_xlsb
from tests.unit.binary_workbooks import (
    cell,
    real,
    record,
    row,
    rows,
    shared,
    sheet,
    string,
    strings,
    styles,
    wide,
    xlsb,
)
from tests.unit.reader_files import repacked

DAMAGED = "工作簿损坏，打不开；请重新导出为 .xlsx 后重新放入"
TOO_LARGE = "工作表的范围过大（很远的地方也有单元格），未读取；请删去表外内容后重报"
STRINGS = "xl/sharedStrings.bin"


def cells(data: bytes, limits: Limits | None = None) -> dict[str, Printed]:
    """Address -> what is printed there, of a workbook's only sheet."""
    (grid,) = read_xlsb(data, limits or Limits()).grids
    return {address(position): printed for position, printed in grid.cells.items()}


def reason(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RejectedError) as caught:
        read_xlsb(data, limits or Limits())
    assert caught.value.rule_id == "V01"
    return caught.value.reason


def one(*lines: bytes, tail: bytes = b"", parts: dict[str, bytes] | None = None) -> bytes:
    return xlsb({"表": sheet(rows(lines), tail=tail)}, parts=parts)


def test_every_record_of_a_cell() -> None:
    expression = struct.pack("<HI", 0, 3) + b"\x1e\x01\x00" + struct.pack("<I", 0)
    first = real(0, 12.5) + string(1, "规章") + cell(2, 2, struct.pack("<I", 7 << 2 | 2)) + shared(3, 1)
    second = (
        cell(4, 0, b"\x01") + cell(3, 1, b"\x07") + cell(62, 2, b"\x01" + wide("粗体") + bytes(4)) + cell(1, 9, b"")
    )
    third = cell(9, 0, struct.pack("<d", 9) + expression) + cell(8, 1, wide("甲") + expression)
    third += cell(10, 2, b"\x00" + expression) + cell(11, 3, b"\x2a" + expression) + cell(8, 4, wide("") + expression)
    assert cells(one(first, second, third, parts={STRINGS: strings(["甲", "乙"])})) == {
        "A1": Printed("12.5"),
        "B1": Printed("规章"),
        "C1": Printed("7"),
        "D1": Printed("乙"),
        "A2": Printed("TRUE", "boolean"),
        "B2": Printed("#DIV/0!", "error"),
        "C2": Printed("粗体"),
        "A3": Printed("9"),
        "B3": Printed("甲"),
        "C3": Printed("FALSE", "boolean"),
        "D3": Printed("#N/A", "error"),
    }


def test_number_formats_dates_and_percent() -> None:
    line = real(0, 45293) + real(1, 0.125, 1) + real(2, 45293, 2) + real(3, 7, 3)
    assert cells(one(line, parts={"xl/styles.bin": styles(["0.0%", "m-d", '0"亿元"'])})) == {
        "A1": Printed("45293"),
        "B1": Printed("12.5%"),
        "C1": Printed("2024-01-02", "date"),
        "D1": Printed("7亿元"),
    }


def test_hidden_rows_sheets_and_merged_ranges() -> None:
    lines = row(0) + real(0, 1) + row(1, is_hidden=True) + real(0, 2) + row(900, is_hidden=True)
    sheets = {"表": sheet(lines, [(0, 2, 1, 4)]), "旧表": sheet(row(0) + real(0, 3)), "更旧": sheet(b"")}
    first, second, third = read_xlsb(xlsb(sheets, {"旧表": "hidden", "更旧": "veryHidden"}), Limits()).grids
    assert (first.sheet, first.is_hidden, first.hidden_rows) == ("表", False, frozenset({1}))
    assert first.spans == [Span(0, 2, 1, 4)]
    assert [(grid.sheet, grid.is_hidden, grid.text(0, 0)) for grid in (second, third)] == [
        ("旧表", True, "3"),
        ("更旧", True, ""),
    ]


@pytest.mark.parametrize("far", [real(16383, 1), string(16383, "x"), cell(4, 16383, b"\1"), real(0xFFFFFFFF, 1)])
def test_a_far_away_cell_is_rejected_before_anything_is_allocated(far: bytes) -> None:
    assert reason(xlsb({"表": sheet(row(1048575) + far)})) == TOO_LARGE


def test_a_row_beyond_the_last_is_damage() -> None:
    assert reason(xlsb({"表": sheet(row(1048576) + real(0, 1))})) == DAMAGED


def test_the_area_of_all_sheets_together_is_bounded() -> None:
    content = sheet(row(1) + real(1, 1))
    data = xlsb({"甲": content, "乙": content})
    assert len(read_xlsb(data, Limits(max_cells=8)).grids) == 2
    assert reason(data, Limits(max_cells=7)) == TOO_LARGE
    assert reason(data, Limits(max_sheets=1)) == "工作表超过 1 张，未读取；请只保留统计表后重报"


def test_endless_records_are_rejected_in_bounded_time() -> None:
    started = time.process_time()
    assert reason(one(record(63) * 1_400_000)) == TOO_LARGE
    assert reason(one(real(0, 1), parts={STRINGS: record(63) * 1_400_000})) == TOO_LARGE
    assert time.process_time() - started < 15


@pytest.mark.parametrize(
    "parts",
    [
        {STRINGS: strings(["甲"], count=0x7FFFFFFF)},
        {STRINGS: b"\x9f\x01\xff\xff\xff\x7f"},
        {"xl/styles.bin": record(615, struct.pack("<I", 0x7FFFFFFF))},
        {"xl/styles.bin": record(617, struct.pack("<I", 0x7FFFFFFF))},
        {"xl/styles.bin": record(615, struct.pack("<I", 1)) + record(44, b"\xa4\x00\xff\xff\xff\x00")},
        {"xl/workbook.bin": record(156, bytes(8) + wide("rId9") + wide("表"))},
        {"xl/workbook.bin": record(156, bytes(8))},
        {"xl/worksheets/sheet1.bin": b"\x81\x01"},
        {"xl/worksheets/sheet1.bin": b""},
        {"xl/worksheets/sheet1.bin": sheet(real(0, 1))[:-20]},
        {"xl/worksheets/sheet1.bin": sheet(row(0) + cell(7, 0, struct.pack("<I", 77)))},
        {"xl/worksheets/sheet1.bin": sheet(row(0) + cell(5, 0, b"\0"))},
        {"xl/worksheets/sheet1.bin": sheet(row(0) + cell(6, 0, b"\xff\xff\xff\xff"))},
    ],
    ids=range(13),
)
def test_what_says_more_than_it_has_is_damage(parts: dict[str, bytes]) -> None:
    assert reason(one(real(0, 1), parts=parts)) == DAMAGED


def test_a_missing_part_and_two_sheets_of_one_name_are_damage() -> None:
    data = one(real(0, 1))
    for part in ("xl/worksheets/sheet1.bin", "xl/_rels/workbook.bin.rels"):
        assert reason(repacked(data, {}, drop=[part])) == DAMAGED
    book = b"".join(record(156, struct.pack("<II", 0, at) + wide("rId1") + wide("表")) for at in (1, 2)) + record(144)
    assert reason(one(real(0, 1), parts={"xl/workbook.bin": book + record(132)})) == DAMAGED


def test_relations_with_a_dtd_are_refused() -> None:
    relations = b'<!DOCTYPE x [<!ENTITY a "b">]><Relationships/>'
    said = reason(one(real(0, 1), parts={"xl/_rels/workbook.bin.rels": relations}))
    assert said == "工作簿含有不允许的内容（DTD 或外部实体），未读取；请重新导出为 .xlsx"
