"""Which lines of a grid are which rows of a form's table: by their labels.

Belongs here: labels as the form has them, labels that several rows share, and labels that are only like the form's.
Does not belong here: columns (``heads``), how alike two labels are (``likeness``).
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from pipelines.readers.grid import Grid, Position
from pipelines.readers.heads import Pillar, is_label_area
from pipelines.readers.labels import normalise
from pipelines.readers.likeness import DOUBTFUL, EXACT, Candidate, Wanted, likely, neighbours
from pipelines.readers.numbers import parse_number
from pipelines.readers.reject import RejectedError
from pipelines.readers.sheet import LABEL_AREA, SHORTEST, Sheet, known_texts, shown, units
from schemas.form import Row, Table

MOST_COPIES: Final = 20
"""of a table on one sheet; beyond them the sheet is no report, and reading it would take for ever"""
_BEYOND: Final = 3
"""rows below the last label that is known in which further ones are looked for"""
_FOOTNOTE: Final = re.compile(r"(?<=.)(?:[（(][0-9①-⑳*]{1,2}[)）]|[①-⑳]|\*+)\s*$")
"""the mark of a footnote behind a label"""


class Label(NamedTuple):
    row: Row
    position: Position
    confidence: Decimal = EXACT
    why: str = ""


def find_labels(sheet: Sheet, rows: Sequence[Row]) -> list[Label]:
    """The rows whose label is printed, from top to bottom.

    A label that several rows share must stand in its group; among rows that even share the group the printed order
    decides, unless it stands there more often than it should. Where the rows are in another order than the form's, the
    row right above decides. What is hidden counts only where too few are seen.
    """
    by_label = _rows_by_label(rows)
    hits = sorted((position, label) for label in by_label for position in _seen(sheet, label, len(by_label[label])))
    if len(hits) > MOST_COPIES * len(rows):
        message = f"“{sheet.grid.sheet}”里同样的行名重复太多次，无法判断哪一份是报表；请一张表只放一份报表"
        raise RejectedError("V03", message)
    counts = Counter(label for _, label in hits)
    landmarks = _Landmarks(rows, by_label, hits)
    found: list[Label] = []
    reached = 0
    order = {id(row): index for index, row in enumerate(rows)}
    for position, label in hits:
        candidates = by_label[label]
        doubt = (EXACT, "")
        if len(candidates) > 1:
            grouped = [row for row in candidates if _stands_in_group(sheet.grid, position, row)]
            later = [row for row in grouped or candidates if order[id(row)] >= reached]
            if len(grouped) != 1 and (count := counts[label]) > len(candidates) and count % len(candidates):
                doubt = (DOUBTFUL, f"行名“{candidates[0].path[-1]}”出现了{count}次，表样只有{len(candidates)}次")
            elif len(grouped) != 1 and not landmarks.in_order:
                below = [row for row in candidates if landmarks.stands_below(position[0], order[id(row)])]
                if len(below) != 1:
                    doubt = (DOUBTFUL, f"行名“{candidates[0].path[-1]}”表样有{len(candidates)}处，行的先后与表样不同")
                later = below or later
            candidates = (later or grouped or candidates)[:1]
        found.append(Label(candidates[0], position, *doubt))
        reached = order[id(candidates[0])] + 1
    return found


class _Landmarks:
    """The rows whose label no other row has: where they stand says where the others are."""

    def __init__(
        self, rows: Sequence[Row], by_label: Mapping[str, Sequence[Row]], hits: Sequence[tuple[Position, str]]
    ) -> None:
        order = {id(row): index for index, row in enumerate(rows)}
        self._own = sorted(order[id(found[0])] for found in by_label.values() if len(found) == 1)
        self._found = [(line, order[id(by_label[label][0])]) for (line, _), label in hits if len(by_label[label]) == 1]
        self.in_order = all(one[1] <= other[1] for one, other in pairwise(self._found))

    def stands_below(self, line: int, index: int) -> bool:
        """Whether the form's row ``index`` follows, with no landmark between, the landmark nearest above a line."""
        at = bisect_left(self._found, (line, -1))
        if at == 0:
            return False
        above = self._found[at - 1][1]
        following = bisect_left(self._own, above + 1)
        return above < index < (self._own[following] if following < len(self._own) else index + 1)


