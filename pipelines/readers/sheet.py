"""A grid with its texts looked up once, and what the forms print at all.

Belongs here: the index of one grid by normal form, and the words that are no label to be likened to one. Does not
belong here: rows (``rows``), heads (``heads``), tables (``tables``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Final

from pipelines.readers.grid import Grid, Position, Span
from pipelines.readers.labels import normalise
from pipelines.readers.likeness import body_of
from schemas.form import Form, load_forms

YEAR_HEAD: Final = re.compile(r"(20\d{2})?年度?|本年度?")
LABEL_AREA: Final = 16
"""columns to the left of a label in which its group is looked for"""
SHORTEST: Final = 2
"""characters of a label that may be likened to one of the form"""


@dataclass(frozen=True)
class Sheet:
    """A grid with its texts looked up once: reading is bounded by the cells, not by cells times labels."""

    grid: Grid
    is_turned: bool = False
    """whether rows and columns have changed places"""

    @cached_property
    def places(self) -> Mapping[str, Sequence[Position]]:
        """Normal form of a text -> where it stands, from top to bottom."""
        places: dict[str, list[Position]] = {}
        for position, printed in sorted(self.grid.cells.items()):
            places.setdefault(normalise(printed.text), []).append(position)
        return places

    @cached_property
    def bodies(self) -> frozenset[str]:
        """Normal forms of all texts without the ordinals before them."""
        return frozenset(map(body_of, self.places))

    @cached_property
    def year_heads(self) -> Sequence[Position]:
        """Where a year or 本年 stands alone."""
        return [at for text, found in self.places.items() if YEAR_HEAD.fullmatch(text) for at in found]

    @cached_property
    def bottoms(self) -> Mapping[Position, int]:
        """Top left cell of a merged range -> its last row."""
        return {(span.top, span.left): span.bottom for span in self.grid.spans}

    def turned(self) -> Sheet:
        """The sheet with rows and columns changed."""
        grid = self.grid
        cells = {(column, row): printed for (row, column), printed in grid.cells.items()}
        spans = [Span(span.left, span.top, span.right, span.bottom) for span in grid.spans]
        return Sheet(Grid(grid.sheet, cells, spans, grid.is_hidden), is_turned=True)


def shown(grid: Grid, line: int, column: int) -> str:
    return "".join(grid.text(line, column).split())[:40]


@cache
def units() -> frozenset[str]:
    """What stands in a column of units, between labels and figures."""
    return frozenset(indicator.unit for form in load_forms().values() for indicator in form.indicators.values())


@cache
def known_texts() -> frozenset[str]:
    """Whatever some edition prints as a label, a group, a head or a section, in normal form."""
    return frozenset(normalise(text) for form in load_forms().values() for text in _texts(form))


def _texts(form: Form) -> Iterator[str]:
    for table in form.tables:
        yield from (table.section, table.caption, table.corner, table.row_header)
        for row in table.rows:
            yield from (*row.path, *row.aliases)
        for column in table.columns:
            yield from (*column.path, *column.aliases)
