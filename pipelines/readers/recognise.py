"""Which form a grid is, and which of its cells is which cell of the form.

Belongs here: the one code path from a printed grid, of whatever kind of file, to the cells of an edition: by labels and
structure, never by the year or the circular cited. Does not belong here: numbers, identities, kinds of file.

A table is found by its row labels; its columns by the heads above the first of these rows. Labels are compared in the
normal form of ``labels``, together with what stands to their left (the group) where the label alone is not unique.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

from pipelines.readers.grid import Grid, Position
from pipelines.readers.labels import normalise
from pipelines.readers.numbers import parse_number
from pipelines.readers.reject import RejectedError
from schemas.form import CellKey, Column, Form, Row, Table

_HEAD_BAND: Final = 4
"""rows above the first data row in which heads are looked for"""
ENOUGH: Final = 0.5
"""share of an edition's cells that must be found before the grid counts as that edition"""
_YEAR_HEAD: Final = re.compile(r"(20\d{2})?年度?|本年度?")
_LABEL_AREA: Final = 16
"""columns to the left of a label in which its group is looked for"""
_WIDEST: Final = 256
"""columns to the right of a label in which heads are looked for"""
_MOST_COPIES: Final = 20
"""of a table on one sheet; beyond them the sheet is no report, and reading it would take for ever"""
_DATA_BAND: Final = 3
"""rows below the heads in which the one row of a table without labels is looked for"""


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
    """texts of the column heads found that may print the report year"""

    rivals: Sequence[str] = ()
    """other editions of which just as many cells are there: what would tell them apart is missing"""

    @property
    def share(self) -> float:
        """Cells found, of those that the variant has."""
        return len(self.places) / len(self.form.cells(self.variant))


@dataclass(frozen=True)
class _Sheet:
    """A grid with its texts looked up once: reading is bounded by the cells, not by cells times labels."""

    grid: Grid
    places: Mapping[str, Sequence[Position]]
    """normal form of a text -> where it stands, from top to bottom"""
    year_heads: Sequence[Position]
    bottoms: Mapping[Position, int]
    """top left cell of a merged range -> its last row"""


def _sheet(grid: Grid) -> _Sheet:
    places: dict[str, list[Position]] = {}
    for position, printed in sorted(grid.cells.items()):
        places.setdefault(normalise(printed.text), []).append(position)
    years = [position for text, found in places.items() if _YEAR_HEAD.fullmatch(text) for position in found]
    return _Sheet(grid, places, years, {(span.top, span.left): span.bottom for span in grid.spans})


def recognise(grids: Sequence[Grid], forms: Iterable[Form]) -> list[Recognised]:
    """The editions in a workbook's visible grids: each on one sheet, or spread over sheets that are none by themselves.

    Returns nothing where no edition has at least ``ENOUGH`` of its cells. Raises RejectedError where a sheet repeats
    the rows of a form too often.
    """
    sheets = [_sheet(grid) for grid in grids]
    candidates = [form for form in forms if _shares_labels(form, sheets)]
    single = [_best([sheet], candidates) for sheet in sheets]
    loose = [sheet for sheet, alone in zip(sheets, single, strict=True) if alone is None]
    if len(loose) == len(sheets):
        whole = _best(sheets, candidates)
        return [whole] if whole else []
    found: list[Recognised] = []
    for sheet, alone in zip(sheets, single, strict=True):
        if alone is None:
            continue
        spread = _best([sheet, *loose], candidates) if loose else None
        if spread is not None and spread.share > alone.share:
            used = {id(grid) for grid, _, _ in spread.areas}
            loose = [other for other in loose if id(other.grid) not in used]
        found.append(spread if spread is not None and spread.share > alone.share else alone)
    return found


def _shares_labels(form: Form, sheets: Iterable[_Sheet]) -> bool:
    """Whether enough of the form's row labels are printed anywhere: a cheap look before the exact one."""
    labels = {normalise(row.path[-1]) for table in form.tables for row in table.rows if row.path}
    printed = {label for sheet in sheets for label in labels if label in sheet.places}
    return len(printed) >= ENOUGH / 2 * len(labels)


