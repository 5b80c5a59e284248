"""Which editions of the forms a file's grids hold, and which printed cell is which cell of the form.

Belongs here: the one code path from printed grids, of whatever kind of file, to the cells of an edition: by labels and
structure, never by the year or the circular cited; which grids belong together. Does not belong here: one table in one
grid (``tables``), numbers, identities, kinds of file.

The edition is chosen by exact labels alone. Only then is what is still missing of it looked for by likeness, and in
tables turned on their side.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from pipelines.readers.grid import Grid, Position
from pipelines.readers.labels import normalise
from pipelines.readers.likeness import CERTAIN, EXACT, body_of
from pipelines.readers.rows import MOST_COPIES
from pipelines.readers.sheet import Sheet
from pipelines.readers.tables import Spot, TableFound, locate_table
from schemas.form import CellKey, Form, Table

ENOUGH: Final = 0.5
"""share of an edition's cells that must be found before the grid counts as that edition"""
_RESEMBLING: Final = 5
"""row labels of an edition by which a table looks like it"""
_SMALL: Final = 64
"""rows and columns of a table that may lie on its side"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell of the form stands; ``confidence`` is 1 where its labels are the form's, ``why`` says why less."""

    grid: Grid
    position: Position
    confidence: Decimal = EXACT
    why: str = ""


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


def separated(grids: Sequence[Grid], forms: Iterable[Form]) -> list[Grid]:
    """The grids, one that holds a whole report below another of the same form as two; every cell keeps its place."""
    every = list(forms)
    return [piece for grid in grids for piece in _pieces(grid, every, MOST_COPIES)]


def _pieces(grid: Grid, forms: Sequence[Form], most: int) -> list[Grid]:
    sheet = Sheet(grid)
    twice = [form for form in forms if _repeats_labels(form, sheet)]
    best = _best([sheet], twice) if twice and most else None
    if best is None or len({key for key, _ in best.repeats}) < ENOUGH * len(best.places):
        return [grid]
    again = min(place.position[0] for _, place in best.repeats)
    cut = 1 + max((place.position[0] for place in best.places.values() if place.position[0] < again), default=-1)
    above, below = grid.part(grid.begins, cut), grid.part(cut, grid.height)
    if _best([Sheet(above)], [best.form]) is None or _best([Sheet(below)], [best.form]) is None:
        return [grid]
    return [above, *_pieces(below, forms, most - 1)]


def _repeats_labels(form: Form, sheet: Sheet) -> bool:
    """Whether about half of the form's labels stand there more often than the form has them: a cheap look."""
    counts = Counter(normalise(row.path[-1]) for table in form.tables for row in table.rows if row.path)
    more = sum(len(sheet.places.get(label, ())) > count for label, count in counts.items())
    return more >= ENOUGH / 2 * len(counts)


def recognise(grids: Sequence[Grid], forms: Iterable[Form]) -> list[Recognised]:
    """The editions in a file's visible grids, in printed order: each in one grid, or spread over grids that are none by
    themselves.

    Returns nothing where no edition has at least ``ENOUGH`` of its cells. Raises RejectedError where a sheet repeats
    the rows of a form too often.
    """
    sheets = [Sheet(grid) for grid in grids]
    candidates = [form for form in forms if _shares_labels(form, sheets)]
    single = [_best([sheet], candidates) for sheet in sheets]
    if not any(single):
        whole = _best(sheets, candidates)
        return [_completed(whole, sheets)] if whole else []
    members = _members(sheets, single)
    found: list[Recognised] = []
    for index, alone in enumerate(single):
        if alone is None:
            continue
        together = [sheets[member] for member in sorted([index, *members[index]])]
        spread = _best(together, candidates) if len(together) > 1 else None
        item = spread if spread is not None and spread.share > alone.share else alone
        found.append(_completed(item, together))
        found += _others(item, together, candidates)
    return found


def _others(item: Recognised, sheets: Sequence[Sheet], forms: Sequence[Form]) -> list[Recognised]:
    """Another edition in what is left of the same grids: two forms one below the other."""
    rest = [form for form in forms if form.form_code != item.form.form_code]
    if not rest:
        return []
    left = []
    for sheet in sheets:
        lines = {line for grid, first, last in item.areas if grid is sheet.grid for line in range(first, last + 1)}
        cells = {position: printed for position, printed in sheet.grid.cells.items() if position[0] not in lines}
        left.append(Sheet(replace(sheet.grid, cells=cells)))
    other = _best(left, rest)
    if other is None:
        return []
    # its places are those of the whole grid: nothing has moved
    whole = {id(part.grid): sheet.grid for part, sheet in zip(left, sheets, strict=True)}
    return [
        replace(
            other,
            places={key: replace(place, grid=whole[id(place.grid)]) for key, place in other.places.items()},
            repeats=[(key, replace(place, grid=whole[id(place.grid)])) for key, place in other.repeats],
            areas=[(whole[id(grid)], first, last) for grid, first, last in other.areas],
        )
    ]


