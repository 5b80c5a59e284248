"""What stands inside a form's tables and in none of its rows and columns.

Belongs here: numbers that nobody asked for - told once a line, never taken - and what may be a figure that slipped out
of its column. Does not belong here: the cells of the form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pipelines.readers.grid import Grid
from pipelines.readers.model import Problem
from pipelines.readers.numbers import parse_number
from pipelines.readers.recognise import Place, Recognised

_MOST_STRANGE: Final = 50
"""lines with strange numbers that are told one by one"""
_SHOWN_NUMBERS: Final = 20
_LABEL_COLUMNS: Final = 16
_SHOWN_LABEL: Final = 30
WORD: Final = re.compile("[一-鿿]")
"""a Chinese character: what has one is no number that slipped"""


class StrangeLine(NamedTuple):
    """A line with texts that no row and column of the form explains: the numbers, and all that may be meant as one."""

    grid: Grid
    numbers: dict[int, str]
    columns: set[int]


def strange_lines(found: Recognised) -> dict[tuple[str, int], StrangeLine]:
    """The lines inside the tables' area with such texts, by sheet and line."""
    placed = [*found.places.values(), *(place for _, place in found.repeats)]
    known = {(place.grid.sheet, place.grid.anchor(place.position)) for place in placed}
    areas: dict[str, tuple[Grid, set[int]]] = {}
    for grid, first, last in found.areas:
        areas.setdefault(grid.sheet, (grid, set()))[1].update(range(first, last + 1))
    strange: dict[tuple[str, int], StrangeLine] = {}
    for grid, lines in areas.values():
        for (line, column), printed in sorted(grid.cells.items()):
            if line not in lines or (grid.sheet, (line, column)) in known or WORD.search(printed.text):
                continue
            found_there = strange.setdefault((grid.sheet, line), StrangeLine(grid, {}, set()))
            found_there.columns.add(column)
            if _is_number(printed.text):
                found_there.numbers[column] = printed.text
    return strange


def outside(strange: Mapping[tuple[str, int], StrangeLine]) -> Iterator[Problem]:
    """V05, once a line; of very many only the first one by one."""
    lines = [(place, found_there) for place, found_there in strange.items() if found_there.numbers]
    for (sheet, line), (grid, numbers, _) in lines[:_MOST_STRANGE]:
        where, texts = grid.where((line, min(numbers))), list(numbers.values())
        text = "、".join(texts[:_SHOWN_NUMBERS])
        more = f"等{len(texts)}个数字" if len(texts) > _SHOWN_NUMBERS else ""
        hidden = "（隐藏的行）" if line in grid.hidden_rows else ""
        label = f"“{name}”一行" if (name := _line_label(grid, line)) else ""
        message = f"{sheet}!{where}{hidden} {label}的“{text}”{more}不在表样的行列内，未采用；请删去或移到表外备注处"
        yield Problem("V05", message, sheet, where, text, scope=f"{sheet}!{where}")
    if more_lines := lines[_MOST_STRANGE:]:
        (sheet, line), (grid, numbers, _) = more_lines[0]
        where, text = grid.where((line, min(numbers))), numbers[min(numbers)]
        count = sum(len(found_there.numbers) for _, found_there in more_lines)
        message = f"{sheet}!{where} 起另有 {count} 个数字不在表样的行列内，未采用；请删去或移到表外备注处"
        yield Problem("V05", message, sheet, where, text, scope=f"{sheet}!{where}+")


def is_beside(place: Place, line: StrangeLine | None) -> bool:
    """Whether what may be a number and is in no column stands right beside a place, merged cells counted as one."""
    if line is None:
        return False
    row, column = place.position
    here = place.grid.anchor(place.position)
    for step in (-1, 1):
        other = column + step
        while 0 <= other < place.grid.width and place.grid.anchor((row, other)) == here:
            other += step
        if place.grid.anchor((row, other))[1] in line.columns:
            return True
    return False


def _line_label(grid: Grid, line: int) -> str:
    """The words that stand left of a line's first number."""
    words = ""
    for column in range(min(grid.width, _LABEL_COLUMNS)):
        text = grid.text(line, column)
        if _is_number(text):
            break
        words = "".join(text.split()) or words
    return words[:_SHOWN_LABEL]


def _is_number(text: str) -> bool:
    return parse_number(text, "").state == "reported"
