"""What a page shows, as boxes: its characters and the lines drawn on it.

Belongs here: the values that pass from a page's content to tables and text, and turning them. All coordinates are in
points from the top left corner of the page as it is read, x to the right and y downwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

MISSING: Final = "\N{REPLACEMENT CHARACTER}"
"""stands for a character that is there and cannot be read"""


class Box(NamedTuple):
    """A rectangle."""

    x0: float
    top: float
    x1: float
    bottom: float

    @property
    def middle(self) -> tuple[float, float]:
        return (self.x0 + self.x1) / 2, (self.top + self.bottom) / 2

    @property
    def area(self) -> float:
        return max(0.0, self.x1 - self.x0) * max(0.0, self.bottom - self.top)

    def within(self, other: Box) -> Box:
        """What both have in common; without area where that is nothing."""
        left, top = max(self.x0, other.x0), max(self.top, other.top)
        return Box(left, top, max(left, min(self.x1, other.x1)), max(top, min(self.bottom, other.bottom)))

    def holds(self, x: float, y: float) -> bool:
        return self.x0 <= x < self.x1 and self.top <= y < self.bottom


@dataclass(frozen=True, slots=True)
class Char:
    """A character (or a form field's whole value). ``size`` is its height in points.

    ``order`` is the number of the drawing operation that printed it; ``turns`` by how many quarters clockwise it lies.
    """

    text: str
    box: Box
    size: float
    order: int
    turns: int = 0


class Line(NamedTuple):
    """A level or upright line of a drawing."""

    is_level: bool
    at: float
    """its y if level, else its x"""
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Page:
    """One page. ``picture`` is the share of its area that its largest picture covers; ``drawn`` its drawn paths."""

    number: int
    width: float
    height: float
    chars: Sequence[Char]
    lines: Sequence[Line]
    picture: float = 0.0
    drawn: int = 0


def upright(page: Page) -> Page:
    """The page turned so that most of its characters stand upright: a wide table is printed sideways."""
    turns = Counter(char.turns for char in page.chars if char.text.strip()).most_common(1)
    if not turns or turns[0][0] == 0:
        return page
    quarters = -turns[0][0] % 4
    chars = turn_chars(page.chars, quarters, page.width, page.height)
    lines = [_turn_line(line, quarters, page.width, page.height) for line in page.lines]
    width, height = (page.height, page.width) if quarters % 2 else (page.width, page.height)
    return replace(page, chars=chars, lines=lines, width=width, height=height)


def turn_chars(chars: Sequence[Char], quarters: int, width: float, height: float) -> list[Char]:
    """The characters of a page of this size after it was turned clockwise by so many quarters."""
    return [
        replace(char, box=_turn_box(char.box, quarters, width, height), turns=(char.turns + quarters) % 4)
        for char in chars
    ]


def _turn_box(box: Box, quarters: int, width: float, height: float) -> Box:
    for _ in range(quarters):
        box = Box(height - box.bottom, box.x0, height - box.top, box.x1)
        width, height = height, width
    return box


def _turn_line(line: Line, quarters: int, width: float, height: float) -> Line:
    box = Box(line.start, line.at, line.end, line.at) if line.is_level else Box(line.at, line.start, line.at, line.end)
    box = _turn_box(box, quarters, width, height)
    is_level = line.is_level != bool(quarters % 2)
    return Line(is_level, box.top, box.x0, box.x1) if is_level else Line(is_level, box.x0, box.top, box.bottom)
