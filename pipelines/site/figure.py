"""Figures as a table: on the page, and as a CSV file beside it.

Belongs here: what a table of the pages is, how its values are written for people and for spreadsheets. A ``Figure`` is
a chart together with its table: a page has no other way to show a chart. Does not belong here: drawing (``charts``),
where the values come from (``pages``).
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from markupsafe import Markup

from pipelines.answers import wording

Value = str | int | Decimal | date | datetime | None
KINDS: Final = frozenset({"text", "short", "number", "change", "rate", "percent"})
SIGNS: Final = {"good": "✔", "info": "ℹ", "warning": "！", "error": "✖"}
"""tone of a state -> the sign that says it to who does not see the colour"""
_FORMULA: Final = tuple("=+-@＝＋－＠\t\r\n")
"""the wide ones too: Chinese and Japanese spreadsheets take them for the narrow ones"""
_NAME: Final = re.compile(r"[a-z0-9_-]+", re.ASCII | re.IGNORECASE)
_PLACES: Final = 4
"""decimal places of the warehouse; a share has no end"""
_BOM: Final = "\ufeff"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``kind``: text; short, kept on one line; number 42,938; change +3,809; rate 0.394 as 39.4%; percent
    9.73 as +9.73%.

    ``is_head``: its cells name their row.
    """

    label: str
    kind: str = "text"
    is_head: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"{self.kind!r} is no kind of column: {', '.join(sorted(KINDS))}")

    @property
    def style(self) -> str:
        """Class of its cells."""
        return {"text": "", "short": "d"}.get(self.kind, "n")


@dataclass(frozen=True, slots=True)
class Cell:
    """A value that is more than itself.

    ``page``: path of the page it leads to, from the site's root, or of a place in it (``#``); where the site has no
    such page, plain text. ``home``: path of the file in the home that it leads to. ``tone``: a key of SIGNS, shown with
    its sign, or with ``sign``. ``shown``: what the page says instead of a value that only the download needs.
    ``is_quiet``: greyed; say in ``note`` why.
    """

    value: Value
    page: str = ""
    home: str = ""
    tone: str = ""
    sign: str = ""
    shown: str = ""
    note: str = ""
    is_quiet: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Figures with their caption. ``name``: of the download, ASCII, one of a kind in the site.

    ``most``: so many rows are on the page, which says so; the download has all.
    """

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: Sequence[Sequence[Value | Cell]]
    note: str = ""
    most: int | None = None

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"{self.name!r} is no name of a download: letters, digits, _ and - only")
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError(f"{self.name}: a row has other than {len(self.columns)} values")

    @property
    def file(self) -> str:
        """Path of the download, from the site's root."""
        return f"data/{self.name}.csv"

    @property
    def cells(self) -> list[list[tuple[Column, Cell]]]:
        """The rows on the page as (column, cell)."""
        return [list(zip(self.columns, map(_cell, row), strict=True)) for row in self.rows[: self.most]]

    def to_csv(self) -> bytes:
        """UTF-8 with a byte order mark, as Excel opens it; figures exact, text never a formula.

        What the page notes in a column's cells stands in a column of its own behind it.
        """
        out = io.StringIO(newline="")
        writer = csv.writer(out)
        rows = [[_cell(value) for value in row] for row in self.rows]
        noted = [any(row[place].note for row in rows) for place in range(len(self.columns))]
        labels = [(column.label, f"{column.label}（说明）") for column in self.columns]
        writer.writerow(
            _inert(text) for pair, has_note in zip(labels, noted, strict=True) for text in pair[: 1 + has_note]
        )
        for row in rows:
            pairs = [(_raw(cell), _inert(cell.note)) for cell in row]
            writer.writerow(text for pair, has_note in zip(pairs, noted, strict=True) for text in pair[: 1 + has_note])
        return (_BOM + out.getvalue()).encode()


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart, what it shows in one sentence, and its figures."""

    title: str
    chart: Markup
    table: Table
    notes: tuple[str, ...] = ()


def written(value: Value, kind: str = "text") -> str:
    """A value as people read it; — where there is none: no zero ever stands for an absent figure."""
    if value is None:
        return "—"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d %H:%M}" if isinstance(value, datetime) else wording.day(value)
    if isinstance(value, str) or kind in ("text", "short"):
        return str(value)
    number = Decimal(value)
    forms = {
        "rate": lambda: f"{number * 100:.1f}%",
        "percent": lambda: f"{_signed(number, '.2f')}%",
        "change": lambda: _signed(number.normalize(), "f"),
        "number": lambda: f"{number.normalize():,f}",
    }
    return forms[kind]()


def _signed(value: Decimal, form: str) -> str:
    text = f"{abs(value):,{form}}"
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{text}"


def _cell(value: Value | Cell) -> Cell:
    return value if isinstance(value, Cell) else Cell(value)


def _raw(cell: Cell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{round(value, _PLACES).normalize():f}"
    return _inert(value) if isinstance(value, str) else str(value)


def _inert(text: str) -> str:
    """A spreadsheet takes what begins so for a formula; behind an apostrophe it is text."""
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
