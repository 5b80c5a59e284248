"""From an .xlsx to grids.

Belongs here: what calamine tells of a workbook, and by a light pass over the sheets' XML what it does not: formulas
without a cached value and errors, and how large a sheet is before anything is allocated for it (one cell at XFD1048576
makes calamine abort the process). Formulas are never evaluated.
"""

from __future__ import annotations

import datetime as dt
import io
import posixpath
import re
import zipfile
from collections.abc import Mapping
from typing import IO, Final
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring, iterparse
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from pipelines.readers.grid import Grid, Position, Printed, Span
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError

_REFERENCE: Final = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_DAMAGED: Final = "工作簿损坏，打不开；请重新导出为 .xlsx 后重新放入"
_DATES: Final = (dt.datetime, dt.date, dt.time, dt.timedelta)


def read_grids(data: bytes, limits: Limits) -> list[Grid]:
    """Every sheet with cells as a grid, hidden ones marked. Raises RejectedError."""
    try:
        flags = _flags_by_sheet(data, limits)
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(data))
        visible = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        return [
            _grid(workbook, sheet.name, sheet.visible != SheetVisibleEnum.Visible, flags.get(sheet.name, {}))
            for sheet in visible
        ]
    except PasswordError as error:
        raise RejectedError("V02", "工作簿受密码保护；请取消打开密码后重新放入") from error
    except DefusedXmlException as error:
        raise RejectedError("V01", "工作簿含有不允许的内容（DTD 或外部实体），未读取；请重新导出为 .xlsx") from error
    except (CalamineError, ParseError, zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError) as error:
        raise RejectedError("V01", _DAMAGED) from error


def _grid(workbook: CalamineWorkbook, name: str, is_hidden: bool, flags: Mapping[Position, str]) -> Grid:
    sheet = workbook.get_sheet_by_name(name)
    top, left = sheet.start or (0, 0)
    cells: dict[Position, Printed] = {position: Printed("", flag) for position, flag in flags.items()}
    for row, values in enumerate(sheet.to_python(skip_empty_area=True), start=top):
        for column, value in enumerate(values, start=left):
            if value != "":
                printed = _printed(value)
                cells[row, column] = Printed(printed.text, flags.get((row, column), printed.flag))
    ranges = sheet.merged_cell_ranges or []
    spans = [Span(start[0], start[1], end[0], end[1]) for start, end in ranges]
    return Grid(name, cells, spans, is_hidden)


def _printed(value: object) -> Printed:
    if isinstance(value, bool):
        return Printed(str(value).upper(), "boolean")
    if isinstance(value, float):
        return Printed(str(int(value)) if value.is_integer() else repr(value))
    if isinstance(value, _DATES):
        return Printed(str(value), "date")
    return Printed(str(value))


def _flags_by_sheet(data: bytes, limits: Limits) -> dict[str, dict[Position, str]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = _sheet_parts(archive)
        if len(parts) > limits.max_sheets:
            raise RejectedError("V01", f"工作表超过 {limits.max_sheets} 张，未读取；请只保留统计表后重报")
        budget = limits.max_cells
        flags: dict[str, dict[Position, str]] = {}
        for name, part in parts.items():
            with archive.open(part) as stream:
                flags[name], used = _flags(stream, budget)
            budget -= used
        return flags


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Sheet name -> its part in the package."""
    relations = fromstring(archive.read("xl/_rels/workbook.xml.rels"), forbid_dtd=True)
    targets = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    book = fromstring(archive.read("xl/workbook.xml"), forbid_dtd=True)
    parts = {}
    for element in book.iter():
        if element.tag.endswith("}sheet"):
            target = targets.get(element.get(_RELATION), "")
            part = posixpath.normpath(posixpath.join("xl", target)) if not target.startswith("/") else target[1:]
            if part in archive.namelist() and "/worksheets/" in part:
                parts[element.get("name", "")] = part
    return parts


def _flags(stream: IO[bytes], budget: int) -> tuple[dict[Position, str], int]:
    """Formulas without a value and error cells of one sheet; raises RejectedError where the sheet is too large."""
    flags: dict[Position, str] = {}
    bottom = right = 0
    for _, element in iterparse(stream, forbid_dtd=True):
        if not element.tag.endswith("}c"):
            if element.tag.endswith("}row"):
                element.clear()
            continue
        match = _REFERENCE.fullmatch(element.get("r", ""))
        if match is None:
            continue
        row, column = int(match[2]) - 1, _column(match[1])
        bottom, right = max(bottom, row), max(right, column)
        if (bottom + 1) * (right + 1) > budget:
            raise RejectedError("V01", "工作表的范围过大（很远的地方也有单元格），未读取；请删去表外内容后重报")
        tags = {child.tag.rsplit("}", 1)[-1]: child.text for child in element}
        if element.get("t") == "e":
            flags[row, column] = "error"
        elif "f" in tags and not tags.get("v"):
            flags[row, column] = "formula"
    return flags, (bottom + 1) * (right + 1)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1
