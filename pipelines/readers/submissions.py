"""From grids to submissions: the path that all kinds of file share.

Belongs here: which edition, whose, which year, its cells, and what else stands in the tables. Does not belong here:
how the grids were made.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pipelines.readers.cells import Found, complete, reported
from pipelines.readers.division import divided
from pipelines.readers.document import Document, Paragraph
from pipelines.readers.grid import Grid, Printed
from pipelines.readers.identity import (
    IDENTITY_SHEET,
    Identity,
    Part,
    read_identities,
    refuse_answer,
    without_help,
)
from pipelines.readers.labels import normalise, years_in
from pipelines.readers.likeness import CERTAIN, EXACT
from pipelines.readers.model import FileReading, Problem, ReadSubmission
from pipelines.readers.numbers import parse_number
from pipelines.readers.outside import WORD, StrangeLine, is_beside, outside, strange_lines
from pipelines.readers.prose import read_prose
from pipelines.readers.recognise import Place, Recognised, recognise, resembles_any, separated
from pipelines.readers.reject import RejectedError
from schemas.form import CellKey, Form, FormError, form_for, load_forms
from schemas.narrative import NARRATIVE_SHEET, load_narrative_codes

_UNKNOWN_FORM: Final = "表样无法识别：没有找到任何一种表样的行名和表头；请用办公室下发的空白表填报，不要改动表头与行名"
_NO_YEAR: Final = "无法确定报告年度；请在表上方写明“报告年度：2024”这样的一格"
_CUMULATIVE: Final = frozenset({"cumulative", "历年累计", "累计"})
_PROSE_COLUMNS: Final = 50
_MOST_PROSE: Final = 2000
_SHORTEST_TEXT: Final = 8
_DIGIT: Final = re.compile("[0-9０-９]")
_PUNCTUATION: Final = re.compile("[，。；：、,;:]")


def read_document(document: Document, name: str, assumed_year: int | None = None) -> FileReading:
    """The submissions of one file. Raises RejectedError where none can be made out."""
    refuse_answer(document.grids)
    document = replace(document, grids=without_help(document.grids))
    reports = divided(document)
    if len(reports) == 1:
        return _read_report(reports[0], name, assumed_year)
    submissions: list[ReadSubmission] = []
    problems: list[Problem] = []
    refused: list[RejectedError] = []
    for number, report in enumerate(reports, start=1):
        try:
            submissions += _read_report(report, name, assumed_year).submissions
        except RejectedError as rejection:
            refused.append(rejection)
            # between two reports there may be tables that are none
            if resembles_any(report.grids, load_forms().values()):
                where = report.grids[0].sheet
                problems.append(Problem(rejection.rule_id, f"文件里的第{number}份报表：{rejection.reason}", where))
    if not submissions:
        raise refused[0]
    return FileReading(tuple(submissions), tuple(problems))


def _read_report(document: Document, name: str, assumed_year: int | None) -> FileReading:
    """The submissions of one organ's report, of each edition one; Raises RejectedError where there is none."""
    document = replace(document, grids=separated(document.grids, load_forms().values()))
    grids = document.grids
    visible = [grid for grid in grids if not grid.is_hidden and grid.sheet not in (IDENTITY_SHEET, NARRATIVE_SHEET)]
    found = recognise(visible, load_forms().values())
    parts = _parts(document, found)
    identities = read_identities(parts, _common(grids, found), name, assumed_year)
    if identities[0].is_nil:
        return FileReading(tuple(_nil(identities[0], found)))
    if not found:
        raise RejectedError("V03", _UNKNOWN_FORM)
    submissions: list[ReadSubmission] = []
    told: set[tuple[int | None, str]] = set()
    for identity, item in zip(identities, found, strict=True):
        # prose belongs to a report as a whole: it goes with the first form of its organ and year
        report = (identity.report_year, identity.organ_name)
        is_first, told = report not in told, told | {report}
        submissions.append(_submission(identity, item, *(_told(document, found, item) if is_first else ([], ()))))
    return FileReading(tuple(submissions))


def _parts(document: Document, found: Sequence[Recognised]) -> list[Part]:
    """What each edition found has of its own; the only one has everything."""
    visible = [grid for grid in document.grids if not grid.is_hidden and grid.sheet != IDENTITY_SHEET]
    if len(found) <= 1:
        return [Part(visible, document.paragraphs, found[0].heads if found else ())]
    own = [{id(grid) for grid, _, _ in item.areas} for item in found]
    return [
        Part([grid for grid in visible if id(grid) in ids], document.paragraphs, item.heads)
        for ids, item in zip(own, found, strict=True)
    ]


def _common(grids: Sequence[Grid], found: Sequence[Recognised]) -> Part:
    """What belongs to no edition: the hidden sheet, and sheets without a table of a form."""
    used = {id(grid) for item in found for grid, _, _ in item.areas}
    return Part([grid for grid in grids if id(grid) not in used], (), ())