def _members(sheets: Sequence[Sheet], single: Sequence[Recognised | None]) -> dict[int, list[int]]:
    """Sheet that is an edition by itself -> the sheets that are none and go with it.

    Between two of them a sheet goes with the earlier one where it holds tables that the form prints after that one's,
    and else with the later one.
    """
    alone = {index: item for index, item in enumerate(single) if item is not None}
    members: dict[int, list[int]] = {index: [] for index in alone}
    for index, sheet in enumerate(sheets):
        if index in alone:
            continue
        before = max((other for other in alone if other < index), default=None)
        after = min((other for other in alone if other > index), default=None)
        if before is None or after is None:
            members[after if before is None else before].append(index)  # type: ignore[index]
            continue
        order = [_tables_in([sheet], alone[other].form) for other in (before, after)]
        own = _tables_in([sheets[before]], alone[before].form)
        follows = order[0] and own and min(order[0]) > min(own)
        members[before if follows or not order[1] else after].append(index)
    return members


def _tables_in(sheets: Sequence[Sheet], form: Form) -> list[int]:
    """Which of the form's tables some sheets hold, as positions in the form."""
    return [
        number
        for number, table in enumerate(form.tables)
        if any(locate_table(sheet, table, form.rows(table)) for sheet in sheets)
    ]


def resembles_any(grids: Sequence[Grid], forms: Iterable[Form]) -> bool:
    """Whether so many labels of some edition stand in the grids that they were meant as one."""
    sheets = [Sheet(grid) for grid in grids]
    return any(_labels_shared(form, sheets)[0] >= _RESEMBLING for form in forms)


def _shares_labels(form: Form, sheets: Iterable[Sheet]) -> bool:
    """Whether enough of the form's row labels are printed anywhere: a cheap look before the exact one."""
    printed, every = _labels_shared(form, sheets)
    return printed >= ENOUGH / 2 * every


def _labels_shared(form: Form, sheets: Iterable[Sheet]) -> tuple[int, int]:
    """How many of the form's row labels, ordinals aside, are printed, and how many it has."""
    labels = {body_of(normalise(row.path[-1])) for table in form.tables for row in table.rows if row.path}
    printed = frozenset[str]().union(*(sheet.bodies for sheet in sheets))
    return len(labels & printed), len(labels)


def _best(sheets: Sequence[Sheet], forms: Sequence[Form]) -> Recognised | None:
    """The edition and variant of which most is there; of two equally complete ones the larger."""
    found = [_locate(sheets, form, variant) for form in forms for variant in form.variants]
    if all(item.share < ENOUGH for item in found):
        # too few exact labels for any: those with some are looked at again
        found = [_certain(_completed(item, sheets)) for item in found if _shares_labels(item.form, sheets)]
    best = max(found, key=lambda item: (item.share, len(item.places)), default=None)
    if best is None or best.share < ENOUGH:
        return None
    others = (item for item in found if item.form.form_code != best.form.form_code)
    return replace(best, rivals=tuple(o.form.form_code for o in others if len(o.places) >= len(best.places)))


def _completed(found: Recognised, sheets: Sequence[Sheet]) -> Recognised:
    """What is not there by exact labels, by likeness."""
    if found.share >= 1:
        return found
    return replace(_locate(sheets, found.form, found.variant, by_likeness=True), rivals=found.rivals)


def _certain(found: Recognised) -> Recognised:
    """Without the places that are only asked about."""
    return replace(found, places={key: place for key, place in found.places.items() if place.confidence >= CERTAIN})


class _Collection:
    """The places found so far."""

    def __init__(self) -> None:
        self.places: dict[CellKey, Place] = {}
        self.repeats: list[tuple[CellKey, Place]] = []
        self.areas: list[tuple[Grid, int, int]] = []
        self.heads: list[str] = []

    def add(self, sheet: Sheet, grid: Grid, table: TableFound) -> None:
        """Take the cells that a table found in ``grid``, seen as ``sheet``, has."""
        self.heads += table.heads
        first, last = table.lines
        if sheet.is_turned:
            rows = [spot.position[1] for spot in table.spots.values()]
            first, last = min(rows), max(rows)
        self.areas.append((grid, first, last))
        for key, spot in table.spots.items():
            place = _place(sheet, grid, spot)
            if key in self.places:
                self.repeats.append((key, place))
            else:
                self.places[key] = place
        self.repeats += [(key, _place(sheet, grid, spot)) for key, spot in table.repeats]


def _place(sheet: Sheet, grid: Grid, spot: Spot) -> Place:
    row, column = spot.position
    return Place(grid, (column, row) if sheet.is_turned else (row, column), spot.confidence, spot.why)


def _locate(sheets: Sequence[Sheet], form: Form, variant: str, *, by_likeness: bool = False) -> Recognised:
    found = _Collection()
    parts: dict[str, TableFound] = {}
    for sheet in sheets:
        for table in form.tables:
            rows, before = form.rows(table, variant), parts.get(table.code)
            located = locate_table(sheet, table, rows, before, by_likeness=by_likeness)
            if located is not None:
                found.add(sheet, sheet.grid, located)
                parts[table.code] = located
    if by_likeness:
        for table in form.tables:
            if table.code not in parts:
                _turned(sheets, form, table, variant, found)
    return Recognised(form, variant, found.places, found.repeats, found.areas, found.heads)


def _turned(sheets: Sequence[Sheet], form: Form, table: Table, variant: str, found: _Collection) -> None:
    """A table that was found nowhere, with its rows side by side."""
    for sheet in sheets:
        if sheet.grid.height <= _SMALL and sheet.grid.width <= _SMALL:
            turned = sheet.turned()
            located = locate_table(turned, table, form.rows(table, variant))
            if located is not None:
                found.add(turned, sheet.grid, located)
