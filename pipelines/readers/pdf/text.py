"""From characters to lines of text.

Belongs here: reading order, text printed twice to look bold, what cannot be read for certain. Does not belong here:
cells and paragraphs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import Final

from pipelines.readers.pdf.geometry import MISSING, Box, Char, turn_chars

_GAP: Final = 0.3
"""of its size between two characters are a space"""
_WIDE_GAP: Final = 2.5
"""of its size between two characters divide a line"""
_OTHER_SIZE: Final = 1.3
_TWIN: Final = 0.25
"""of its size apart, the same character again is the same one printed bolder"""
_CROWDED: Final = 0.15
"""of its size apart, two characters are printed over each other"""
_SAME_LINE: Final = 0.5
"""of the lower one's height that two characters of a line have in common"""
_NOTE_MARK: Final = 0.8
"""of the size of the other digits of its line: a smaller digit is a note's mark"""


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text. ``size`` is the height of its largest character in points.

    ``pieces`` are its parts where wide gaps divide it: what stands side by side is not one sentence.
    """

    text: str
    box: Box
    size: float
    pieces: tuple[TextLine, ...] = ()


def lines_of(chars: Iterable[Char]) -> list[TextLine]:
    """The lines of some characters, from top to bottom; text that lies on its side comes after the upright.

    A line with digits that cannot be read for certain has MISSING in its text.
    """
    by_turns: dict[int, list[Char]] = {}
    for char in _once(chars):
        by_turns.setdefault(char.turns, []).append(char)
    lines = list(_upright_lines(by_turns.pop(0, [])))
    for turns, lying in sorted(by_turns.items()):
        # turned about a point of the page; where the lines lie is told by the characters as they are
        box = _around(lying)
        upright = turn_chars(lying, -turns % 4, box.x1, box.bottom)
        lines += [TextLine(line.text, box, line.size) for line in _upright_lines(upright)]
    return lines


def _once(chars: Iterable[Char]) -> list[Char]:
    """The characters without those printed again right beside themselves by another drawing operation."""
    kept: list[Char] = []
    places: dict[tuple[str, int, int], list[Char]] = {}
    for char in chars:
        reach = max(_TWIN * char.size, 0.1)
        column, row = int(char.box.x0 // reach), int(char.box.top // reach)
        near = (
            twin
            for x in (column - 1, column, column + 1)
            for y in (row - 1, row, row + 1)
            for twin in places.get((char.text, x, y), ())
        )
        if char.text.strip() and any(_is_twin(char, twin, reach) for twin in near):
            continue
        places.setdefault((char.text, column, row), []).append(char)
        kept.append(char)
    return kept


def _is_twin(char: Char, other: Char, reach: float) -> bool:
    return (
        char.order != other.order
        and abs(char.box.x0 - other.box.x0) < reach
        and abs(char.box.top - other.box.top) < reach
        and char.turns == other.turns
    )


def _upright_lines(chars: Sequence[Char]) -> Iterable[TextLine]:
    lines: list[list[Char]] = []
    for char in sorted(chars, key=lambda char: (char.box.middle[1], char.box.x0)):
        if lines and _shares_line(lines[-1], char):
            lines[-1].append(char)
        else:
            lines.append([char])
    for line in lines:
        ordered = sorted(line, key=lambda char: (char.box.x0, char.order))
        if whole := _as_line(ordered):
            pieces = [piece for part in _parted(ordered) if (piece := _as_line(part))]
            yield replace(whole, pieces=tuple(pieces)) if len(pieces) > 1 else whole


def _as_line(ordered: Sequence[Char]) -> TextLine | None:
    text = _text(ordered)
    if not text:
        return None
    return TextLine(text, _around([char for char in ordered if char.text.strip()]), max(char.size for char in ordered))


def _parted(ordered: Sequence[Char]) -> list[list[Char]]:
    """The characters of a line, divided at its wide gaps."""
    parts: list[list[Char]] = []
    for char in (char for char in ordered if char.text.strip()):
        if parts and not _divides(parts[-1][-1], char):
            parts[-1].append(char)
        else:
            parts.append([char])
    return parts


def _divides(before: Char, char: Char) -> bool:
    """Whether between two characters lies a wide gap, or any where the size of the letters changes."""
    small, large = sorted((before.size, char.size))
    return char.box.x0 - before.box.x1 > (_GAP if large > _OTHER_SIZE * small else _WIDE_GAP) * large


def _shares_line(line: Sequence[Char], char: Char) -> bool:
    first = line[0].box
    shared = min(first.bottom, char.box.bottom) - max(first.top, char.box.top)
    return shared >= _SAME_LINE * min(first.bottom - first.top, char.box.bottom - char.box.top)


def _text(line: Sequence[Char]) -> str:
    parts: list[str] = []
    previous: Char | None = None
    for char in line:
        if previous is not None and char.box.x0 - previous.box.x1 > _GAP * max(char.size, previous.size):
            parts.append(" ")
        parts.append(char.text)
        previous = char
    text = " ".join("".join(parts).split())
    return (
        text + MISSING if MISSING not in text and _is_doubtful([char for char in line if char.text.strip()]) else text
    )


def _is_doubtful(line: Sequence[Char]) -> bool:
    """Whether two strings with digits lie over each other, or a note's mark stands among digits."""
    digits = [char for char in line if any(letter.isdecimal() for letter in char.text)]
    if not digits:
        return False
    if min(char.size for char in digits) < _NOTE_MARK * max(char.size for char in digits):
        return True
    runs = [order for order, _ in groupby(char.order for char in line)]
    if len(runs) != len(set(runs)):
        return True
    return any(
        right.box.x0 - left.box.x0 < _CROWDED * left.size and left.box.x1 > left.box.x0
        for left, right in pairwise(line)
    )


def _around(chars: Sequence[Char]) -> Box:
    boxes = [char.box for char in chars]
    return Box(
        min(box.x0 for box in boxes),
        min(box.top for box in boxes),
        max(box.x1 for box in boxes),
        max(box.bottom for box in boxes),
    )
