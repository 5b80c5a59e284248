"""Titles of reports: whose report on which year it is, as 厦门市教育局2024年政府信息公开工作年度报告 says it.

Belongs here: what is a title, in running text, broken over two or three lines, and on a sheet. Does not belong here:
labelled cells and which statement counts (``identity``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from pipelines.readers.document import Paragraph
from pipelines.readers.grid import Grid

TOP_LINES: Final = 12
"""lines of a sheet in which a form says whose it is"""
_REPORT: Final = (
    r"(?P<year>20\d{2})年(?:度)?政府信息公开(?:工作)?(?:年度)?(?:工作)?(?:情况)?(?:的)?报告[^，。；：:,;!！？?]{0,60}"
)
_WHOLE: Final = re.compile(rf"(?P<organ>[^，。：；,;:0-9]{{3,40}}?)(?:关于)?{_REPORT}")
_YEAR_ONLY: Final = re.compile(_REPORT)
_ORGAN_ENDS: Final = re.compile(r"[一-鿿()]+(?:局|委|办|会|室|府|厅|院|馆|心|站|处|所|道|镇|区|队|社|校|学|司|台)")
"""how names of organs end: the line above a title may be anything"""
_MOST_LINES: Final = 3
_LONGEST: Final = 120


class Title(NamedTuple):
    """``organ_name`` is '' where the title names none; ``lines`` is how many paragraphs it takes."""

    organ_name: str
    report_year: str
    lines: int = 1

    def differs_from(self, other: Title | None) -> bool:
        """Whether it is another report's; one that names no organ may be of any."""
        if other is None:
            return False
        short, long = sorted((self.organ_name, other.organ_name), key=len)
        return self.report_year != other.report_year or not long.endswith(short)


def title_at(paragraphs: Sequence[Paragraph], index: int) -> Title | None:
    """The title that begins with a paragraph."""
    lines = [_plain(text) for _, _, text in paragraphs[index : index + _MOST_LINES]]
    for count in range(1, len(lines) + 1):
        match = _fits("".join(lines[:count]), _WHOLE)
        if match and (count == 1 or _ORGAN_ENDS.fullmatch(match["organ"])):
            # the line above a title that is whole without it is no part of it
            is_whole = any(_fits("".join(lines[begin:count]), _WHOLE) for begin in range(1, count))
            return None if is_whole else Title(match["organ"], match["year"], count)
    match = _fits(lines[0], _YEAR_ONLY) if lines else None
    return Title("", match["year"]) if match else None


def first_title(paragraphs: Sequence[Paragraph]) -> Title | None:
    """The first title that names an organ, else the first one at all."""
    found = [title for index in range(len(paragraphs)) if (title := title_at(paragraphs, index))]
    return next((title for title in found if title.organ_name), found[0] if found else None)


def titles_in(grid: Grid) -> Iterator[tuple[int, Title]]:
    """(line, title) of the titles on a sheet or table, from top to bottom."""
    for (line, _), printed in sorted(grid.cells.items()):
        text = _plain(printed.text)
        if match := _fits(text, _WHOLE) or _fits(text, _YEAR_ONLY):
            yield line, Title(match.groupdict().get("organ") or "", match["year"])


def title_above(grid: Grid) -> Title | None:
    """The title in the first lines of a sheet or table."""
    return next((title for line, title in titles_in(grid) if line < grid.begins + TOP_LINES), None)


def _fits(text: str, pattern: re.Pattern[str]) -> re.Match[str] | None:
    return pattern.fullmatch(text) if len(text) <= _LONGEST else None


def _plain(text: str) -> str:
    if len(text) > _LONGEST:
        return text
    return "".join(unicodedata.normalize("NFKC", text).split())
