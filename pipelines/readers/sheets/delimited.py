"""From a CSV to submissions (the long layout) or to a grid (a sheet saved as text).

Belongs here: encodings, delimiters, and the long layout with one cell a line. Does not belong here: recognising a
sheet.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.readers.cells import Found, complete, reported, with_printed
from pipelines.readers.document import Document
from pipelines.readers.grid import Grid, Printed, address
from pipelines.readers.identity import REASON_LABEL, assumption, one_reason
from pipelines.readers.labels import normalise
from pipelines.readers.model import FileReading, Limits, Problem, ReadSubmission
from pipelines.readers.reject import RejectedError
from schemas.form import APPLICANT_KINDS, MEASURES, CellKey, Form, FormError, form_for, load_forms
from schemas.narrative import NARRATIVE_SHEET, load_narrative_codes

SHEET: Final = "CSV"
REQUIRED: Final = (
    "organ_code",
    "report_year",
    "form_code",
    "indicator_code",
    "applicant_kind",
    "measure",
    "value",
)
REASON: Final = "resubmission_reason"
"""the column that says why it is filed again, on any line of the submission"""
_DELIMITERS: Final = (",", "\t", ";", "，")
_NIL_NAME: Final = re.compile(r"^nil_(?P<year>\d{4})_(?P<form>[a-z0-9_]+)\.csv$", re.IGNORECASE)
_REASON_LINE: Final = re.compile(rf"^{REASON_LABEL}[：:](?P<reason>.*)$", re.MULTILINE)
_STRANGE: Final = re.compile(r"[\u0180-\u036f\u0400-\u1fff\ue000-\uf8ff\ufffd]")
"""letters that no Chinese report has: Cyrillic, Armenian, Arabic and so on, and places that mean nothing"""
_MOST_COLUMNS: Final = 16_384
"""as many as a spreadsheet has"""
_MAX_FIELD: Final = 10_000
_SAMPLE: Final = 4000
"""characters of a sheet saved as text by which its delimiter is told"""


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of the long layout: its number in the file, its fields by column name, and where the columns stand.

    ``surplus`` is what stands beyond the last column of the header.
    """

    number: int
    fields: Mapping[str, str]
    columns: Mapping[str, int]
    surplus: str

    def address(self, name: str) -> str:
        return address((self.number - 1, self.columns[name]))


