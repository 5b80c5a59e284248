"""The text of a web page as a browser prints it: lines and paragraphs out of runs of text.

Belongs here: white space, line breaks, and what must not glue to a digit: raised and struck text. Does not belong here:
elements (``html``), tables (``table``).

Within a flow a few code points stand for what markup says; none of them can come from the page itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

LINE: Final = "\u2028"
"""a line break inside a paragraph"""
BLOCK: Final = "\u2029"
"""where one paragraph ends and another begins"""
# noncharacters: no document may hold them
RAISED, RAISED_END, STRUCK, STRUCK_END, HEADING, TABLE = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3", "\ufdd4", "\ufdd5"

_INVISIBLE: Final = dict.fromkeys(
    [0, 0xAD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0xFDD0, 0xFDD6)],
)
"""characters that print nothing"""
_SPACE: Final = re.compile("[ \t\r\n\f]+")
_NEWLINE: Final = re.compile("\r\n?|\n")
_RAISED: Final = re.compile(f"{RAISED}([^{RAISED}{RAISED_END}]*){RAISED_END}?")
_STRUCK: Final = re.compile(f"{STRUCK}([^{STRUCK}{STRUCK_END}]*){STRUCK_END}?")
_MARKS: Final = dict.fromkeys(map(ord, (RAISED, RAISED_END, STRUCK, STRUCK_END, HEADING, TABLE)))
_BREAK: Final = re.compile(f"[{LINE}{BLOCK}]")


class Flow:
    """Runs of text in printed order, joined without anything between them."""

    def __init__(self) -> None:
        self._runs: list[str] = []
        self.has_text = False
        """whether anything is printed"""

    def text(self, text: str, *, is_preformatted: bool = False) -> None:
        """Text of the page; white space counts as one space unless it is preformatted."""
        shown = text.translate(_INVISIBLE)
        self.has_text = self.has_text or bool(shown.strip())
        self._runs.append(_NEWLINE.sub(LINE, shown) if is_preformatted else _SPACE.sub(" ", shown))

    def mark(self, mark: str) -> None:
        """One of the code points of this module."""
        self._runs.append(mark)

    def take(self, other: Flow) -> None:
        """What ``other`` holds, as a block of its own."""
        self._runs += [BLOCK, *other._runs, BLOCK]
        self.has_text = self.has_text or other.has_text
        other._runs = []

    def as_cell(self) -> str:
        """The text of a table's cell: blocks are lines, struck text stands apart in brackets."""
        return _lines(_STRUCK.sub(_told_struck, "".join(self._runs)))

    def paragraphs(self) -> Iterator[tuple[bool, str]]:
        """(whether it is a main heading, text) of every block that prints something; struck text is left out."""
        yield from (paragraph for paragraph, _ in self._blocks() if paragraph is not None)

    def before_tables(self) -> list[int]:
        """How many paragraphs stand before each mark TABLE."""
        counts: list[int] = []
        number = 0
        for paragraph, tables in self._blocks():
            counts += [number] * tables
            number += paragraph is not None
        return counts

    def _blocks(self) -> Iterator[tuple[tuple[bool, str] | None, int]]:
        """(the paragraph, if anything is printed, and the number of marks TABLE before it) of each block."""
        for block in _STRUCK.sub("", "".join(self._runs)).split(BLOCK):
            text = _lines(block)
            yield ((HEADING in block, text) if text else None), block.count(TABLE)


def _told_struck(match: re.Match[str]) -> str:
    # a figure struck out beside the new one must not be read together with it, nor be lost unseen
    return f"〔划去：{match[1]}〕" if match[1].strip() else ""


def _lines(text: str) -> str:
    """Lines without empty ones; raised text in brackets, so that 12 with the footnote 1 is not 121."""
    if _RAISED.sub("", text).translate(_MARKS).strip():
        text = _RAISED.sub(_bracketed, text)
    lines = (_SPACE.sub(" ", line.replace("\xa0", " ")).strip() for line in _BREAK.split(text.translate(_MARKS)))
    return "\n".join(line for line in lines if line)


def _bracketed(match: re.Match[str]) -> str:
    text = match[1].strip()
    return text if not text or text[0] in "(（" else f"（{text}）"