def _best(sheets: Sequence[_Sheet], forms: Sequence[Form]) -> Recognised | None:
    """The edition and variant of which most is there; of two equally complete ones the larger."""
    found = [_locate(sheets, form, variant) for form in forms for variant in form.variants]
    best = max(found, key=lambda item: (item.share, len(item.places)), default=None)
    if best is None or best.share < ENOUGH:
        return None
    others = (item for item in found if item.form.form_code != best.form.form_code)
    return replace(best, rivals=tuple(o.form.form_code for o in others if len(o.places) >= len(best.places)))


@dataclass(frozen=True, slots=True)
class _TableFound:
    places: Mapping[CellKey, Position]
    repeats: Sequence[tuple[CellKey, Position]]
    first_row: int
    last_row: int
    heads: Sequence[str]


def _locate(sheets: Sequence[_Sheet], form: Form, variant: str) -> Recognised:
    places: dict[CellKey, Place] = {}
    repeats: list[tuple[CellKey, Place]] = []
    areas: list[tuple[Grid, int, int]] = []
    heads: list[str] = []
    for sheet in sheets:
        grid = sheet.grid
        for table in form.tables:
            found = _locate_table(sheet, table, form.rows(table, variant))
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


def _locate_table(sheet: _Sheet, table: Table, rows: Sequence[Row]) -> _TableFound | None:
    if not any(row.path for row in rows):
        return _locate_single_row(sheet, table, rows[0])
    grid = sheet.grid
    labels = _find_labels(sheet, rows)
    if not labels:
        return None
    places: dict[CellKey, Position] = {}
    repeats: list[tuple[CellKey, Position]] = []
    heads: list[str] = []
    columns: dict[int, list[tuple[Column, int]]] = {}
    head_lines = _head_lines(sheet, table)
    for row, (line, label_column) in labels:
        above = bisect_left(head_lines, line)
        if above == 0:
            continue
        head_line = head_lines[above - 1]
        if head_line not in columns:
            columns[head_line] = _columns(grid, table.columns, head_line, label_column)
            # in normal form: a head may be broken over lines in the middle of its year
            heads += [normalise(grid.text(head_line, at)) for column, at in columns[head_line] if _has_year(column)]
        if row.is_heading or (table.label_columns > 1 and _is_group(grid, line, label_column, columns[head_line])):
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


def _find_labels(sheet: _Sheet, rows: Sequence[Row]) -> list[tuple[Row, Position]]:
    """(row of the form, position of its label), from top to bottom.

    A label that several rows share must stand in its group; among rows that even share the group the printed order
    decides.
    """
    by_label = _rows_by_label(rows)
    hits = sorted((position, label) for label in by_label for position in sheet.places.get(label, ()))
    if len(hits) > _MOST_COPIES * len(rows):
        message = f"工作表“{sheet.grid.sheet}”里同样的行名重复太多次，无法判断哪一份是报表；请一张工作表只放一份报表"
        raise RejectedError("V03", message)
    found: list[tuple[Row, Position]] = []
    reached = 0
    order = {id(row): index for index, row in enumerate(rows)}
    for position, label in hits:
        candidates = by_label[label]
        if len(candidates) > 1:
            grouped = [row for row in candidates if _stands_in_group(sheet.grid, position, row)]
            later = [row for row in grouped or candidates if order[id(row)] >= reached]
            candidates = (later or grouped or candidates)[:1]
        found.append((candidates[0], position))
        reached = order[id(candidates[0])] + 1
    return found


def _rows_by_label(rows: Iterable[Row]) -> dict[str, list[Row]]:
    by_label: dict[str, list[Row]] = {}
    for row in rows:
        for label in (row.path[-1], *row.aliases):
            by_label.setdefault(normalise(label), []).append(row)
    return by_label