def decode(data: bytes) -> str:
    """The text: by its byte order mark, else strict UTF-8, else GB18030. Raises RejectedError."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif data.startswith(b"\xef\xbb\xbf"):
        encodings = ("utf-8-sig",)
    else:
        encodings = ("utf-8", "gb18030")
    texts = [text for encoding in encodings if (text := _decoded(data, encoding)) is not None]
    # a few words of GB18030 may happen to be UTF-8 of some other script: 元 alone reads as an Armenian letter
    if chinese := [text for text in texts if not _STRANGE.search(text)]:
        return chinese[0]
    if texts:
        return texts[0]
    raise RejectedError("V01", "文字编码无法识别；请存为 UTF-8 或 GB18030 编码的 CSV，或存为 .xlsx 后重新放入")


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.removeprefix("\ufeff")


def nil_report(name: str, text: str) -> FileReading | None:
    """The 零报告 that a file named nil_<year>_<form>.csv makes, without a digit in it; None for any other file.

    A line 重报原因：... in it says why it is filed again.
    """
    match = _NIL_NAME.match(name)
    if match is None or any(char.isdigit() for char in _REASON_LINE.sub("", text)):
        return None
    form_code, year = match["form"].lower(), int(match["year"])
    form, problems = _form(form_code, year, f"文件名 {name}")
    if form is None:
        return FileReading(problems=tuple(problems))
    reason = one_reason(match["reason"] for match in _REASON_LINE.finditer(text))
    return FileReading((ReadSubmission("", "", year, form_code, "", True, (), tuple(problems), reason),))


def read_long(text: str, limits: Limits, assumed_year: int | None = None) -> FileReading | None:
    """The submissions of a long CSV, or None where the header is not the long one. Raises RejectedError."""
    if not text.strip():
        raise RejectedError("V01", "文件是空的；请填报后重新放入，确无事项的请用零报告")
    lines = _long_lines(text, limits)
    if lines is None:
        return None
    groups: dict[tuple[str, str, str], list[_Line]] = {}
    for line in lines:
        key = (line.fields["organ_code"], line.fields["report_year"], line.fields["form_code"])
        groups.setdefault(key, []).append(line)
    if not groups:
        raise RejectedError("V01", "CSV 只有表头，没有数据行；请填入数据后重报")
    if len(groups) > limits.max_submissions:
        raise RejectedError("V01", f"一个 CSV 里超过 {limits.max_submissions} 份报表，未读取；请分成几个文件")
    submissions: list[ReadSubmission] = []
    problems: list[Problem] = []
    for (organ_code, stated_year, form_code), group in groups.items():
        where = f"第{group[0].number}行"
        is_assumed = not stated_year and assumed_year is not None
        year = str(assumed_year) if is_assumed else stated_year
        if not re.fullmatch(r"(19|20)\d{2}", year):
            message = f"{where}的 report_year “{year}”不是四位年份；请改正后重报"
            problems.append(Problem("V03", message, SHEET, group[0].address("report_year"), year))
            continue
        form, said = _form(form_code, int(year), where)
        if form is None:
            problems += said
            continue
        said += [assumption(int(year))] if is_assumed else []
        submissions.append(_submission(organ_code, int(year), form, group, said))
    return FileReading(tuple(submissions), tuple(problems))


def to_document(text: str, limits: Limits) -> Document:
    """A sheet saved as CSV. Raises RejectedError where it is too large."""
    rows = _rows(text, _delimiter(text[:_SAMPLE]), limits)
    cells = {
        (line, column): Printed(field)
        for line, row in enumerate(rows)
        for column, field in enumerate(row)
        if field.strip()
    }
    return Document([Grid(SHEET, cells)])


def _form(form_code: str, year: int, where: str) -> tuple[Form | None, list[Problem]]:
    """The edition named, if there is one; one outside its years is read and said (V12)."""
    try:
        return form_for(form_code, year), []
    except FormError as error:
        known = load_forms().get(form_code)
        if known is None:
            return None, [Problem("V03", f"{where}：{error}", SHEET, "", form_code)]
        return known, [Problem("V12", f"{where}：{error}；请用{year}年度的表样重报", SHEET, "", form_code, form_code)]


def _long_lines(text: str, limits: Limits) -> list[_Line] | None:
    rows = _rows(text, _delimiter(text.lstrip().split("\n", 1)[0]), limits)
    first = next((number for number, row in enumerate(rows) if any(field.strip() for field in row)), 0)
    header = [normalise(field).lower() for field in rows[first]] if rows else []
    if not set(REQUIRED) <= set(header):
        return None
    columns: dict[str, int] = {}
    for name in (*REQUIRED, "printed", "note", REASON):
        if header.count(name) > 1:
            raise RejectedError("V01", f"CSV 表头里有两列 {name}，无法判断用哪一列；请只保留一列")
        if name in header:
            columns[name] = header.index(name)
    lines = []
    for number, row in enumerate(rows[first + 1 :], start=first + 2):
        if any(field.strip() for field in row):
            fields = {name: row[place].strip() if place < len(row) else "" for name, place in columns.items()}
            lines.append(_Line(number, fields, columns, "".join(row[len(header) :]).strip()))
    return lines


def _submission(
    organ_code: str, year: int, form: Form, lines: Sequence[_Line], problems: Sequence[Problem]
) -> ReadSubmission:
    variant = _variant(form, {line.fields["indicator_code"] for line in lines})
    found: list[Found] = []
    unread: list[Problem] = []
    for line in lines:
        fields = line.fields
        key = CellKey(fields["indicator_code"], fields["applicant_kind"], fields["measure"] or "annual")
        if key.measure in MEASURES and key.applicant_kind in ("", *APPLICANT_KINDS):
            found.append(_cell(form, key, line))
            continue
        words = f"{key.applicant_kind}、{key.measure}"
        message = f"第{line.number}行的 applicant_kind 或 measure 不认识（{words}），该行未采用；请改正后重报"
        place = line.address("applicant_kind")
        unread.append(Problem("V05", message, SHEET, place, fields["value"], scope=f"line/{line.number}"))
    cells, said = complete(form, variant, found)
    said = [*problems, *unread, *said]
    reason = one_reason(line.fields.get(REASON, "") for line in lines)
    return ReadSubmission(organ_code, "", year, form.form_code, variant, False, tuple(cells), tuple(said), reason)


def _cell(form: Form, key: CellKey, line: _Line) -> Found:
    prose = load_narrative_codes().get(key.indicator_code)
    unit, sheet = (prose.unit, NARRATIVE_SHEET) if prose else ("", SHEET)
    flag = "surplus" if line.surplus else ""
    text = f"{line.fields['value']},{line.surplus}" if flag else line.fields["value"]
    found = reported(form, key, Printed(text, flag), sheet, line.address("value"), unit=unit)
    if flag:
        return found
    return with_printed(form, found, line.fields.get("printed", ""), line.fields.get("note", ""), unit=unit)


def _variant(form: Form, codes: set[str]) -> str:
    """The variant whose own rows are there while the rows that it drops are not."""
    for variant, dropped in form.variants.items():
        own = {code for code, indicator in form.indicators.items() if variant and indicator.variant == variant}
        if own & codes and not dropped & codes:
            return variant
    return ""


def _delimiter(text: str) -> str:
    return max(_DELIMITERS, key=text.count)


def _rows(text: str, delimiter: str, limits: Limits) -> list[list[str]]:
    rows: list[list[str]] = []
    count = 0
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            count += max(len(row), 1)
            if count > limits.max_cells or len(row) > _MOST_COLUMNS or any(len(field) > _MAX_FIELD for field in row):
                raise RejectedError("V01", "CSV 过大，未读取；请只保留统计数据后重报")
            rows.append(row)
    except csv.Error as error:
        raise RejectedError("V01", f"CSV 格式有误（{error}）；请重新导出") from error
    return rows