def _seen(sheet: Sheet, label: str, wanted: int) -> Sequence[Position]:
    """Where a label stands, hidden places only if it is not seen as often as the form has it."""
    places = sheet.places.get(label, ())
    seen = [position for position in places if position[0] not in sheet.grid.hidden_rows]
    return seen if len(seen) >= wanted else places


def like_labels(
    sheet: Sheet,
    rows: Sequence[Row],
    found: Sequence[Label],
    head_lines: Sequence[int],
    over: Callable[[int, int], Sequence[Pillar]],
) -> list[Label]:
    """The rows whose label is not printed as the form has it, by likeness, order, ordinal and group."""
    grid = sheet.grid
    order = {id(row): index for index, row in enumerate(rows)}
    lines = {order[id(label.row)]: label.position[0] for label in found}
    wanted = [
        Wanted(
            index,
            tuple(map(normalise, (row.path[-1], *row.aliases))),
            tuple(map(normalise, row.path[:-1])),
            *neighbours(range(len(rows)), lines, index),
        )
        for index, row in enumerate(rows)
        if index not in lines and not row.is_heading
    ]
    starts = [*head_lines, *lines.values()]
    if not wanted or not starts:
        return []
    bottom = max(starts) + len(wanted) + _BEYOND
    taken = set(lines.values()) | set(head_lines)
    places: dict[int, int] = {}
    candidates: list[Candidate] = []
    for line in range(min(starts), min(bottom, grid.height)):
        if line not in taken and (candidate := _candidate(sheet, line, over(line, -1))):
            places[line] = candidate[1]
            candidates.append(candidate[0])
    return [
        Label(
            rows[item.number],
            (item.line, places[item.line]),
            item.confidence,
            f"行名“{shown(grid, item.line, places[item.line])}”与表样的“{rows[item.number].path[-1]}”不完全一样",
        )
        for item in likely(wanted, candidates)
    ]


def _candidate(sheet: Sheet, line: int, pillars: Sequence[Pillar]) -> tuple[Candidate, int] | None:
    """The label nearest to a line's figures and its column, unless some form prints just that text."""
    grid = sheet.grid
    first = min((pillar.place for pillar in pillars), default=0)
    texts: list[str] = []
    place = -1
    for column in range(first - 1, max(-1, first - 1 - LABEL_AREA), -1):
        at = grid.anchor((line, column))
        text = normalise(grid.text(line, column))
        if at[1] != column or not text:
            continue
        if place < 0:
            if text in units():
                continue
            if (
                at[0] != line
                or len(text) < SHORTEST
                or text in known_texts()
                or parse_number(text, "").state == "reported"
            ):
                return None
            place = column
        texts.append(text)
    if place < 0:
        return None
    joined = texts[1] + texts[0] if len(texts) > 1 else texts[0]
    unmarked = normalise(_FOOTNOTE.sub("", grid.text(line, place)))
    return Candidate(line, (texts[0], joined, unmarked), frozenset(texts[1:])), place


def _rows_by_label(rows: Iterable[Row]) -> dict[str, list[Row]]:
    by_label: dict[str, list[Row]] = {}
    for row in rows:
        for label in (row.path[-1], *row.aliases):
            by_label.setdefault(normalise(label), []).append(row)
    return by_label


def _stands_in_group(grid: Grid, position: Position, row: Row) -> bool:
    line, column = position
    left = {normalise(grid.text(line, before)) for before in range(max(0, column - LABEL_AREA), column)}
    return all(normalise(group) in left for group in row.path[:-1])


def stands_among_heads(grid: Grid, table: Table, position: Position) -> bool:
    """Whether the head of the labels stands right before a label: the table lies on its side."""
    line, column = position
    left = (normalise(grid.text(line, before)) for before in range(column - 1, max(-1, column - 1 - LABEL_AREA), -1))
    return table.row_header != "" and normalise(table.row_header) == next(filter(None, left), "")


def is_group(grid: Grid, line: int, label_column: int, columns: Sequence[Pillar]) -> bool:
    """Whether another label stands between this one and the figures: of another variant, or one that nobody knows."""
    first = min((pillar.place for pillar in columns), default=label_column)
    texts = (
        grid.text(line, place)
        for place in range(label_column + 1, first)
        if not is_label_area(grid, line, place, label_column)
    )
    return any(parse_number(text, "").state == "not_a_number" for text in texts)