def _stands_in_group(grid: Grid, position: Position, row: Row) -> bool:
    line, column = position
    left = {normalise(grid.text(line, before)) for before in range(max(0, column - _LABEL_AREA), column)}
    return all(normalise(group) in left for group in row.path[:-1])


def _is_group(grid: Grid, line: int, label_column: int, columns: Sequence[tuple[Column, int]]) -> bool:
    """Whether another label stands between this one and the figures: of another variant, or one that nobody knows."""
    first = min((place for _, place in columns), default=label_column)
    texts = (
        grid.text(line, place)
        for place in range(label_column + 1, first)
        if not _is_label_area(grid, line, place, label_column)
    )
    return any(parse_number(text, "").state == "not_a_number" for text in texts)


def _head_lines(sheet: _Sheet, table: Table) -> list[int]:
    """The lines that carry at least half of the table's column heads: fewer may be a row of that name."""
    heads_in: dict[int, set[str]] = {}
    for head in frozenset[str]().union(*(_heads(column) for column in table.columns)):
        for position in sheet.places.get(head, ()):
            _note_head(sheet, position, head, heads_in)
    if any(_has_year(column) for column in table.columns):
        for position in sheet.year_heads:
            _note_head(sheet, position, "{year}", heads_in)
    return sorted(line for line, heads in heads_in.items() if 2 * len(heads) >= len(table.columns))


def _note_head(sheet: _Sheet, position: Position, head: str, heads_in: dict[int, set[str]]) -> None:
    """A head that is merged downwards stands in each line of its span."""
    top = position[0]
    for line in range(top, min(sheet.bottoms.get(position, top), top + _HEAD_BAND) + 1):
        heads_in.setdefault(line, set()).add(head)


@cache
def _heads(column: Column) -> frozenset[str]:
    return frozenset(normalise(head) for head in (column.path[-1], *column.aliases))


def _has_year(column: Column) -> bool:
    return "{year}" in column.path[-1]


def _is_head(text: str, column: Column) -> bool:
    if _has_year(column):
        return _YEAR_HEAD.fullmatch(text) is not None
    return text in _heads(column)


def _columns(grid: Grid, columns: Sequence[Column], head_line: int, label_column: int) -> list[tuple[Column, int]]:
    """Which column of the grid is which of the form, by heads and, where these repeat, by the heads above them.

    Where two columns have an equal claim, neither is found: a missing column is told, a wrong one is not.
    """
    right = min(grid.width, label_column + 1 + _WIDEST)
    paths = _head_paths(grid, head_line, right)
    claims = {
        (place, index): _agreement(paths[place], column)
        for place in range(label_column + 1, right)
        if paths[place] and grid.anchor((head_line, place))[1] == place
        for index, column in enumerate(columns)
        if _is_head(paths[place][-1], column)
    }
    repeated = {
        column.path[-1] for column in columns if [other.path[-1] for other in columns].count(column.path[-1]) > 1
    }
    if any(claims[claim] for claim in claims if columns[claim[1]].path[-1] in repeated):
        # heads that repeat are told apart by the heads above: one without these may belong anywhere
        claims = {claim: n for claim, n in claims.items() if n or columns[claim[1]].path[-1] not in repeated}
    chosen: dict[int, int] = {}
    for place, index in sorted(claims, key=lambda claim: (-claims[claim], claim)):
        if place not in chosen and index not in chosen.values():
            chosen[place] = index
    doubtful = _doubtful({claim: n for claim, n in claims.items() if not _has_year(columns[claim[1]])}, chosen)
    return [(columns[chosen[place]], place) for place in sorted(chosen.keys() - doubtful)]


