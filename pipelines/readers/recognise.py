"""Which form a grid is, and which of its cells is which cell of the form.

Belongs here: the one code path from a printed grid, of whatever kind of file, to the cells of an edition: by labels and
structure, never by the year or the circular cited. Does not belong here: numbers, identities, kinds of file.

A table is found by its row labels; its columns by the heads above the first of these rows. Labels are compared in the
normal form of ``labels``, together with what stands to their left (the group) where the label alone is not unique.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from typing import Final

from pipelines.readers.grid import Grid, Position
from pipelines.readers.labels import normalise
from schemas.form import CellKey, Column, Form, Row, Table

_HEAD_BAND: Final = 4
"""rows above the first data row in which heads are looked for"""
ENOUGH: Final = 0.5
"""share of an edition's cells that must be found before the grid counts as that edition"""
_YEAR_HEAD: Final = re.compile(r"(20\d{2})?年度?|本年度?")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell of the form stands."""

    grid: Grid
    position: Position


@dataclass(frozen=True)
class Recognised:
    """An edition found in some grids. ``repeats`` are further places of a cell that was found already."""

    form: Form
    variant: str
    places: Mapping[CellKey, Place]
    repeats: Sequence[tuple[CellKey, Place]]
    areas: Sequence[tuple[Grid, int, int]]
    """(grid, first row, last row) of each table found"""
    heads: Sequence[str]
    """texts of the column heads found: they may print the report year"""

    @property
    def share(self) -> float:
        """Cells found, of those that the variant has."""
        return len(self.places) / len(self.form.cells(self.variant))


def recognise(grids: Sequence[Grid], forms: Iterable[Form]) -> list[Recognised]:
    """The editions in a workbook's visible grids: at most one of each sheet, or one spread over all of them.

    Returns nothing where no edition has at least ``ENOUGH`` of its cells.
    """
    printed = {normalise(cell.text) for grid in grids for cell in grid.cells.values()}
    candidates = [form for form in forms if _shares_labels(form, printed)]
    single = [found for grid in grids if (found := _best([grid], candidates))]
    if len(grids) > 1 and (whole := _best(grids, candidates)) and all(whole.share > found.share for found in single):
        return [whole]
    return single


def _shares_labels(form: Form, printed: Set[str]) -> bool:
    """Whether enough of the form's row labels are printed anywhere: a cheap look before the exact one."""
    labels = {normalise(row.path[-1]) for table in form.tables for row in table.rows if row.path}
    return len(labels & printed) >= ENOUGH / 2 * len(labels)


def _best(grids: Sequence[Grid], forms: Sequence[Form]) -> Recognised | None:
    """The edition and variant of which most is there; of two equally complete ones the larger."""
    found = [_locate(grids, form, variant) for form in forms for variant in form.variants]
    best = max(found, key=lambda item: (item.share, len(item.places)), default=None)
    return best if best is not None and best.share >= ENOUGH else None


@dataclass(frozen=True, slots=True)
class _TableFound:
    places: Mapping[CellKey, Position]
    repeats: Sequence[tuple[CellKey, Position]]
    first_row: int
    last_row: int
    heads: Sequence[str]


def _locate(grids: Sequence[Grid], form: Form, variant: str) -> Recognised:
    places: dict[CellKey, Place] = {}
    repeats: list[tuple[CellKey, Place]] = []
    areas: list[tuple[Grid, int, int]] = []
    heads: list[str] = []
    for grid in grids:
        for table in form.tables:
            found = _locate_table(grid, table, form.rows(table, variant))
            if found is None:
                continue
            areas.append((grid, found.first_row, found.last_row))
            heads += found.heads
            for key, position in found.places.items():
                if key in places:
                    repeats.append((key, Place(grid, position)))
                else:
                    places[key] = Place(grid, position)
            repeats += [(key, Place(grid, position)) for key, position in found.repeats]
    return Recognised(form, variant, places, repeats, areas, heads)


def _locate_table(grid: Grid, table: Table, rows: Sequence[Row]) -> _TableFound | None:
    if not any(row.path for row in rows):
        return _locate_single_row(grid, table, rows[0])
    labels = _find_labels(grid, rows)
    if not labels:
        return None
    places: dict[CellKey, Position] = {}
    repeats: list[tuple[CellKey, Position]] = []
    heads: list[str] = []
    columns: dict[int, list[tuple[Column, int]]] = {}
    head_lines = _head_lines(grid, table)
    for row, (line, label_column) in labels:
        above = bisect_left(head_lines, line)
        if above == 0:
            continue
        head_line = head_lines[above - 1]
        if head_line not in columns:
            columns[head_line] = _columns(grid, table.columns, head_line, label_column)
            heads += [grid.text(head_line, column) for _, column in columns[head_line]]
        if row.is_heading:
            continue
        for column, place in _align(grid, columns[head_line], table, line, label_column):
            index = table.columns.index(column)
            key = CellKey(row.codes[index], column.applicant_kind, column.measure)
            if key in places:
                repeats.append((key, (line, place)))
            else:
                places[key] = (line, place)
    if not places:
        return None
    lines = [line for line, _ in (*places.values(), *(position for _, position in repeats))]
    return _TableFound(places, repeats, min(lines), max(lines), heads)


