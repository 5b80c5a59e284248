"""Tables of a page, from the lines that are ruled on it.

Belongs here: cells between lines, their spans, the characters in them. Does not belong here: tables over several pages,
what the cells say. A table without lines is none: where its columns are is not guessed.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, cast

from pdfplumber.table import cells_to_tables, edges_to_intersections, intersections_to_cells, merge_edges
from pdfplumber.utils.geometry import filter_edges

from pipelines.readers.pdf.geometry import MISSING, Box, Char, Line, Page
from pipelines.readers.pdf.text import TextLine, lines_of
from pipelines.readers.reject import RejectedError

_NEAR: Final = 3.0
"""points within which lines are one, and meet"""
_SHORTEST: Final = 1.0
"""points of a line; the dots of a dotted one are none"""
_INSIDE: Final = 2.0
"""points from a cell's border from which a line is inside the cell"""
_ROUNDING: Final = 0.3
"""points"""
_STRUCK: Final = (0.3, 0.7)
"""part of a character's height in which a line through it strikes it out"""
_MOST_LINES: Final = 20_000
_MOST_CROSSINGS: Final = 250_000
"""pairs of level and upright lines on a page"""
_MOST_CORNERS: Final = 3_000
_TOO_MANY_LINES: Final = "PDF 的线条过多，无法分辨表格，未读取；请只保留统计表所在的页，重新导出后重报"

Edge = dict[str, Any]
"""a line as pdfplumber has it"""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its rows and columns in the table, first and last; empty ones are cells too."""

    top: int
    left: int
    bottom: int
    right: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a page (or stitched over pages from the one where it begins). ``columns`` are the x of its lines."""

    page: int
    box: Box
    columns: tuple[float, ...]
    height: int
    cells: tuple[Cell, ...]


def find_tables(page: Page) -> tuple[list[Table], list[Char]]:
    """The tables of a page from top to bottom, and the characters outside them. Raises RejectedError."""
    layouts = [_layout(boxes) for boxes in _groups(page.lines)]
    held: list[dict[int, list[Char]]] = [{} for _ in layouts]
    outside: list[Char] = []
    # a table in a cell of another: the inner one has the character
    by_size = sorted(range(len(layouts)), key=lambda index: layouts[index].box.area)
    for char in page.chars:
        for index in by_size:
            if (cell := layouts[index].at(*char.box.middle)) is not None:
                held[index].setdefault(cell, []).append(char)
                break
        else:
            outside.append(char)
    level = sorted((line.at, line.start, line.end) for line in page.lines if line.is_level)
    tables = [layout.table(page.number, chars, level) for layout, chars in zip(layouts, held, strict=True) if chars]
    return sorted(tables, key=lambda table: (table.box.top, table.box.x0)), outside


@dataclass(frozen=True, slots=True)
class _Layout:
    """The cells of a table in points, and which of them each square between its lines belongs to."""

    xs: Sequence[float]
    ys: Sequence[float]
    boxes: Sequence[Box]
    squares: dict[tuple[int, int], int]

    @property
    def box(self) -> Box:
        return Box(self.xs[0], self.ys[0], self.xs[-1], self.ys[-1])

    def at(self, x: float, y: float) -> int | None:
        return self.squares.get((bisect_right(self.ys, y) - 1, bisect_right(self.xs, x) - 1))

    def table(self, page: int, chars: dict[int, list[Char]], level: Sequence[tuple[float, float, float]]) -> Table:
        cells = []
        inside = {index: lines_of(own) for index, own in chars.items()}
        margin = min(line.box.x0 - self.boxes[index].x0 for index, lines in inside.items() for line in lines or ())
        for index, box in enumerate(self.boxes):
            top, bottom = self.ys.index(box.top), self.ys.index(box.bottom) - 1
            left, right = self.xs.index(box.x0), self.xs.index(box.x1) - 1
            lines = inside.get(index, [])
            text = ("" if _is_one_number(lines, box, margin) else "\n").join(line.text for line in lines)
            if MISSING not in text and _is_struck(box, chars.get(index, []), level):
                text += MISSING
            cells.append(Cell(top, left, bottom, right, text))
        return Table(page, self.box, tuple(self.xs), len(self.ys) - 1, tuple(sorted(cells, key=_place)))


