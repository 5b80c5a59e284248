"""Tables that go on over a page break.

Belongs here: which table continues which, and what becomes of the row and the labels that the break goes through. What
is not certain is left as two rows or two tables: what is missing in them is told. Does not belong here: one page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from pipelines.readers.labels import normalise
from pipelines.readers.pdf.geometry import MISSING
from pipelines.readers.pdf.tables import Cell, Table
from pipelines.readers.pdf.text import TextLine
from schemas.form import load_forms

_NEAR: Final = 4.0
"""points within which the lines of two pages stand under each other"""
_MOST_HEAD_ROWS: Final = 6
_WORD: Final = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page as tables and the lines of text between them; what all pages have at their edges is left out."""

    number: int
    tables: Sequence[Table]
    lines: Sequence[TextLine]


def stitched(sheets: Sequence[Sheet]) -> list[Table]:
    """The tables of all pages in printed order, those that go on over a page break as one."""
    tables: list[Table] = []
    is_open = False
    for sheet in sheets:
        if sheet.tables:
            first, *others = sheet.tables
            is_first = all(line.box.middle[1] > first.box.top for line in sheet.lines)
            joined = _joined(tables[-1], first) if is_open and is_first else None
            tables = [*tables[:-1], joined] if joined else [*tables, first]
            tables += others
            lowest = sheet.tables[-1].box.bottom
            is_open = all(line.box.middle[1] < lowest for line in sheet.lines)
        elif sheet.lines:
            is_open = False
    return tables


def _joined(upper: Table, lower: Table) -> Table | None:
    """Both as one table, or None where the lower does not continue the upper."""
    columns = max(upper.columns, lower.columns, key=len)
    upper_at, lower_at = _under(upper.columns, columns), _under(lower.columns, columns)
    if upper_at is None or lower_at is None:
        return None
    above = [_moved(cell, upper_at) for cell in upper.cells]
    below = _without_head(above, [_moved(cell, lower_at) for cell in lower.cells])
    last = max(cell.bottom for cell in above)
    ending = {(cell.left, cell.right): cell for cell in above if cell.bottom == last}
    starting = {(cell.left, cell.right): cell for cell in below if cell.top == 0}
    if _is_one_row(ending, starting):
        pairs, offset = list(starting), last
    else:
        pairs, offset = _carried_on(ending, starting), last + 1
    going_on = {place: starting[place] for place in pairs}
    cells = [cell for cell in above if not (cell.bottom == last and (cell.left, cell.right) in going_on)]
    cells += [_down(cell, offset) for cell in below if not (cell.top == 0 and (cell.left, cell.right) in going_on)]
    for place, cell in going_on.items():
        text = "\n".join(text for text in (ending[place].text, cell.text) if text)
        cells.append(replace(ending[place], bottom=cell.bottom + offset, text=text))
    height = max(cell.bottom for cell in cells) + 1
    return Table(upper.page, lower.box, columns, height, tuple(sorted(cells, key=lambda c: (c.top, c.left))))


def _under(own: Sequence[float], columns: Sequence[float]) -> list[int] | None:
    """Which of ``columns`` each line is; None unless all are there, the outermost as outermost."""
    nearest = [min(range(len(columns)), key=lambda index: abs(columns[index] - x)) for x in own]
    is_same = all(abs(columns[index] - x) <= _NEAR for index, x in zip(nearest, own, strict=True))
    is_whole = nearest[0] == 0 and nearest[-1] == len(columns) - 1 and len(set(nearest)) == len(nearest)
    return nearest if is_same and is_whole else None


def _moved(cell: Cell, at: Sequence[int]) -> Cell:
    return replace(cell, left=at[cell.left], right=at[cell.right + 1] - 1)


def _down(cell: Cell, rows: int) -> Cell:
    return replace(cell, top=cell.top + rows, bottom=cell.bottom + rows)


def _without_head(above: Sequence[Cell], below: Sequence[Cell]) -> list[Cell]:
    """The lower part without the heads that it repeats."""
    height = min(max(cell.bottom for cell in part) for part in (above, below))
    for rows in range(min(height, _MOST_HEAD_ROWS), 0, -1):
        head, repeated = _first_rows(above, rows), _first_rows(below, rows)
        if head and head == repeated and all(not text or _WORD.search(text) for *_, text in head):
            return [_down(cell, -rows) for cell in below if cell.top >= rows]
    return list(below)


def _first_rows(cells: Sequence[Cell], rows: int) -> set[tuple[int, int, int, int, str]] | None:
    """The cells of the first rows, if none reaches farther down and something is printed in them."""
    first = [cell for cell in cells if cell.top < rows]
    if any(cell.bottom >= rows for cell in first) or not any(cell.text for cell in first):
        return None
    return {(cell.top, cell.left, cell.bottom, cell.right, normalise(cell.text)) for cell in first}


def _is_one_row(ending: dict[tuple[int, int], Cell], starting: dict[tuple[int, int], Cell]) -> bool:
    """Whether the break goes through a row: one part has the label and the other the figures, or labels go on.

    What goes on is told by the labels of the forms: both parts together are one, and the lower part alone is none.
    """
    if ending.keys() != starting.keys():
        return False
    both = [place for place in ending if ending[place].text and starting[place].text]
    upper = {cell.text for place, cell in ending.items() if cell.text and place not in both}
    lower = {cell.text for place, cell in starting.items() if cell.text and place not in both}
    if not both:
        return (_are_words(upper) and _are_figures(lower)) or (_are_figures(upper) and _are_words(lower))
    rest = upper or lower
    if (upper and lower) or (rest and not _are_figures(rest) and not {normalise(text) for text in rest} <= _labels()):
        return False
    return all(_is_broken_label(ending[place].text, starting[place].text) for place in both)


def _are_words(texts: set[str]) -> bool:
    return bool(texts) and all(_WORD.search(text) for text in texts)


def _are_figures(texts: set[str]) -> bool:
    return bool(texts) and not any(_WORD.search(text) for text in texts if text != MISSING)


def _carried_on(ending: dict[tuple[int, int], Cell], starting: dict[tuple[int, int], Cell]) -> list[tuple[int, int]]:
    """The label cells at the left of the first row below that belong to the ones above.

    One part of such a cell is empty, beside a label of its own row; or both parts together are a label.
    """
    found: list[tuple[int, int]] = []
    for place in sorted(starting):
        upper, lower = ending.get(place), starting[place]
        if upper is None:
            break
        if upper.text and lower.text:
            is_one = _is_broken_label(upper.text, lower.text)
        else:
            row = starting if upper.text else ending
            is_label = _WORD.search(upper.text or lower.text)
            is_one = bool(is_label) and any(_WORD.search(row[other].text) for other in row if other > place)
        if not is_one:
            break
        found.append(place)
    return found


def _is_broken_label(upper: str, lower: str) -> bool:
    labels = _labels()
    return normalise(upper + lower) in labels and normalise(lower) not in labels


@cache
def _labels() -> frozenset[str]:
    """The labels of rows and columns that any form prints."""
    tables = [table for form in load_forms().values() for table in form.tables]
    printed = [(*row.path, *row.aliases) for table in tables for row in table.rows]
    printed += [(*column.path, *column.aliases) for table in tables for column in table.columns]
    return frozenset(normalise(label) for labels in printed for label in labels)
