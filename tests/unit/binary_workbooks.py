"""A small writer of .xlsb: what a filled form has, and hostile records. No free program writes this kind."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence

from openpyxl import load_workbook

_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="bin"
ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/><Default Extension="rels"
ContentType="application/vnd.openxmlformats-package.relationships+xml"/></Types>"""
STATES = {"visible": 0, "hidden": 1, "veryHidden": 2}
Span = tuple[int, int, int, int]
"""first row, first column, last row, last column, from 0"""


def record(kind: int, data: bytes = b"") -> bytes:
    return _seven_bits(kind) + _seven_bits(len(data)) + data


def _seven_bits(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def wide(text: str) -> bytes:
    data = text.encode("utf-16-le")
    return struct.pack("<I", len(data) // 2) + data


def row(number: int, *, is_hidden: bool = False) -> bytes:
    return record(0, struct.pack("<IIHBBBI", number, 0, 300, 0, 0x10 * is_hidden, 0, 0))


def cell(kind: int, column: int, data: bytes, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column, style) + data)


def real(column: int, value: float, style: int = 0) -> bytes:
    return cell(5, column, struct.pack("<d", value), style)


def string(column: int, value: str) -> bytes:
    return cell(6, column, wide(value))


def shared(column: int, number: int) -> bytes:
    return cell(7, column, struct.pack("<I", number))


def sheet(cells: bytes, spans: Sequence[Span] = (), tail: bytes = b"") -> bytes:
    merges = b"".join(record(176, struct.pack("<4I", t, b, le, r)) for t, le, b, r in spans)
    if merges:
        merges = record(177, struct.pack("<I", len(spans))) + merges + record(178)
    return (
        record(129)
        + record(148, struct.pack("<4I", 0, 0, 0, 0))
        + (record(145) + cells + record(146) + merges + tail + record(130))
    )


def strings(texts: Sequence[str], count: int | None = None) -> bytes:
    said = len(texts) if count is None else count
    items = b"".join(record(19, b"\0" + wide(text)) for text in texts)
    return record(159, struct.pack("<II", said, said)) + items + record(160)


def styles(codes: Sequence[str]) -> bytes:
    """A style for each number format, from 1 on; style 0 is the general one."""
    formats = b"".join(record(44, struct.pack("<H", 164 + at) + wide(code)) for at, code in enumerate(codes))
    cells = b"".join(record(47, struct.pack("<HH12x", 0, number)) for number in [0, *range(164, 164 + len(codes))])
    return (
        record(278)
        + record(615, struct.pack("<I", len(codes)))
        + (formats + record(616) + record(617, struct.pack("<I", 1 + len(codes))) + cells + record(618) + record(279))
    )


def xlsb(
    sheets: Mapping[str, bytes], states: Mapping[str, str] | None = None, parts: Mapping[str, bytes] | None = None
) -> bytes:
    """The package; ``parts`` are put in beside or over what is made here."""
    bundle = b"".join(
        record(156, struct.pack("<II", STATES[(states or {}).get(name, "visible")], at) + wide(f"rId{at}") + wide(name))
        for at, name in enumerate(sheets, start=1)
    )
    book = (
        record(131) + record(153, bytes(12)) + record(143) + bundle + record(144) + record(157, bytes(28)) + record(132)
    )
    relations = "".join(
        f'<Relationship Id="rId{at}" Type="{_RELATION}/worksheet" Target="worksheets/sheet{at}.bin"/>'
        for at in range(1, len(sheets) + 1)
    )
    relations += "".join(
        f'<Relationship Id="{name}" Type="{_RELATION}/{name}" Target="{name}.bin"/>'
        for name in ("sharedStrings", "styles")
        if f"xl/{name}.bin" in (parts or {})
    )
    package = {
        "[Content_Types].xml": _TYPES.encode(),
        "_rels/.rels": _relations(
            f'<Relationship Id="rId1" Type="{_RELATION}/officeDocument" Target="xl/workbook.bin"/>'
        ),
        "xl/workbook.bin": book,
        "xl/_rels/workbook.bin.rels": _relations(relations),
        **{f"xl/worksheets/sheet{at}.bin": content for at, content in enumerate(sheets.values(), start=1)},
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in package.items():
            archive.writestr(name, content)
    return out.getvalue()


def _relations(inner: str) -> bytes:
    return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{inner}</Relationships>'.encode()


def from_xlsx(data: bytes) -> bytes:
    """The same workbook as an .xlsb: values, merged ranges, hidden rows and sheets, number formats."""
    book = load_workbook(io.BytesIO(data))
    texts: dict[str, int] = {}
    codes: dict[str, int] = {}
    sheets = {}
    for source in book.worksheets:
        cells = []
        for line in source.iter_rows():
            cells.append(row(line[0].row - 1, is_hidden=source.row_dimensions[line[0].row].hidden))
            for at, one in enumerate(line):
                style = 0 if one.number_format == "General" else codes.setdefault(one.number_format, len(codes) + 1)
                if isinstance(one.value, str):
                    cells.append(shared(at, texts.setdefault(one.value, len(texts))))
                elif one.value is not None:
                    cells.append(real(at, float(one.value), style))
        spans = [(r.min_row - 1, r.min_col - 1, r.max_row - 1, r.max_col - 1) for r in source.merged_cells.ranges]
        sheets[source.title] = sheet(b"".join(cells), spans)
    states = {source.title: source.sheet_state for source in book.worksheets}
    parts = {"xl/sharedStrings.bin": strings(list(texts)), "xl/styles.bin": styles(list(codes))}
    return xlsb(sheets, states, parts)


def rows(lines: Iterable[bytes]) -> bytes:
    return b"".join(row(at) + line for at, line in enumerate(lines))
