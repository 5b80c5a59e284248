"""Where in a grid a table of the form stands: its rows by their labels, its columns by their heads.

Belongs here: one table of one edition in one grid, from labels and structure to the place of each of its cells, with
how sure that is and why. Does not belong here: which edition it is, several grids (``recognise``).

Labels are compared in the normal form of ``labels``, together with what stands to their left (the group) where the
label alone is not unique. Only what is not found so is looked for by likeness, and only on request.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, NamedTuple

from pipelines.readers.grid import Grid, Position
from pipelines.readers.heads import Pillar, aligned, columns_under, continued, has_year, head_lines
from pipelines.readers.labels import normalise
from pipelines.readers.likeness import EXACT
from pipelines.readers.numbers import parse_number
from pipelines.readers.rows import MOST_COPIES, find_labels, is_group, like_labels, stands_among_heads
from pipelines.readers.sheet import Sheet
from schemas.form import CellKey, Row, Table

_DATA_BAND: Final = 3
"""rows below the heads in which the one row of a table without labels is looked for"""


class Spot(NamedTuple):
    """Where a cell stands, how sure that is (1 = by its exact labels), and why it is not surer."""

    position: Position
    confidence: Decimal = EXACT
    why: str = ""


@dataclass(frozen=True, slots=True)
class TableFound:
    """The cells of one table in one grid. ``repeats`` are further places of a cell; ``lines`` all lines with cells."""

    spots: Mapping[CellKey, Spot]
    repeats: Sequence[tuple[CellKey, Spot]]
    lines: tuple[int, int]
    heads: Sequence[str]
    """texts of the column heads that may print the report year, in normal form"""
    pillars: Sequence[Pillar]
    """the columns of the last part, for a part that follows on another page without heads"""
    width: int
    """columns of the grid, labels and remarks included"""


def locate_table(
    sheet: Sheet, table: Table, rows: Sequence[Row], before: TableFound | None = None, *, by_likeness: bool = False
) -> TableFound | None:
    """The cells of ``table`` in a sheet, None where there are none. Raises RejectedError where rows repeat too often.

    ``before`` is the part before, whose columns count for rows that no head stands above. ``by_likeness``: also what
    is only like the form's labels.
    """
    if not any(row.path for row in rows):
        return _locate_single_row(sheet, table, rows[0], by_likeness=by_likeness)
    grid = sheet.grid
    labels = find_labels(sheet, rows)
    if len({label.position[0] for label in labels}) == 1 < len({label.row.path for label in labels}):
        # all its rows stand side by side: it is for whoever looks at the grid turned
        return None
    labels = [label for label in labels if not stands_among_heads(grid, table, label.position)]
    lines_of_heads = head_lines(sheet, table)
    columns: dict[int, Sequence[Pillar]] = {}
    heads: list[str] = []

    def over(line: int, label_column: int) -> Sequence[Pillar]:
        """The columns of the nearest heads above a line."""
        above = bisect_left(lines_of_heads, line)
        head_line = lines_of_heads[above - 1] if above else -1
        if head_line not in columns:
            if above:
                columns[head_line] = columns_under(
                    grid, table.columns, head_line, label_column, by_likeness=by_likeness
                )
                # in normal form: a head may be broken over lines in the middle of its year
                heads.extend(normalise(grid.text(head_line, p.place)) for p in columns[head_line] if has_year(p.column))
            else:
                columns[head_line] = continued(grid, before.pillars, before.width, label_column) if before else []
        return columns[head_line]

    if by_likeness:
        labels = sorted(
            [*labels, *like_labels(sheet, rows, labels, lines_of_heads, over)], key=lambda label: label.position
        )
    spots: dict[CellKey, Spot] = {}
    repeats: list[tuple[CellKey, Spot]] = []
    # what is hidden counts only where nothing else says it
    for row, (line, label_column), confidence, why in sorted(
        labels, key=lambda item: item.position[0] in grid.hidden_rows
    ):
        under = over(line, label_column)
        if row.is_heading or (table.label_columns > 1 and is_group(grid, line, label_column, under)):
            continue
        for pillar in aligned(grid, under, table, line, label_column):
            index = table.columns.index(pillar.column)
            key = CellKey(row.codes[index], pillar.column.applicant_kind, pillar.column.measure)
            doubts = dict.fromkeys(text for text in (why, pillar.why) if text)
            spot = Spot((line, pillar.place), min(confidence, pillar.confidence), "；".join(doubts))
            if key not in spots:
                spots[key] = spot
            elif line not in grid.hidden_rows:
                repeats.append((key, spot))
    if not spots:
        return None
    lines = [spot.position[0] for spot in (*spots.values(), *(spot for _, spot in repeats))]
    last = columns[max(columns)]
    return TableFound(spots, repeats, (min(lines), max(lines)), heads, last, grid.width)


def _locate_single_row(sheet: Sheet, table: Table, row: Row, *, by_likeness: bool) -> TableFound | None:
    """A table of one unlabelled row: it stands below its heads; each further such table repeats it."""
    heads_in: dict[int, int] = {}
    for head in {normalise(column.path[-1]) for column in table.columns}:
        for line, _ in sheet.places.get(head, ()):
            heads_in[line] = heads_in.get(line, 0) + 1
    lines = sorted(line for line, count in heads_in.items() if count * 2 > len(table.columns))
    lowest = [line for line in lines if line + 1 not in lines][:MOST_COPIES]
    found: list[tuple[CellKey, Spot]] = []
    last = 0
    pillars: Sequence[Pillar] = ()
    for head_line in lowest:
        pillars = columns_under(sheet.grid, table.columns, head_line, -1, by_likeness=by_likeness)
        lines_below = _data_lines(sheet.grid, head_line, [pillar.place for pillar in pillars])
        last = max(last, *lines_below)
        for column, place, confidence, why in pillars:
            code = row.codes[table.columns.index(column)]
            key = CellKey(code, column.applicant_kind, column.measure)
            found.append((key, Spot((lines_below[0], place), confidence, why)))
    if not found:
        return None
    spots: dict[CellKey, Spot] = {}
    repeats = [(key, spot) for key, spot in found if spots.setdefault(key, spot) is not spot]
    first = min(spot.position[0] for spot in spots.values())
    return TableFound(spots, repeats, (first, last), [], pillars, sheet.grid.width)


def _data_lines(grid: Grid, head_line: int, places: Sequence[int]) -> list[int]:
    """The lines below the heads with numbers under most of them; where there is none, the one right below."""
    found = []
    for line in range(head_line + 1, head_line + 1 + _DATA_BAND):
        states = [parse_number(grid.text(line, place), "").state for place in places]
        if 2 * states.count("reported") > len(places):
            found.append(line)
    return found or [head_line + 1]
