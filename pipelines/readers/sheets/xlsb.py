"""From an .xlsb to grids.

Belongs here: the light pass over the records of a binary workbook's parts, all of those that calamine reads: a record
that says it is longer than its part, or a list that says it has more items than bytes, is never handed on. Does not
belong here: what all kinds of spreadsheet share (``spreadsheet``).
"""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterator, Mapping
from typing import Final

from pipelines.readers.document import Document
from pipelines.readers.grid import Printed, Span
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheets.number_formats import BUILT_IN, Shown, shown
from pipelines.readers.sheets.spreadsheet import (
    DAMAGED,
    ERRORS,
    Budget,
    SheetFacts,
    bounded_sheets,
    damage_answered,
    read_grids,
)
from pipelines.readers.sheets.xml_parts import small_tree

_BOOK, _STYLES, _STRINGS = "xl/workbook.bin", "xl/styles.bin", "xl/sharedStrings.bin"
_RELATIONS: Final = "xl/_rels/workbook.bin.rels"
_ROW, _ERROR, _ERROR_FORMULA, _RICH_TEXT = 0, 3, 11, 62
_CELLS: Final = {2: 12, 3: 9, 4: 9, 5: 16, 6: 12, 7: 12, 8: 12, 9: 16, 10: 9, 11: 9, _RICH_TEXT: 13}
"""the records of a cell with something in it, and the least they hold: what is missing, calamine takes from the record
before"""
_TEXTS: Final = {6: 8, 8: 8, _RICH_TEXT: 9}
"""where the text begins in the records that have one"""
_BEGIN_CELLS, _END_CELLS, _MERGE = 145, 146, 176
_SHEET, _FORMAT, _STYLE, _STRING = 156, 44, 47, 19
_BEGIN_STRINGS, _BEGIN_FORMATS, _BEGIN_STYLES, _END_STYLES = 159, 615, 617, 618
_HIDDEN_ROW: Final = 0x10
_STEPS: Final = 3
"""a record for a cell costs what the elements of a cell cost"""
_LAST_ROW: Final = 2**20 - 1


def read_xlsb(data: bytes, limits: Limits) -> Document:
    """Every sheet as a grid, hidden ones marked. Raises RejectedError."""
    with damage_answered():
        return Document(read_grids(data, _facts_by_sheet(data, limits)))


def _facts_by_sheet(data: bytes, limits: Limits) -> dict[str, SheetFacts]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        budget = Budget(limits)
        parts = _sheet_parts(archive, budget)
        bounded_sheets(len(parts), limits)
        styles = _styles(archive, budget)
        _check_strings(archive, budget)
        facts: dict[str, SheetFacts] = {}
        for name, part in parts:
            if name in facts:
                raise RejectedError("V01", DAMAGED)
            facts[name] = SheetFacts(budget, spans=[])
            _read_sheet(archive.read(part), facts[name], styles)
            facts[name].close()
        return facts


def _sheet_parts(archive: zipfile.ZipFile, budget: Budget) -> list[tuple[str, str]]:
    """(sheet name, its part in the package), where calamine looks for it."""
    relations = small_tree(archive, _RELATIONS)
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    parts = []
    for kind, data in _records(archive.read(_BOOK), budget):
        if kind == _SHEET:
            relation, end = _text(data, 8)
            parts.append((_text(data, end)[0], f"xl/{targets[relation]}"))
    return parts


def _styles(archive: zipfile.ZipFile, budget: Budget) -> dict[int, Shown]:
    """Style number -> what its number format shows beside the digits, of the styles that show something."""
    if _STYLES not in archive.namelist():
        return {}
    part = archive.read(_STYLES)
    codes = dict(BUILT_IN)
    found: dict[int, Shown] = {}
    number, is_cell_style = 0, False
    for kind, data in _records(part, budget):
        if kind in (_BEGIN_FORMATS, _BEGIN_STYLES):
            _check_count(data, 0, part)
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", data)[0]] = _text(data, 2)[0]
        elif kind in (_BEGIN_STYLES, _END_STYLES):
            is_cell_style = kind == _BEGIN_STYLES
        elif kind == _STYLE and is_cell_style:
            if (said := shown(codes.get(struct.unpack_from("<2xH", data)[0], ""))) is not None:
                found[number] = said
            number += 1
    return found


def _check_strings(archive: zipfile.ZipFile, budget: Budget) -> None:
    if _STRINGS in archive.namelist():
        part = archive.read(_STRINGS)
        for kind, data in _records(part, budget):
            if kind == _BEGIN_STRINGS:
                _check_count(data, 4, part)
            elif kind == _STRING:
                _text(data, 1)


def _check_count(data: bytes, offset: int, part: bytes) -> None:
    if struct.unpack_from("<I", data, offset)[0] > len(part):
        raise RejectedError("V01", DAMAGED)


def _read_sheet(part: bytes, facts: SheetFacts, styles: Mapping[int, Shown]) -> None:
    row, is_inside = 0, False
    spans = facts.spans if facts.spans is not None else []
    for kind, data in _records(part, facts.budget):
        if kind in (_BEGIN_CELLS, _END_CELLS):
            is_inside = kind == _BEGIN_CELLS
        elif kind == _MERGE:
            top, bottom, left, right = struct.unpack_from("<4I", data)
            spans.append(Span(top, left, bottom, right))
        elif not is_inside:
            continue
        elif kind == _ROW:
            row, bits = struct.unpack_from("<I7xB", data)
            if row > _LAST_ROW:
                # calamine leaves out whatever follows such a row
                raise RejectedError("V01", DAMAGED)
            if bits & _HIDDEN_ROW:
                facts.hidden_rows.add(row)
        elif kind in _CELLS:
            if len(data) < _CELLS[kind]:
                raise ValueError("record too short")
            text = _text(data, _TEXTS[kind])[0] if kind in _TEXTS else ""
            column, style = struct.unpack_from("<2I", data)
            facts.cover(row, column)
            if (said := styles.get(style & 0xFFFFFF)) is not None:
                facts.shown[row, column] = said
            if kind in (_ERROR, _ERROR_FORMULA):
                facts.cells[row, column] = Printed(ERRORS.get(data[8], "#N/A"), "error")
            elif kind == _RICH_TEXT:
                facts.cells[row, column] = Printed(text)


def _text(data: bytes, at: int) -> tuple[str, int]:
    """A text with its length before it, and where it ends. Raises ValueError where it ends too early."""
    end = at + 4 + 2 * struct.unpack_from("<I", data, at)[0]
    if end > len(data):
        raise ValueError("text beyond the end")
    return data[at + 4 : end].decode("utf-16-le"), end


def _records(part: bytes, budget: Budget) -> Iterator[tuple[int, bytes]]:
    """(kind, data) of every record. Raises ValueError or IndexError where one ends too early."""
    at = 0
    while at < len(part):
        budget.step(_STEPS)
        kind, at = _number(part, at, 2)
        length, at = _number(part, at, 4)
        if at + length > len(part):
            raise ValueError("record beyond the end")
        yield kind, part[at : at + length]
        at += length


def _number(part: bytes, at: int, most_bytes: int) -> tuple[int, int]:
    """A number of seven bits a byte, the lowest first, and where it ends."""
    value = 0
    for position in range(most_bytes):
        byte = part[at + position]
        value |= (byte & 0x7F) << 7 * position
        if not byte & 0x80:
            break
    return value, at + position + 1
