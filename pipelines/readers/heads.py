"""Which columns of a grid are which of a form's table: by their heads.

Belongs here: the lines in which heads stand, heads that repeat and the heads above them, heads that are only like the
form's, and parts of a table that go on without heads. Does not belong here: rows (``rows``), figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from typing import Final, NamedTuple

from pipelines.readers.grid import Grid, Position
from pipelines.readers.labels import normalise
from pipelines.readers.likeness import EXACT, LIKELY, Candidate, Wanted, likely, neighbours
from pipelines.readers.numbers import parse_number
from pipelines.readers.sheet import SHORTEST, YEAR_HEAD, Sheet, known_texts, shown
from schemas.form import Column, Table

_HEAD_BAND: Final = 4
"""rows above the first data row in which heads are looked for"""
_WIDEST: Final = 256
"""columns to the right of a label in which heads are looked for"""
_LABEL_SHIFT: Final = 3
"""columns of labels that a part of a table may lack or have more"""
_FEW_WORDS: Final = 0.2
"""words for each figure in columns of figures, at most"""


class Pillar(NamedTuple):
    """A column of the form and which of the grid it is; ``confidence`` and ``why`` as in Spot."""

    column: Column
    place: int
    confidence: Decimal = EXACT
    why: str = ""


def head_lines(sheet: Sheet, table: Table) -> list[int]:
    """The lines that carry at least half of the table's column heads: fewer may be a row of that name."""
    heads_in: dict[int, set[str]] = {}
    for head in frozenset[str]().union(*(_heads(column) for column in table.columns)):
        for position in sheet.places.get(head, ()):
            _note_head(sheet, position, head, heads_in)
    if any(has_year(column) for column in table.columns):
        for position in sheet.year_heads:
            _note_head(sheet, position, "{year}", heads_in)
    return sorted(line for line, heads in heads_in.items() if 2 * len(heads) >= len(table.columns))


def _note_head(sheet: Sheet, position: Position, head: str, heads_in: dict[int, set[str]]) -> None:
    """A head that is merged downwards stands in each line of its span."""
    top = position[0]
    for line in range(top, min(sheet.bottoms.get(position, top), top + _HEAD_BAND) + 1):
        heads_in.setdefault(line, set()).add(head)


@cache
def _heads(column: Column) -> frozenset[str]:
    return frozenset(normalise(head) for head in (column.path[-1], *column.aliases))


def has_year(column: Column) -> bool:
    return "{year}" in column.path[-1]


def _is_head(text: str, column: Column) -> bool:
    if has_year(column):
        return YEAR_HEAD.fullmatch(text) is not None
    return text in _heads(column)


def columns_under(
    grid: Grid, columns: Sequence[Column], head_line: int, label_column: int, *, by_likeness: bool
) -> list[Pillar]:
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
    doubtful = _doubtful({claim: n for claim, n in claims.items() if not has_year(columns[claim[1]])}, chosen)
    found = {place: Pillar(columns[chosen[place]], place) for place in chosen.keys() - doubtful}
    if by_likeness and len(found) < len(columns):
        found |= _like_columns(grid, columns, head_line, paths, found)
    return [found[place] for place in sorted(found)]


def _like_columns(
    grid: Grid, columns: Sequence[Column], head_line: int, paths: Sequence[Sequence[str]], found: Mapping[int, Pillar]
) -> dict[int, Pillar]:
    """The columns whose head is not printed as the form has it."""
    heads = [place for place, path in enumerate(paths) if path and grid.anchor((head_line, place))[1] == place]
    first = min(found, default=-1)
    if len(run := [place for place in heads if place >= first]) == len(columns) and all(
        _is_head(paths[place][-1], column) for place, column in zip(run, columns, strict=True)
    ):
        # the heads above are spoiled, but below stand all of the form's, in its order
        why = "上一级表头与表样不完全一样，各列按顺序对应"
        return {place: Pillar(column, place, LIKELY, why) for place, column in zip(run, columns, strict=True)}
    index_of = {columns.index(pillar.column): place for place, pillar in found.items()}
    wanted = [
        Wanted(
            index,
            tuple(_heads(column)),
            tuple(map(normalise, column.path[:-1])),
            *neighbours(range(len(columns)), index_of, index),
        )
        for index, column in enumerate(columns)
        if index not in index_of and not has_year(column)
    ]
    candidates = [
        Candidate(place, (paths[place][-1], "".join(paths[place][-2:])), frozenset(paths[place][:-1]))
        for place in heads
        if place not in found and len(paths[place][-1]) >= SHORTEST and paths[place][-1] not in known_texts()
    ]
    return {
        item.line: Pillar(
            columns[item.number],
            item.line,
            item.confidence,
            f"列名“{shown(grid, head_line, item.line)}”与表样的“{columns[item.number].path[-1]}”不完全一样",
        )
        for item in likely(wanted, candidates)
    }


def continued(grid: Grid, pillars: Sequence[Pillar], width: int, label_column: int) -> Sequence[Pillar]:
    """The columns of the part before, ``width`` wide, where this part has no heads of its own: from the last one.

    On the left either part may lack a column of labels; what stands under the columns must then be figures.
    """
    if not pillars:
        return []
    shift = grid.width - width
    first, last = (pick(pillar.place for pillar in pillars) + shift for pick in (min, max))
    if first <= label_column or abs(shift) > _LABEL_SHIFT or not _is_filled(grid, first, last):
        return []
    why = "续表没有表头，按前一部分的列对应"
    return [
        pillar._replace(place=pillar.place + shift, confidence=min(pillar.confidence, LIKELY), why=pillar.why or why)
        for pillar in pillars
    ]


def _is_filled(grid: Grid, first: int, last: int) -> bool:
    """Whether in these columns stand figures, blanks and marks, hardly a word, and right before them no figure."""
    states = Counter(
        parse_number(grid.text(line, column), "").state
        for line in range(grid.height)
        for column in range(first, last + 1)
    )
    before = {parse_number(grid.text(line, first - 1), "").state for line in range(grid.height)}
    return states["not_a_number"] <= _FEW_WORDS * states["reported"] and "reported" not in before


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


def aligned(grid: Grid, columns: Sequence[Pillar], table: Table, line: int, label_column: int) -> list[Pillar]:
    """The columns of one data row. Where its cells are merged otherwise than the heads, their order decides."""
    right = min(grid.width, label_column + 1 + _WIDEST)
    if not any(grid.is_spanned((line, place)) for place in range(label_column + 1, right)):
        return list(columns)
    anchored = [
        place
        for place in range(label_column + 1, right)
        if grid.anchor((line, place)) == (line, place) and not is_label_area(grid, line, place, label_column)
    ]
    in_place = {pillar.column.path: pillar.place for pillar in columns}
    if all(place in anchored for place in in_place.values()) or not len(columns) == len(table.columns) == len(anchored):
        return list(columns)
    return [pillar._replace(place=place) for pillar, place in zip(columns, anchored, strict=True)]


def is_label_area(grid: Grid, line: int, place: int, label_column: int) -> bool:
    return grid.anchor((line, place)) == grid.anchor((line, label_column))