def _told(document: Document, found: Sequence[Recognised], item: Recognised) -> tuple[list[Found], Sequence[Problem]]:
    """The prose figures of a report, told by code or in sentences, and what is to be said about the sentences."""
    is_first = item is found[0]
    coded = [
        cell
        for grid in document.grids
        if is_first and grid.sheet == NARRATIVE_SHEET
        for cell in _prose(grid, item.form)
    ]
    own = {id(grid) for grid, _, _ in item.areas}
    used = {id(grid) for other in found for grid, _, _ in other.areas}
    grids = [grid for grid in document.grids if id(grid) in own or (is_first and id(grid) not in used)]
    paragraphs = [*(document.paragraphs if is_first else ()), *_paragraphs(grids, found)]
    text = read_prose(paragraphs, item.form.form_code, [cell.cell for cell in coded])
    return [*coded, *(Found(cell, []) for cell in text.cells)], text.problems


def _nil(identity: Identity, found: Sequence[Recognised]) -> Iterator[ReadSubmission]:
    year = _year(identity)
    figures = Counter[str]() if found else Counter({identity.form_code: 0})
    for item in found:
        figures[item.form.form_code] += _figures(item)
    for form_code, filled in figures.items():
        if form_code not in load_forms():
            raise RejectedError("V03", _UNKNOWN_FORM)
        problems = [*identity.problems, *_out_of_years(form_code, year)]
        if filled:
            message = f"“零报告”填的是“是”，表里却有 {filled} 格不是零的数字；请改填“否”，或清空表格后重报"
            problems.append(Problem("V10", message, scope="identity/is_nil"))
        yield ReadSubmission(
            identity.organ_code,
            identity.organ_name,
            year,
            form_code,
            "",
            True,
            (),
            tuple(problems),
            identity.resubmission_reason,
        )


def _figures(found: Recognised) -> int:
    """How many cells of the form hold a number other than zero."""
    values = (parse_number(place.grid.at(place.position).text, "").value for place in found.places.values())
    return sum(1 for value in values if value)


def _submission(
    identity: Identity, found: Recognised, prose: Sequence[Found], said_of_prose: Sequence[Problem]
) -> ReadSubmission:
    form, year = found.form, _year(identity)
    strange = strange_lines(found)
    read = [_reported(form, key, place, printed) for key, place, printed in _printed(found, strange)]
    cells, problems = complete(form, found.variant, [*read, *prose])
    said = [*identity.problems, *_out_of_years(form.form_code, year)]
    said += [*_other_template(identity, found), *_other_year(found, year)]
    return ReadSubmission(
        identity.organ_code,
        identity.organ_name,
        year,
        form.form_code,
        found.variant,
        False,
        tuple(cells),
        (*said, *problems, *_doubts(found), *outside(strange), *said_of_prose),
        identity.resubmission_reason,
    )


def _printed(
    found: Recognised, strange: Mapping[tuple[str, int], StrangeLine]
) -> Iterator[tuple[CellKey, Place, Printed]]:
    """What stands at each place of a cell.

    A merged cell that two cells of the form share says so, and a blank cell beside a number that is in no column.
    """
    placed = [*found.places.items(), *found.repeats]
    claims = {(key, place.grid.sheet, place.grid.anchor(place.position)) for key, place in placed}
    shared = Counter((sheet, anchor) for _, sheet, anchor in claims)
    for key, place in placed:
        printed = place.grid.at(place.position)
        if printed.text and shared[place.grid.sheet, place.grid.anchor(place.position)] > 1:
            printed = Printed(printed.text, "shared")
        if not printed.text and is_beside(place, strange.get((place.grid.sheet, place.position[0]))):
            printed = Printed("", "beside")
        yield key, place, printed


def _reported(form: Form, key: CellKey, place: Place, printed: Printed) -> Found:
    """The cell at a place; what is not certainly this cell is not taken for it (``_doubts`` asks)."""
    found = reported(form, key, printed, place.grid.sheet, place.grid.where(place.position))
    if place.confidence == EXACT:
        return found
    note = "；".join(part for part in (found.cell.note, place.why) if part)
    cell = replace(found.cell, note=note, confidence=place.confidence)
    if place.confidence >= CERTAIN:
        return Found(cell, found.problems)
    return Found(replace(cell, value=None, value_state="uncertain"), [])


def _doubts(found: Recognised) -> Iterator[Problem]:
    """V10: one question for all cells that a row or column of uncertain name has."""
    asked: dict[tuple[str, str], list[tuple[CellKey, Place]]] = {}
    for key, place in found.places.items():
        if place.confidence < CERTAIN:
            asked.setdefault((place.grid.sheet, place.why), []).append((key, place))
    for (sheet, why), cells in asked.items():
        key, place = cells[0]
        where = place.grid.where(place.position)
        message = f"{why}，无法断定是否就是这一项，共{len(cells)}格未采用；请按表样改正行名、列名后重报"
        printed = place.grid.at(place.position).text
        is_row = len({key.indicator_code for key, _ in cells}) == 1
        scope = f"{key.measure}/{key.indicator_code}" if is_row else f"{sheet}!{where}"
        yield Problem("V10", message, sheet, where, printed, scope)