def _doubtful(claims: Mapping[tuple[int, int], int], chosen: Mapping[int, int]) -> set[int]:
    """The places whose column another place had as good a claim to, or which had as good a claim to another column."""
    place_of = {index: place for place, index in chosen.items()}
    doubtful = set[int]()
    for (place, index), agreement in claims.items():
        own = claims.get((place, chosen.get(place, -1)), -1)
        other = claims.get((place_of.get(index, -1), index), -1)
        if own < agreement == other:
            doubtful.add(place_of[index])
        if other < agreement == own:
            doubtful.add(place)
    return doubtful


def _head_paths(grid: Grid, head_line: int, right: int) -> list[list[str]]:
    """The heads over each column from top to bottom, down to the last one that stands over it.

    A head that was not merged counts for the empty cells right of it, but only as a group.
    """
    paths: list[list[str]] = [[] for _ in range(right)]
    depths = [0] * right
    for line in range(max(0, head_line - _HEAD_BAND), head_line + 1):
        carried = ""
        for place, path in enumerate(paths):
            text = normalise(grid.text(line, place))
            carried = text or ("" if grid.is_spanned((line, place)) else carried)
            if carried and (not path or path[-1] != carried):
                path.append(carried)
            if text:
                depths[place] = len(path)
    return [path[:depth] for path, depth in zip(paths, depths, strict=True)]


def _agreement(path: Sequence[str], column: Column) -> int:
    return len({normalise(head) for head in column.path[:-1]} & set(path))


def _align(
    grid: Grid, columns: Sequence[tuple[Column, int]], table: Table, line: int, label_column: int
) -> list[tuple[Column, int]]:
    """The columns of one data row. Where its cells are merged otherwise than the heads, their order decides."""
    right = min(grid.width, label_column + 1 + _WIDEST)
    if not any(grid.is_spanned((line, place)) for place in range(label_column + 1, right)):
        return list(columns)
    anchored = [
        place
        for place in range(label_column + 1, right)
        if grid.anchor((line, place)) == (line, place) and not _is_label_area(grid, line, place, label_column)
    ]
    in_place = {column.path: place for column, place in columns}
    if all(place in anchored for place in in_place.values()) or not len(columns) == len(table.columns) == len(anchored):
        return list(columns)
    return [(column, place) for (column, _), place in zip(columns, anchored, strict=True)]


def _is_label_area(grid: Grid, line: int, place: int, label_column: int) -> bool:
    return grid.anchor((line, place)) == grid.anchor((line, label_column))


def _locate_single_row(sheet: _Sheet, table: Table, row: Row) -> _TableFound | None:
    """A table of one unlabelled row: it stands below its heads; each further such table repeats it."""
    heads_in: dict[int, int] = {}
    for head in {normalise(column.path[-1]) for column in table.columns}:
        for line, _ in sheet.places.get(head, ()):
            heads_in[line] = heads_in.get(line, 0) + 1
    lines = sorted(line for line, count in heads_in.items() if count * 2 > len(table.columns))
    lowest = [line for line in lines if line + 1 not in lines][:_MOST_COPIES]
    found: list[tuple[CellKey, Position]] = []
    last = 0
    for head_line in lowest:
        columns = _columns(sheet.grid, table.columns, head_line, -1)
        lines_below = _data_lines(sheet.grid, head_line, [place for _, place in columns])
        last = max(last, *lines_below)
        for column, place in columns:
            code = row.codes[table.columns.index(column)]
            found.append((CellKey(code, column.applicant_kind, column.measure), (lines_below[0], place)))
    if not found:
        return None
    places: dict[CellKey, Position] = {}
    repeats = [(key, position) for key, position in found if places.setdefault(key, position) != position]
    return _TableFound(places, repeats, min(line for line, _ in places.values()), last, [])


def _data_lines(grid: Grid, head_line: int, places: Sequence[int]) -> list[int]:
    """The lines below the heads with numbers under most of them; where there is none, the one right below."""
    found = []
    for line in range(head_line + 1, head_line + 1 + _DATA_BAND):
        states = [parse_number(grid.text(line, place), "").state for place in places]
        if 2 * states.count("reported") > len(places):
            found.append(line)
    return found or [head_line + 1]
