"""Who reports on which year, as the file itself says.

Belongs here: the template's hidden sheet and labelled cells, and for a workbook typed by hand its title, heads and file
name. Does not belong here: whether that organ may file in that folder (``pipelines.assignment``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pipelines.readers.grid import Grid, address
from pipelines.readers.labels import normalise, years_in
from pipelines.readers.model import Problem
from pipelines.readers.reject import RejectedError

IDENTITY_SHEET: Final = "_gongkai"
_MARK: Final = "gongkai-template"
_LABELS: Final = {
    "填报单位": "organ_name",
    "单位名称": "organ_name",
    "单位代码": "organ_code",
    "机构代码": "organ_code",
    "报告年度": "report_year",
    "年度": "report_year",
    "零报告": "is_nil",
}
_INLINE: Final = re.compile(r"^\s*(?P<label>[^：:]{2,6})[：:]\s*(?P<value>.+?)\s*$", re.DOTALL)
_TITLE: Final = re.compile(r"^(?P<organ>.{3,40}?)(?P<year>20\d{2})年(?:度)?政府信息公开")
_TOP_LINES: Final = 12
_YES: Final = frozenset({"是", "有", "零报告", "yes"})


@dataclass(frozen=True, slots=True)
class Identity:
    """What a workbook says of itself; '' and None where it does not. ``problems`` are its contradictions."""

    organ_code: str
    organ_name: str
    report_year: int | None
    is_nil: bool
    form_code: str
    problems: tuple[Problem, ...]


def read_identity(grids: Sequence[Grid], heads: Iterable[str], file_name: str) -> Identity:
    """The identity of a workbook, the most explicit statement first.

    Order: labelled cells, title, column heads, hidden sheet, file name. Labelled cells that contradict the hidden sheet
    win and are reported (V10). Raises RejectedError where the year is stated in contradictory ways.
    """
    hidden = _hidden(grids)
    visible = [grid for grid in grids if not grid.is_hidden and grid.sheet != IDENTITY_SHEET]
    labelled, places = _labelled(visible)
    title = _title(visible)
    problems = tuple(_contradictions(labelled, hidden, places))
    year = labelled.get("report_year") or _one_year(title.get("report_year", ""), heads) or hidden.get("report_year")
    year = year or _one_year("", [file_name.rsplit(".", 1)[0]])
    return Identity(
        organ_code=labelled.get("organ_code") or hidden.get("organ_code", ""),
        organ_name=labelled.get("organ_name") or title.get("organ_name", ""),
        report_year=_as_year(year),
        is_nil=normalise(labelled.get("is_nil", "")) in _YES,
        form_code=hidden.get("form_code", ""),
        problems=problems,
    )


def _as_year(text: str | None) -> int | None:
    years = years_in(text or "")
    return years[0] if years else None


def _one_year(title_year: str, texts: Iterable[str]) -> str | None:
    """The one year that title and heads print; several different ones are a contradiction."""
    years = {year for text in (title_year, *texts) for year in years_in(text)}
    if len(years) > 1:
        said = "、".join(str(year) for year in sorted(years))
        raise RejectedError("V03", f"报告年度前后不一（{said}），无法判断；请在表上方写明“报告年度：”并只写一个年度")
    return str(years.pop()) if years else None


def _hidden(grids: Sequence[Grid]) -> dict[str, str]:
    for grid in grids:
        if grid.sheet == IDENTITY_SHEET and grid.text(0, 0) == _MARK:
            return {grid.text(row, 0): grid.text(row, 1) for row in range(1, grid.height)}
    return {}


def _labelled(grids: Sequence[Grid]) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """Values of labelled cells, and where they stand: label in one cell and value to its right, or both in one."""
    found: dict[str, str] = {}
    places: dict[str, tuple[str, str]] = {}
    for grid in grids:
        for (line, column), printed in sorted(grid.cells.items()):
            if line >= _TOP_LINES:
                continue
            name = _LABELS.get(normalise(printed.text))
            value, place = "", (line, column)
            if name is not None:
                place = _next_cell(grid, line, column)
                value = grid.at(place).text
            elif match := _INLINE.match(printed.text):
                name = _LABELS.get(normalise(match["label"]))
                value = match["value"]
            if name is not None and value.strip() and name not in found:
                found[name] = value.strip()
                places[name] = (grid.sheet, address(place))
    return found, places


def _next_cell(grid: Grid, line: int, column: int) -> tuple[int, int]:
    here = grid.anchor((line, column))
    place = column + 1
    while place < grid.width and grid.anchor((line, place)) == here:
        place += 1
    return line, place


def _title(grids: Sequence[Grid]) -> dict[str, str]:
    for grid in grids:
        for (line, _), printed in sorted(grid.cells.items()):
            match = _TITLE.match("".join(printed.text.split()))
            if line < _TOP_LINES and match:
                return {"organ_name": match["organ"], "report_year": match["year"]}
    return {}


def _contradictions(
    labelled: dict[str, str], hidden: dict[str, str], places: dict[str, tuple[str, str]]
) -> Iterable[Problem]:
    words = {"organ_code": "单位代码", "report_year": "报告年度"}
    for name, word in words.items():
        if name in labelled and name in hidden and normalise(labelled[name]) != normalise(hidden[name]):
            sheet, where = places[name]
            message = (
                f"{word}填的是“{labelled[name]}”，而这份模板是为“{hidden[name]}”生成的；"
                "请确认没有拿错模板，或重新下载本单位本年度的模板"
            )
            yield Problem("V10", message, sheet, where, labelled[name], scope=f"identity/{name}")