def _place(cell: Cell) -> tuple[int, int]:
    return cell.top, cell.left


def _is_one_number(lines: Sequence[TextLine], box: Box, margin: float) -> bool:
    """Whether digits go on in the next line because the cell is too narrow for one more of them."""
    if len(lines) < 2 or not all(line.text.isascii() and line.text.isdecimal() for line in lines):  # noqa: PLR2004 - one line goes on nowhere
        return False
    room = box.x1 - box.x0 - 2 * max(margin, 0.0)
    widths = [line.box.x1 - line.box.x0 for line in lines[:-1]]
    return all(width + width / len(line.text) > room + _ROUNDING for width, line in zip(widths, lines, strict=False))


def _is_struck(box: Box, chars: Sequence[Char], level: Sequence[tuple[float, float, float]]) -> bool:
    """Whether a line inside the cell goes through a digit."""
    first = bisect_left(level, (box.top + _INSIDE, 0.0, 0.0))
    last = bisect_left(level, (box.bottom - _INSIDE, 0.0, 0.0))
    lines = [line for line in level[first:last] if line[1] < box.x1 and line[2] > box.x0]
    digits = [char.box for char in chars if any(letter.isdecimal() for letter in char.text)] if lines else []
    return any(
        start <= digit.middle[0] <= end
        and _STRUCK[0] <= (at - digit.top) / max(digit.bottom - digit.top, _SHORTEST) <= _STRUCK[1]
        for digit in digits
        for at, start, end in lines
    )


def _layout(boxes: Iterable[Box]) -> _Layout:
    """Of cells that overlap - something framed inside a cell - the larger counts, unless smaller ones fill it."""
    sized = sorted(boxes, key=lambda box: (-box.area, box))
    xs = sorted({x for box in sized for x in (box.x0, box.x1)})
    ys = sorted({y for box in sized for y in (box.top, box.bottom)})
    covered = {
        box: [
            (row, column)
            for row in range(ys.index(box.top), ys.index(box.bottom))
            for column in range(xs.index(box.x0), xs.index(box.x1))
        ]
        for box in sized
    }
    holders = Counter(square for own in covered.values() for square in own)
    squares: dict[tuple[int, int], int] = {}
    kept: list[Box] = []
    for box, own in covered.items():
        if len(own) > 1 and all(holders[square] > 1 for square in own):
            holders.subtract(own)
        elif not any(square in squares for square in own):
            squares.update(dict.fromkeys(own, len(kept)))
            kept.append(box)
    return _Layout(xs, ys, kept, squares)


def _groups(lines: Sequence[Line]) -> list[list[Box]]:
    """The cells of each table."""
    edges = [_edge(line) for line in lines if line.end - line.start >= _SHORTEST]
    if len(edges) > _MOST_LINES:
        raise RejectedError("V01", _TOO_MANY_LINES)
    edges = filter_edges(merge_edges(edges, _NEAR, _NEAR, _NEAR, _NEAR), min_length=_NEAR)
    corners = _corners(edges)
    if more := [edge for group in _meeting(edges, corners) for edge in _closing(group)]:
        edges = merge_edges([*edges, *more], 0, 0, _NEAR, _NEAR)
        corners = _corners(edges)
    cells = intersections_to_cells(corners)
    return [[Box(*cell) for cell in group] for group in cells_to_tables(cells)]


def _corners(edges: Sequence[Edge]) -> dict[tuple[float, float], dict[str, list[Edge]]]:
    level = sum(edge["orientation"] == "h" for edge in edges)
    if level * (len(edges) - level) > _MOST_CROSSINGS:
        raise RejectedError("V01", _TOO_MANY_LINES)
    corners = edges_to_intersections(list(edges), _NEAR, _NEAR)
    if len(corners) > _MOST_CORNERS:
        raise RejectedError("V01", _TOO_MANY_LINES)
    return cast("dict[tuple[float, float], dict[str, list[Edge]]]", corners)


