"""From grids to submissions: the path that all kinds of file share.

Belongs here: which edition, whose, which year, its cells, and what else stands in the tables. Does not belong here:
how the grids were made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from pipelines.readers.cells import Found, complete, reported
from pipelines.readers.grid import Grid, address
from pipelines.readers.identity import IDENTITY_SHEET, Identity, read_identity
from pipelines.readers.labels import normalise
from pipelines.readers.model import FileReading, Problem, ReadCell, ReadSubmission
from pipelines.readers.numbers import parse_number
from pipelines.readers.recognise import Recognised, recognise
from pipelines.readers.reject import RejectedError
from schemas.form import CellKey, FormError, form_for, load_forms
from schemas.narrative import NARRATIVE_SHEET, load_narrative_codes

_UNKNOWN_FORM: Final = "表样无法识别：没有找到任何一种表样的行名和表头；请用办公室下发的空白表填报，不要改动表头与行名"
_NO_YEAR: Final = "无法确定报告年度；请在表上方写明“报告年度：2024”这样的一格"
_CUMULATIVE: Final = frozenset({"cumulative", "历年累计", "累计"})


def read_grids(grids: Sequence[Grid], name: str) -> FileReading:
    """The submissions of one workbook. Raises RejectedError where none can be made out."""
    visible = [grid for grid in grids if not grid.is_hidden and grid.sheet not in (IDENTITY_SHEET, NARRATIVE_SHEET)]
    found = recognise(visible, load_forms().values())
    identity = read_identity(grids, [head for item in found for head in item.heads], name)
    if identity.is_nil:
        return FileReading((_nil(identity, found),))
    if not found:
        raise RejectedError("V03", _UNKNOWN_FORM)
    prose = [cell for grid in grids if grid.sheet == NARRATIVE_SHEET for cell in _prose(grid)]
    # prose belongs to the report as a whole: it goes with the first form
    return FileReading(
        tuple(_submission(identity, item, prose if index == 0 else []) for index, item in enumerate(found))
    )


def _nil(identity: Identity, found: Sequence[Recognised]) -> ReadSubmission:
    form_code = found[0].form.form_code if found else identity.form_code
    year = _year(identity)
    if form_code not in load_forms():
        raise RejectedError("V03", _UNKNOWN_FORM)
    problems = [*identity.problems, *_out_of_years(form_code, year)]
    return ReadSubmission(identity.organ_code, identity.organ_name, year, form_code, "", True, (), tuple(problems))


def _submission(identity: Identity, found: Recognised, prose: Sequence[ReadCell]) -> ReadSubmission:
    form, year = found.form, _year(identity)
    placed = [*found.places.items(), *found.repeats]
    read = [
        reported(form, key, place.grid.at(place.position), place.grid.sheet, address(place.grid.anchor(place.position)))
        for key, place in placed
    ]
    cells, problems = complete(form, found.variant, [*read, *(Found(cell, []) for cell in prose)])
    said = [*identity.problems, *_out_of_years(form.form_code, year), *_other_template(identity, found)]
    return ReadSubmission(
        identity.organ_code,
        identity.organ_name,
        year,
        form.form_code,
        found.variant,
        False,
        tuple(cells),
        (*said, *problems, *_outside(found)),
    )


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
    """V10: the hidden sheet names another edition than the tables show."""
    if identity.form_code and identity.form_code != found.form.form_code:
        message = (
            f"模板是表样 {identity.form_code} 的，表里却是 {found.form.form_code} 的行列；按表里的行列读取，"
            "请确认后用正确的模板重报"
        )
        yield Problem("V10", message, scope="identity/form_code")


def _outside(found: Recognised) -> Iterator[Problem]:
    """V05: numbers inside the tables' area that no row and column of the form explains."""
    placed = [*found.places.values(), *(place for _, place in found.repeats)]
    known = {(place.grid.sheet, place.grid.anchor(place.position)) for place in placed}
    areas: dict[str, tuple[Grid, set[int]]] = {}
    for grid, first, last in found.areas:
        areas.setdefault(grid.sheet, (grid, set()))[1].update(range(first, last + 1))
    for grid, lines in areas.values():
        for position, printed in sorted(grid.cells.items()):
            if position[0] in lines and (grid.sheet, position) not in known and _is_number(printed.text):
                where = address(position)
                message = f"{grid.sheet}!{where} 的“{printed.text}”不在表样的行列内，未采用；请删去或移到表外备注处"
                yield Problem("V05", message, grid.sheet, where, printed.text, scope=f"{grid.sheet}!{where}")


def _is_number(text: str) -> bool:
    return parse_number(text, "").state == "reported"


def _prose(grid: Grid) -> Iterator[ReadCell]:
    """The sheet 正文: columns 指标代码, 口径 (本年 or 历年累计; may be absent) and 数值."""
    heads = {normalise(grid.text(0, column)): column for column in range(grid.width)}
    code_column = heads.get("指标代码", heads.get("代码"))
    value_column = heads.get("数值")
    if code_column is None or value_column is None:
        return
    measure_column = heads.get("口径")
    codes = load_narrative_codes()
    forms = next(iter(load_forms().values()))
    for line in range(1, grid.height):
        code = grid.text(line, code_column).strip()
        if code not in codes:
            continue
        measure = "annual"
        if measure_column is not None and normalise(grid.text(line, measure_column)) in _CUMULATIVE:
            measure = "cumulative"
        place = (line, value_column)
        key = CellKey(code, "", measure)
        yield reported(forms, key, grid.at(place), NARRATIVE_SHEET, address(place), unit=codes[code].unit).cell
