"""A file as printed, whatever its kind: its tables as grids, and the running text between them.

Belongs here: the one value that every kind of file is turned into. Does not belong here: how a kind of file is opened,
what the tables and the text mean.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pipelines.readers.grid import Grid


class Paragraph(NamedTuple):
    """A piece of running text and where it stands in the file."""

    sheet: str
    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """``grids`` are a spreadsheet's sheets or a text's tables, in printed order; a table in a table is a grid too.

    ``paragraphs`` are the running text outside the tables, in printed order, hidden and deleted text left out; a
    spreadsheet has none of its own (its text stands in cells).
    """

    grids: Sequence[Grid]
    paragraphs: Sequence[Paragraph] = ()