def _edge(line: Line) -> Edge:
    return _level(line.at, line.start, line.end) if line.is_level else _upright(line.at, line.start, line.end)


def _level(at: float, start: float, end: float) -> Edge:
    place = {"x0": start, "x1": end, "top": at, "bottom": at, "doctop": at}
    return {"object_type": "line", "orientation": "h", "width": end - start, "height": 0.0, **place}


def _upright(at: float, start: float, end: float) -> Edge:
    place = {"x0": at, "x1": at, "top": start, "bottom": end, "doctop": start}
    return {"object_type": "line", "orientation": "v", "width": 0.0, "height": end - start, **place}


def _meeting(
    edges: Sequence[Edge], corners: dict[tuple[float, float], dict[str, list[Edge]]]
) -> list[tuple[list[Edge], list[Edge]]]:
    """The edges that hang together: level and upright ones of each group."""
    leader = {id(edge): id(edge) for edge in edges}

    def find(key: int) -> int:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for meeting in corners.values():
        first, *others = [find(id(edge)) for edge in (*meeting["h"], *meeting["v"])]
        for other in others:
            leader[other] = first
    groups: dict[int, tuple[list[Edge], list[Edge]]] = {}
    for edge in edges:
        groups.setdefault(find(id(edge)), ([], []))[edge["orientation"] == "v"].append(edge)
    tables = [group for group in groups.values() if all(group)]
    for _, alone in groups.values():
        # the side of a cell that goes on over the whole page, beside the rest of its table
        for _, upright in tables if len(alone) == 1 else ():
            ends = min(edge["top"] for edge in upright), max(edge["bottom"] for edge in upright)
            if alone[0] not in upright and abs(alone[0]["top"] - ends[0]) + abs(alone[0]["bottom"] - ends[1]) <= _NEAR:
                upright.append(alone[0])
                break
    return tables


def _closing(group: tuple[list[Edge], list[Edge]]) -> list[Edge]:
    """Lines that are not drawn where a table is open: at its sides, or where the page ends in the middle of a cell."""
    level, upright = group
    if len(level) + len(upright) < 3:  # noqa: PLR2004 - two lines are a cross
        return []
    edges = [*level, *upright]
    ys, xs = sorted(edge["top"] for edge in level), sorted(edge["x0"] for edge in upright)
    top = _outermost(min(edge["top"] for edge in edges), ys[0])
    bottom = _outermost(max(edge["bottom"] for edge in edges), ys[-1])
    left = _outermost(min(edge["x0"] for edge in edges), xs[0])
    right = _outermost(max(edge["x1"] for edge in edges), xs[-1])
    added: list[Edge] = []
    for end, at in (("x0", left), ("x1", right)):
        sides = [_upright(at, start, stop) for start, stop in _open(level, end, at, upright, "top")]
        if sides:
            # the side of a row that the page's end cuts through is open as well
            sides += [_upright(at, top, ys[0]), _upright(at, ys[-1], bottom)]
        added += sides
    reaching = [*upright, *added]
    for end, at in (("top", top), ("bottom", bottom)):
        added += [_level(at, start, stop) for start, stop in _open(reaching, end, at, level, "x0")]
    return added


def _outermost(reach: float, line: float) -> float:
    """The outermost line across, or how far the others reach beyond it."""
    return line if abs(reach - line) <= _NEAR else reach


def _open(edges: Sequence[Edge], end: str, at: float, across: Sequence[Edge], along: str) -> list[tuple[float, float]]:
    """From one to the next of the edges that end ``at`` the outside, where nothing of ``across`` lies between them."""
    beyond = {"top": "bottom", "x0": "x1"}[along]
    position = {"top": "x0", "x0": "top"}[along]
    stops = sorted({edge[along] for edge in edges if abs(edge[end] - at) <= _NEAR})
    walls = [(edge[along], edge[beyond]) for edge in across if abs(edge[position] - at) <= _NEAR]
    return [
        (start, stop)
        for start, stop in pairwise(stops)
        if not any(first - _NEAR <= start and stop <= last + _NEAR for first, last in walls)
    ]