def _year(identity: Identity) -> int:
    if identity.report_year is None:
        raise RejectedError("V03", _NO_YEAR)
    return identity.report_year


def _out_of_years(form_code: str, year: int) -> Iterator[Problem]:
    """V12: the edition is read as what it is, and held."""
    try:
        form_for(form_code, year)
    except FormError as error:
        yield Problem("V12", f"{error}；请用{year}年度的表样重报", scope=form_code)


def _other_template(identity: Identity, found: Recognised) -> Iterator[Problem]:
    """V10: the tables fit several editions, or the hidden sheet names another edition than they show."""
    if found.rivals:
        message = (
            f"表里只有表样 {found.form.form_code} 与 {'、'.join(found.rivals)} 共有的部分，无法断定是哪一版；"
            f"暂按 {found.form.form_code} 读取，请补全缺少的部分后重报"
        )
        yield Problem("V10", message, scope="identity/form_code")
    if identity.form_code and identity.form_code != found.form.form_code:
        message = (
            f"模板是表样 {identity.form_code} 的，表里却是 {found.form.form_code} 的行列；按表里的行列读取，"
            "请确认后用正确的模板重报"
        )
        yield Problem("V10", message, scope="identity/form_code")


def _other_year(found: Recognised, year: int) -> Iterator[Problem]:
    """V10: the figures stand under another year than the labelled cell names."""
    for printed in sorted({printed for head in found.heads for printed in years_in(head)} - {year}):
        message = f"报告年度填的是{year}，数字却在“{printed}年”一列；请核对年度，只保留报告年度的一列后重报"
        yield Problem("V10", message, printed=str(printed), scope="identity/report_year")


def _paragraphs(grids: Sequence[Grid], found: Sequence[Recognised]) -> list[Paragraph]:
    """A workbook's running text: sheets without a table of the form, then what stands below or beside the tables."""
    free: list[Paragraph] = []
    beside: list[Paragraph] = []
    for grid in grids:
        if grid.is_hidden or grid.sheet == IDENTITY_SHEET or (grid.sheet == NARRATIVE_SHEET and _code_columns(grid)):
            continue
        bottom = max((last for item in found for area, _, last in item.areas if area is grid), default=-1)
        right = max(
            (place.position[1] for item in found for place in item.places.values() if place.grid is grid), default=-1
        )
        for position, printed in sorted(grid.cells.items()):
            if _is_text(printed) and (position[0] > bottom or position[1] > right):
                (free if bottom < 0 else beside).append(Paragraph(grid.sheet, grid.where(position), printed.text))
    return free + beside


def _is_text(printed: Printed) -> bool:
    """Whether a cell holds running text with a number in it: a title, or words with punctuation."""
    text = printed.text
    if printed.flag or len(text) < _SHORTEST_TEXT or not (_DIGIT.search(text) and WORD.search(text)):
        return False
    return _PUNCTUATION.search(text) is not None or text.rstrip().endswith("报告")


def _code_columns(grid: Grid) -> tuple[int, int, int | None] | None:
    """The columns 指标代码, 数值 and 口径 of a sheet that lists prose figures by code; None for any other sheet."""
    heads = {normalise(grid.text(0, column)): column for column in range(min(grid.width, _PROSE_COLUMNS))}
    code, value = heads.get("指标代码", heads.get("代码")), heads.get("数值")
    return None if code is None or value is None else (code, value, heads.get("口径"))


def _prose(grid: Grid, form: Form) -> Iterator[Found]:
    """The sheet 正文: columns 指标代码, 口径 (本年 or 历年累计; may be absent) and 数值."""
    columns = _code_columns(grid)
    if columns is None:
        return
    code_column, value_column, measure_column = columns
    if grid.height > _MOST_PROSE:
        raise RejectedError("V01", f"“{NARRATIVE_SHEET}”表超过 {_MOST_PROSE} 行，未读取；请只保留有指标代码的行")
    codes = load_narrative_codes()
    for line in range(1, grid.height):
        code = grid.text(line, code_column).strip()
        if not code:
            continue
        measure = "annual"
        if measure_column is not None and normalise(grid.text(line, measure_column)) in _CUMULATIVE:
            measure = "cumulative"
        place = (line, value_column)
        unit = codes[code].unit if code in codes else ""
        # a code that nobody knows stays: the contract says so (V05)
        yield reported(form, CellKey(code, "", measure), grid.at(place), NARRATIVE_SHEET, grid.where(place), unit=unit)
