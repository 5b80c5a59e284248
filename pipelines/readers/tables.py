"""Where in a grid a table of the form stands: its rows by their labels, its columns by their heads.

Belongs here: one table of one edition in one grid, from labels and structure to the place of each of its cells, with
how sure that is and why. Does not belong here: which edition it is, several grids (``recognise``), how alike two labels
are (``likeness``).

Labels are compared in the normal form of ``labels``, together with what stands to their left (the group) where the
label alone is not unique. Only what is not found so is looked for by likeness, and only on request.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from itertools import pairwise
from typing import Final, NamedTuple

from pipelines.readers.grid import Grid, Position, Span
from pipelines.readers.labels import normalise
from pipelines.readers.likeness import DOUBTFUL, EXACT, LIKELY, Candidate, Wanted, body_of, likely, neighbours
from pipelines.readers.numbers import parse_number
from pipelines.readers.reject import RejectedError
from schemas.form import CellKey, Column, Form, Row, Table, load_forms

_HEAD_BAND: Final = 4
"""rows above the first data row in which heads are looked for"""
_YEAR_HEAD: Final = re.compile(r"(20\d{2})?年度?|本年度?")
_LABEL_AREA: Final = 16
"""columns to the left of a label in which its group is looked for"""
_WIDEST: Final = 256
"""columns to the right of a label in which heads are looked for"""
MOST_COPIES: Final = 20
"""of a table on one sheet; beyond them the sheet is no report, and reading it would take for ever"""
_DATA_BAND: Final = 3
"""rows below the heads in which the one row of a table without labels is looked for"""
_BEYOND: Final = 3
"""rows below the last label that is known in which further ones are looked for"""
_FOOTNOTE: Final = re.compile(r"(?<=.)(?:[（(][0-9①-⑳*]{1,2}[)）]|[①-⑳]|\*+)\s*$")
"""the mark of a footnote behind a label"""
_LABEL_SHIFT: Final = 3
"""columns of labels that a part of a table may lack or have more"""
_FEW_WORDS: Final = 0.2
"""words for each figure in columns of figures, at most"""
_SHORTEST: Final = 2
"""characters of a label that may be likened to one of the form"""


class Spot(NamedTuple):
    """Where a cell stands, how sure that is (1 = by its exact labels), and why it is not surer."""

    position: Position
    confidence: Decimal = EXACT
    why: str = ""


class Pillar(NamedTuple):
    """A column of the form and which of the grid it is; ``confidence`` and ``why`` as in Spot."""

    column: Column
    place: int
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


class _Label(NamedTuple):
    row: Row
    position: Position
    confidence: Decimal = EXACT
    why: str = ""


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
        return [at for text, found in self.places.items() if _YEAR_HEAD.fullmatch(text) for at in found]

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
    labels = [label for label in _find_labels(sheet, rows) if not _stands_among_heads(grid, table, label.position)]
    if len({label.position[0] for label in labels}) == 1 < len({label.row.path for label in labels}):
        # all its rows stand side by side: it is for whoever looks at the grid turned
        return None
    head_lines = _head_lines(sheet, table)
    columns: dict[int, Sequence[Pillar]] = {}
    heads: list[str] = []

    def over(line: int, label_column: int) -> Sequence[Pillar]:
        """The columns of the nearest heads above a line."""
        above = bisect_left(head_lines, line)
        head_line = head_lines[above - 1] if above else -1
        if head_line not in columns:
            if above:
                columns[head_line] = _columns(grid, table.columns, head_line, label_column, by_likeness=by_likeness)
                # in normal form: a head may be broken over lines in the middle of its year
                heads.extend(
                    normalise(grid.text(head_line, p.place)) for p in columns[head_line] if _has_year(p.column)
                )
            else:
                columns[head_line] = _continued(grid, before, label_column)
        return columns[head_line]

    if by_likeness:
        labels = sorted(
            [*labels, *_like_labels(sheet, rows, labels, head_lines, over)], key=lambda label: label.position
        )
    spots: dict[CellKey, Spot] = {}
    repeats: list[tuple[CellKey, Spot]] = []
    # what is hidden counts only where nothing else says it
    for row, (line, label_column), confidence, why in sorted(
        labels, key=lambda item: item.position[0] in grid.hidden_rows
    ):
        under = over(line, label_column)
        if row.is_heading or (table.label_columns > 1 and _is_group(grid, line, label_column, under)):
            continue
        for pillar in _align(grid, under, table, line, label_column):
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


def _find_labels(sheet: Sheet, rows: Sequence[Row]) -> list[_Label]:
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
    found: list[_Label] = []
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
        found.append(_Label(candidates[0], position, *doubt))
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


def _like_labels(
    sheet: Sheet,
    rows: Sequence[Row],
    found: Sequence[_Label],
    head_lines: Sequence[int],
    over: Callable[[int, int], Sequence[Pillar]],
) -> list[_Label]:
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
        _Label(
            rows[item.number],
            (item.line, places[item.line]),
            item.confidence,
            f"行名“{_shown(grid, item.line, places[item.line])}”与表样的“{rows[item.number].path[-1]}”不完全一样",
        )
        for item in likely(wanted, candidates)
    ]


def _candidate(sheet: Sheet, line: int, pillars: Sequence[Pillar]) -> tuple[Candidate, int] | None:
    """The label nearest to a line's figures and its column, unless some form prints just that text."""
    grid = sheet.grid
    first = min((pillar.place for pillar in pillars), default=0)
    texts: list[str] = []
    place = -1
    for column in range(first - 1, max(-1, first - 1 - _LABEL_AREA), -1):
        at = grid.anchor((line, column))
        text = normalise(grid.text(line, column))
        if at[1] != column or not text:
            continue
        if place < 0:
            if text in _units():
                continue
            if (
                at[0] != line
                or len(text) < _SHORTEST
                or text in _known_texts()
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


def _shown(grid: Grid, line: int, column: int) -> str:
    return "".join(grid.text(line, column).split())[:40]


@cache
def _units() -> frozenset[str]:
    """What stands in a column of units, between labels and figures."""
    return frozenset(indicator.unit for form in load_forms().values() for indicator in form.indicators.values())


@cache
def _known_texts() -> frozenset[str]:
    """Whatever some edition prints as a label, a group, a head or a section, in normal form."""
    return frozenset(normalise(text) for form in load_forms().values() for text in _texts(form))


def _texts(form: Form) -> Iterator[str]:
    for table in form.tables:
        yield from (table.section, table.caption, table.corner, table.row_header)
        for row in table.rows:
            yield from (*row.path, *row.aliases)
        for column in table.columns:
            yield from (*column.path, *column.aliases)


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


def _stands_among_heads(grid: Grid, table: Table, position: Position) -> bool:
    """Whether the head of the labels stands left of a label: the table lies on its side."""
    line, column = position
    left = (normalise(grid.text(line, before)) for before in range(max(0, column - _LABEL_AREA), column))
    return table.row_header != "" and normalise(table.row_header) in left


def _is_group(grid: Grid, line: int, label_column: int, columns: Sequence[Pillar]) -> bool:
    """Whether another label stands between this one and the figures: of another variant, or one that nobody knows."""
    first = min((pillar.place for pillar in columns), default=label_column)
    texts = (
        grid.text(line, place)
        for place in range(label_column + 1, first)
        if not _is_label_area(grid, line, place, label_column)
    )
    return any(parse_number(text, "").state == "not_a_number" for text in texts)


def _head_lines(sheet: Sheet, table: Table) -> list[int]:
    """The lines that carry at least half of the table's column heads: fewer may be a row of that name."""
    heads_in: dict[int, set[str]] = {}
    for head in frozenset[str]().union(*(_heads(column) for column in table.columns)):
        for position in sheet.places.get(head, ()):
            _note_head(sheet, position, head, heads_in)
    if any(_has_year(column) for column in table.columns):
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


def _has_year(column: Column) -> bool:
    return "{year}" in column.path[-1]


def _is_head(text: str, column: Column) -> bool:
    if _has_year(column):
        return _YEAR_HEAD.fullmatch(text) is not None
    return text in _heads(column)


def _columns(
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
    doubtful = _doubtful({claim: n for claim, n in claims.items() if not _has_year(columns[claim[1]])}, chosen)
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
        if index not in index_of and not _has_year(column)
    ]
    candidates = [
        Candidate(place, (paths[place][-1], "".join(paths[place][-2:])), frozenset(paths[place][:-1]))
        for place in heads
        if place not in found and len(paths[place][-1]) >= _SHORTEST and paths[place][-1] not in _known_texts()
    ]
    return {
        item.line: Pillar(
            columns[item.number],
            item.line,
            item.confidence,
            f"列名“{_shown(grid, head_line, item.line)}”与表样的“{columns[item.number].path[-1]}”不完全一样",
        )
        for item in likely(wanted, candidates)
    }


def _continued(grid: Grid, before: TableFound | None, label_column: int) -> Sequence[Pillar]:
    """The columns of the part before, where this part has no heads of its own: counted from the last column.

    On the left either part may lack a column of labels; what stands under the columns must then be figures.
    """
    if before is None or not before.pillars:
        return []
    shift = grid.width - before.width
    first, last = (pick(pillar.place for pillar in before.pillars) + shift for pick in (min, max))
    if first <= label_column or abs(shift) > _LABEL_SHIFT or not _is_filled(grid, first, last):
        return []
    why = "续表没有表头，按前一部分的列对应"
    return [
        pillar._replace(place=pillar.place + shift, confidence=min(pillar.confidence, LIKELY), why=pillar.why or why)
        for pillar in before.pillars
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


def _align(grid: Grid, columns: Sequence[Pillar], table: Table, line: int, label_column: int) -> list[Pillar]:
    """The columns of one data row. Where its cells are merged otherwise than the heads, their order decides."""
    right = min(grid.width, label_column + 1 + _WIDEST)
    if not any(grid.is_spanned((line, place)) for place in range(label_column + 1, right)):
        return list(columns)
    anchored = [
        place
        for place in range(label_column + 1, right)
        if grid.anchor((line, place)) == (line, place) and not _is_label_area(grid, line, place, label_column)
    ]
    in_place = {pillar.column.path: pillar.place for pillar in columns}
    if all(place in anchored for place in in_place.values()) or not len(columns) == len(table.columns) == len(anchored):
        return list(columns)
    return [pillar._replace(place=place) for pillar, place in zip(columns, anchored, strict=True)]


def _is_label_area(grid: Grid, line: int, place: int, label_column: int) -> bool:
    return grid.anchor((line, place)) == grid.anchor((line, label_column))


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
        pillars = _columns(sheet.grid, table.columns, head_line, -1, by_likeness=by_likeness)
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
