"""From the records of old Excel to grids: what stands in each cell, and what calamine is never given."""

from __future__ import annotations

import struct
import time

import pytest

from pipelines.readers.compound import compound_of, stream_of
from pipelines.readers.detect import Kind, kind_of
from pipelines.readers.grid import Printed, Span, address
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.biff import read_xls
from tests.unit.old_workbooks import (
    END_OF_PART,
    book_stream,
    boolean_or_error,
    compound,
    dimensions,
    formula,
    merged,
    number,
    number_format,
    record,
    row,
    start,
    style,
    text,
    xls,
)

DAMAGED = "工作簿损坏，打不开；请重新导出为 .xlsx 后重新放入"
TOO_LARGE = "工作表的范围过大（很远的地方也有单元格），未读取；请删去表外内容后重报"
NO_NUMBER = b"\xff\xff"


def cells(data: bytes, limits: Limits | None = None) -> dict[str, Printed]:
    """Address -> what is printed there, of a workbook's only sheet."""
    (grid,) = read_xls(data, limits or Limits()).grids
    return {address(position): printed for position, printed in grid.cells.items()}


def reason(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(RejectedError) as caught:
        read_xls(data, limits or Limits())
    assert caught.value.rule_id == "V01"
    return caught.value.reason


def result(kind: int, value: int = 0) -> bytes:
    """The result of a formula that is no number."""
    return struct.pack("<BxBxxx", kind, value) + NO_NUMBER


def test_every_record_of_a_cell() -> None:
    many = struct.pack("<2H", 1, 0) + b"".join(struct.pack("<HI", 0, n << 2 | 2) for n in (4, 5)) + struct.pack("<H", 1)
    data = xls(
        number(0, 0, 12.5),
        text(0, 1, "规章"),
        record(0x027E, struct.pack("<3HI", 0, 2, 0, 7 << 2 | 2)),
        record(0x00BD, many),
        boolean_or_error(2, 0, 1, False),
        boolean_or_error(2, 1, 0x07, True),
        formula(3, 0, struct.pack("<d", 9)),
        formula(3, 1, result(0)),
        record(0x0207, struct.pack("<HB", 2, 1) + "甲乙".encode("utf-16-le")),
        formula(3, 2, result(1, 1)),
        formula(3, 3, result(2, 0x2A)),
        formula(3, 4, result(3)),
        record(0x0201, struct.pack("<3H", 9, 9, 0)),
    )
    assert cells(data) == {
        "A1": Printed("12.5"),
        "B1": Printed("规章"),
        "C1": Printed("7"),
        "A2": Printed("4"),
        "B2": Printed("5"),
        "A3": Printed("TRUE", "boolean"),
        "B3": Printed("#DIV/0!", "error"),
        "A4": Printed("9"),
        "B4": Printed("甲乙"),
        "C4": Printed("TRUE", "boolean"),
        "D4": Printed("#N/A", "error"),
        "E4": Printed("", "formula"),
    }


def test_number_formats_dates_and_percent() -> None:
    book = [number_format(164, '0.0"万元"'), *(style(code) for code in (0, 9, 14, 164, 4))]
    many = (
        struct.pack("<2H", 1, 0) + b"".join(struct.pack("<HI", s, 50 << 2 | 3) for s in (1, 3)) + struct.pack("<H", 1)
    )
    data = xls(*(number(0, at, 0.5 if at == 1 else 45293, at) for at in range(5)), record(0x00BD, many), book=book)
    assert cells(data) == {
        "A1": Printed("45293"),
        "B1": Printed("50%"),
        "C1": Printed("2024-01-02", "date"),
        "D1": Printed("45293万元"),
        "E1": Printed("45293"),
        "A2": Printed("50%"),
        "B2": Printed("0.5万元"),
    }


def test_hidden_rows_sheets_and_merged_ranges() -> None:
    one = [
        row(0),
        row(1, is_hidden=True),
        row(900, is_hidden=True),
        number(0, 0, 1),
        number(1, 0, 2),
        merged(0, 1, 2, 4),
    ]
    stream = book_stream({"表": one, "旧表": [number(0, 0, 3)], "更旧": [number(0, 0, 4)]}, states=[0, 1, 2])
    first, second, third = read_xls(bytes(compound({"Workbook": stream})), Limits()).grids
    assert (first.sheet, first.is_hidden, first.hidden_rows) == ("表", False, frozenset({1}))
    assert first.spans == [Span(0, 2, 1, 4)]
    assert [(grid.sheet, grid.is_hidden, grid.text(0, 0)) for grid in (second, third)] == [
        ("旧表", True, "3"),
        ("更旧", True, "4"),
    ]


def test_a_chart_within_a_sheet_changes_no_cell() -> None:
    """Its cached figures stand at places of their own, which are not the sheet's; what follows it is the sheet's."""
    chart = start(0x20) + number(0, 0, 999) + number(200, 200, 7) + END_OF_PART
    data = xls(number(0, 0, 12), chart, number(1, 0, 13), merged(0, 0, 1, 2))
    assert cells(data) == {"A1": Printed("12"), "A2": Printed("13")}
    assert read_xls(data, Limits()).grids[0].spans == [Span(0, 1, 0, 2)]
    assert len(cells(data, Limits(max_cells=4))) == 2


@pytest.mark.parametrize("version", [0x0500, 0x0400, 0])
def test_excel_95_is_answered(version: int) -> None:
    """Its texts are in the code page of the system, which calamine does not read: labels would be lost."""
    data = bytes(compound({"Book": start(0x05, version) + END_OF_PART}))
    assert kind_of(data, Limits()) == Kind.XLS
    assert reason(data) == "Excel 95 及更早的工作簿不能读取；请另存为 .xlsx 后重新放入"


def test_macros_and_objects_are_not_opened() -> None:
    stream = book_stream({"表": [number(0, 0, 12)]}, [record(0x00D3)])
    data = compound({"Workbook": stream, "_VBA_PROJECT_CUR": b"no macro", "MBD0018D4CE": b"no object"})
    assert cells(bytes(data)) == {"A1": Printed("12")}


@pytest.mark.parametrize("kind", [0x0017, 0x0018, 0x00EB])
def test_broken_names_links_and_drawings_cost_no_figure(kind: int) -> None:
    assert cells(xls(number(0, 0, 12), book=[record(kind, b"\xff" * 9)])) == {"A1": Printed("12")}


@pytest.mark.parametrize("code_page", [936, 1252, 1200, 7])
def test_a_code_page_changes_no_text(code_page: int) -> None:
    data = xls(text(0, 0, "规章"), book=[record(0x0042, struct.pack("<H", code_page))])
    assert cells(data) == {"A1": Printed("规章")}


def test_formulas_are_not_even_parsed() -> None:
    endless = formula(0, 0, struct.pack("<d", 5), b"\x43\xff\xff\xff\xff" * 50)
    assert cells(xls(endless, number(0, 1, 6))) == {"A1": Printed("5"), "B1": Printed("6")}


@pytest.mark.parametrize(
    "far",
    [
        number(65535, 255, 1),
        text(65535, 255, "x"),
        boolean_or_error(65535, 255, 1, False),
        formula(65535, 255, bytes(8)),
    ],
)
def test_a_far_away_cell_is_rejected_before_anything_is_allocated(far: bytes) -> None:
    assert reason(xls(number(0, 0, 1), far)) == TOO_LARGE


def test_what_a_sheet_says_of_its_size_is_not_believed() -> None:
    for rows, columns in ((65536, 256), (0xFFFFFFFF, 0xFFFF), (0, 0)):
        assert cells(xls(dimensions(rows, columns), number(0, 0, 1))) == {"A1": Printed("1")}


def test_the_area_of_all_sheets_together_is_bounded() -> None:
    stream = book_stream({"甲": [number(1, 1, 1)], "乙": [number(1, 1, 2)]})
    data = bytes(compound({"Workbook": stream}))
    assert len(read_xls(data, Limits(max_cells=8)).grids) == 2
    assert reason(data, Limits(max_cells=7)) == TOO_LARGE
    assert reason(data, Limits(max_sheets=1)) == "工作表超过 1 张，未读取；请只保留统计表后重报"


def test_endless_records_are_rejected_in_bounded_time() -> None:
    started = time.process_time()
    assert reason(xls(record(0x0055) * 1_400_000)) == TOO_LARGE
    assert time.process_time() - started < 10


def test_more_texts_than_bytes_are_damage() -> None:
    assert reason(xls(number(0, 0, 1), book=[record(0x00FC, struct.pack("<2I", 1, 0x7FFFFFFF))])) == DAMAGED


def test_a_cell_without_its_text_is_damage() -> None:
    table = record(0x00FC, struct.pack("<2IHB", 1, 1, 2, 1) + "规章".encode("utf-16-le"))
    shared = [record(0x00FD, struct.pack("<3HI", 0, 0, 0, at)) for at in (0, 1)]
    assert cells(xls(shared[0], book=[table])) == {"A1": Printed("规章")}
    assert reason(xls(shared[1], book=[table])) == DAMAGED
    assert reason(xls(shared[0])) == DAMAGED


def test_a_formula_that_breaks_off_is_damage_and_spoils_no_record_behind_it() -> None:
    for length in (14, 20, 21):
        assert reason(xls(record(0x0006, bytes(length)), number(0, 1, 6))) == DAMAGED


def test_two_sheets_at_one_place_or_of_one_name_are_damage() -> None:
    stream = bytearray(book_stream({"甲": [number(0, 0, 1)], "乙": [number(0, 0, 2)]}))
    places = [at for at in range(len(stream)) if stream[at : at + 4] == struct.pack("<HH", 0x0085, 10)]
    assert len(places) == 2
    same = stream.copy()
    same[places[1] + 4 : places[1] + 8] = stream[places[0] + 4 : places[0] + 8]
    assert reason(bytes(compound({"Workbook": bytes(same)}))) == DAMAGED
    same = stream.copy()
    same[places[1] + 8 : places[1] + 14] = stream[places[0] + 8 : places[0] + 14]
    assert reason(bytes(compound({"Workbook": bytes(same)}))) == DAMAGED


def test_a_sheet_is_measured_where_it_is_read() -> None:
    """A sheet that begins in the middle of another, or of the book, would be read further than it was measured."""
    inner = start(0x10) + number(0, 0, 1) + END_OF_PART
    stream = book_stream({"甲": [inner, number(299, 255, 2)], "乙": [number(0, 0, 3)]})
    places = [at for at in range(len(stream)) if stream[at : at + 4] == struct.pack("<HH", 0x0085, 10)]
    first = stream.index(start(0x10))
    wrong = [(sheet, place) for sheet in places for place in (first + 40, 0, sheet)]
    for sheet, place in [*wrong, (places[1], first + 20)]:
        broken = bytearray(stream)
        broken[sheet + 4 : sheet + 8] = struct.pack("<I", place)
        assert reason(bytes(compound({"Workbook": bytes(broken)}))) == DAMAGED


@pytest.mark.parametrize("place", [0x7FFFFFF0, 0xFFFFFFFF, 3])
def test_a_sheet_that_begins_nowhere_is_damage(place: int) -> None:
    stream = bytearray(book_stream({"甲": [number(0, 0, 1)]}))
    at = stream.index(struct.pack("<HH", 0x0085, 10))
    stream[at + 4 : at + 8] = struct.pack("<I", place)
    assert reason(bytes(compound({"Workbook": bytes(stream)}))) == DAMAGED


def test_a_stream_that_breaks_off_is_damage() -> None:
    stream = book_stream({"甲": [number(line, 0, line) for line in range(300)]})
    for length in (4097, 4100, 4103):
        assert reason(bytes(compound({"Workbook": stream[:length]}))) == DAMAGED


def test_a_clean_container_holds_the_stream_and_no_more() -> None:
    for length in (0, 1, 4095, 4096, 4097, 5_000_000):
        stream = bytes(range(256)) * (length // 256 + 1)
        kept = stream_of(compound_of("Workbook", stream[:length]), ("Workbook",))
        assert kept.rstrip(b"\0") == stream[:length].rstrip(b"\0")
        assert len(kept) == max(4096, -(-length // 4096) * 4096)
