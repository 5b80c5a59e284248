"""Which parts of a document are reports of their own: this year's below last year's, one organ's after another's.

Belongs here: cutting a document where the title of another report stands, in running text or on a sheet. Does not
belong here: what a title says (``titles``), which tables a report has (``recognise``).

A title that says the same again - on a cover, at the head of every page - divides nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from pipelines.readers.document import Document, Paragraph
from pipelines.readers.grid import Grid
from pipelines.readers.reject import RejectedError
from pipelines.readers.titles import Title, title_above, title_at, titles_in

_MOST_REPORTS: Final = 100
"""on one sheet"""


def divided(document: Document) -> list[Document]:
    """The document's reports in printed order, each with its grids and the text from its title on.

    What stands before the first title goes with the first report; hidden grids are in each. Raises RejectedError where
    there are too many.
    """
    hidden = [grid for grid in document.grids if grid.is_hidden]
    visible = [piece for grid in document.grids if not grid.is_hidden for piece in _pieces(grid)]
    parts: list[tuple[int, list[Grid]]] = [(0, [])]
    current: Title | None = None
    read = 0
    for grid in visible:
        for place, title in _titles(document.paragraphs, read, grid.preceding):
            if parts[-1][1] and title.differs_from(current):
                parts.append((place, []))
            current = title
        read = max(read, grid.preceding)
        if own := title_above(grid):
            if parts[-1][1] and own.differs_from(current):
                parts.append((grid.preceding, []))
            current = own
        parts[-1][1].append(grid)
    ends = [begin for begin, _ in parts[1:]] + [len(document.paragraphs)]
    return [
        Document([*grids, *hidden], document.paragraphs[begin:end])
        for (begin, grids), end in zip(parts, ends, strict=True)
    ]


def _titles(paragraphs: Sequence[Paragraph], begin: int, end: int) -> Iterator[tuple[int, Title]]:
    index = begin
    while index < end:
        if found := title_at(paragraphs, index):
            yield index, found
            index += found.lines
        else:
            index += 1


def _pieces(grid: Grid) -> list[Grid]:
    """A sheet that holds several reports one below the other, each with its title; every cell keeps its place."""
    cuts: list[int] = []
    current: Title | None = None
    for line, title in titles_in(grid):
        if title.differs_from(current) and line not in cuts[-1:]:
            cuts.append(line)
        current = title
    if len(cuts) >= _MOST_REPORTS:
        raise RejectedError("V01", f"“{grid.sheet}”里有超过 {_MOST_REPORTS} 份报表的标题，未读取；请分成几个文件")
    if not cuts:
        return [grid]
    pieces = (grid.part(first, end) for first, end in pairwise([grid.begins, *cuts, grid.height]))
    return [piece for piece in pieces if piece.cells]