def _find_labels(grid: Grid, rows: Sequence[Row]) -> list[tuple[Row, Position]]:
    """(row of the form, position of its label), from top to bottom.

    A label that several rows share, or that is short, must stand in its group; among rows that even share the group
    the printed order decides.
    """
    by_label: dict[str, list[Row]] = {}
    for row in rows:
        for label in (row.path[-1], *row.aliases):
            by_label.setdefault(normalise(label), []).append(row)
    found: list[tuple[Row, Position]] = []
    reached = 0
    order = {id(row): index for index, row in enumerate(rows)}
    for position in sorted(grid.cells):
        candidates = by_label.get(normalise(grid.cells[position].text), [])
        if len(candidates) > 1:
            grouped = [row for row in candidates if _stands_in_group(grid, position, row)]
            later = [row for row in grouped or candidates if order[id(row)] >= reached]
            candidates = (later or grouped or candidates)[:1]
        if candidates:
            found.append((candidates[0], position))
            reached = order[id(candidates[0])] + 1
    return found


def _stands_in_group(grid: Grid, position: Position, row: Row) -> bool:
    line, column = position
    left = {normalise(grid.text(line, before)) for before in range(column)}
    return all(normalise(group) in left for group in row.path[:-1])


def _head_lines(grid: Grid, table: Table) -> list[int]:
    """The lines that carry one of the table's column heads."""
    heads = frozenset[str]().union(*(_heads(column) for column in table.columns))
    has_year = any("{year}" in column.path[-1] for column in table.columns)
    anchors = {
        position
        for position, printed in grid.cells.items()
        if (text := normalise(printed.text)) in heads or (has_year and _YEAR_HEAD.fullmatch(text))
    }
    # a head that is merged downwards stands in each line of its span
    downwards = {span.top: span.bottom for span in grid.spans if (span.top, span.left) in anchors}
    lines = {line for top, _ in anchors for line in range(top, downwards.get(top, top) + 1)}
    return sorted(lines)


@cache
def _heads(column: Column) -> frozenset[str]:
    return frozenset(normalise(head) for head in (column.path[-1], *column.aliases))


def _is_head(text: str, column: Column) -> bool:
    if "{year}" in column.path[-1]:
        return _YEAR_HEAD.fullmatch(text) is not None
    return text in _heads(column)


def _columns(grid: Grid, columns: Sequence[Column], head_line: int, label_column: int) -> list[tuple[Column, int]]:
    """Which column of the grid is which of the form, by heads and, where these repeat, by the heads above them."""
    found: list[tuple[Column, int]] = []
    taken: set[int] = set()
    for place in range(label_column + 1, grid.width):
        if grid.anchor((head_line, place))[1] != place:
            continue
        path = _head_path(grid, head_line, place)
        candidates = [
            index for index, column in enumerate(columns) if index not in taken and path and _is_head(path[-1], column)
        ]
        if not candidates:
            continue
        best = max(candidates, key=lambda index: (_agreement(path, columns[index]), -index))
        taken.add(best)
        found.append((columns[best], place))
    return found


def _head_path(grid: Grid, head_line: int, place: int) -> list[str]:
    """The heads over a column from top to bottom; one that was not merged counts for the empty cells to its right."""
    path: list[str] = []
    for line in range(max(0, head_line - _HEAD_BAND), head_line + 1):
        text = normalise(grid.text(line, place))
        column = place
        while not text and line < head_line and column > 0 and not grid.is_spanned((line, column)):
            column -= 1
            text = normalise(grid.text(line, column))
        if text and (not path or path[-1] != text):
            path.append(text)
    return path


def _agreement(path: Sequence[str], column: Column) -> int:
    return len({normalise(head) for head in column.path[:-1]} & set(path))


def _align(
    grid: Grid, columns: Sequence[tuple[Column, int]], table: Table, line: int, label_column: int
) -> list[tuple[Column, int]]:
    """The columns of one data row. Where its cells are merged otherwise than the heads, their order decides."""
    if not any(grid.is_spanned((line, place)) for place in range(label_column + 1, grid.width)):
        return list(columns)
    anchored = [
        place
        for place in range(label_column + 1, grid.width)
        if grid.anchor((line, place)) == (line, place) and not _is_label_area(grid, line, place, label_column)
    ]
    in_place = {column.path: place for column, place in columns}
    if all(place in anchored for place in in_place.values()) or len(columns) != len(table.columns):
        return list(columns)
    return [(column, place) for (column, _), place in zip(columns, anchored, strict=False)]


def _is_label_area(grid: Grid, line: int, place: int, label_column: int) -> bool:
    return grid.anchor((line, place)) == grid.anchor((line, label_column))


def _locate_single_row(grid: Grid, table: Table, row: Row) -> _TableFound | None:
    """A table of one unlabelled row: it is the first line below its heads."""
    heads_wanted = {normalise(column.path[-1]) for column in table.columns}
    counts = Counter(line for (line, _), printed in grid.cells.items() if normalise(printed.text) in heads_wanted)
    lines = sorted(line for line, count in counts.items() if count * 2 > len(table.columns))
    if not lines:
        return None
    head_line = lines[0]
    while head_line + 1 in lines:
        head_line += 1
    columns = _columns(grid, table.columns, head_line, -1)
    if not columns:
        return None
    line = head_line + 1
    places = {
        CellKey(row.codes[table.columns.index(column)], column.applicant_kind, column.measure): (line, place)
        for column, place in columns
    }
    return _TableFound(places, [], line, line, [])
