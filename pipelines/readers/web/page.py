"""What a web page prints, element by element.

Belongs here: which elements print what, which are hidden, and which tables only frame a page. Does not belong here:
bytes and encodings (``html``), white space (``text``), spans (``table``).

The parser hands over one element after the other and builds no tree: what a page nests or claims is bounded while it is
read. Of style sheets only what stands in ``style=`` is heeded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from pipelines.readers.detect import SEND_INSTEAD
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.web.table import Cell, Table, columns_of, rows_of
from pipelines.readers.web.text import BLOCK, HEADING, LINE, RAISED, RAISED_END, STRUCK, STRUCK_END, TABLE, Flow

_DEEPEST: Final = 512
"""elements in elements: the parser itself drops what is deeper than 2048"""
_TOO_DEEP: Final = f"网页一层套一层，超过 {_DEEPEST} 层，后面的内容会读不到，所以没有读取；{SEND_INSTEAD}"

_UNSEEN: Final = frozenset(
    [
        *("script", "style", "template", "noscript", "noframes", "iframe", "object", "applet", "audio", "video"),
        *("canvas", "svg", "math", "datalist", "rp", "xml", "comment", "del"),
    ]
)
"""elements that print nothing of what is in them, deleted text among them"""
_BLOCKS: Final = frozenset(
    [
        *("address", "article", "aside", "blockquote", "body", "button", "caption", "center", "dd", "details"),
        *("dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form"),
        *("h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "menu", "nav"),
        *("ol", "p", "pre", "search", "section", "summary", "ul"),
    ]
)
_MARKED: Final = {
    **dict.fromkeys(("sup", "sub", "rt"), (RAISED, RAISED_END)),
    **dict.fromkeys(("s", "strike"), (STRUCK, STRUCK_END)),
    "h1": (HEADING, ""),
}
_FRAMES: Final = frozenset({"frameset", "frame", "iframe"})
_GROUPS: Final = frozenset({"thead", "tbody", "tfoot"})
_TYPED_INPUTS: Final = frozenset({"", "text", "number", "tel", "search", "date", "month", "email", "url"})
_DISPLAY: Final = re.compile(r"display\s*:\s*([a-z-]+)")
_HIDDEN_STYLE: Final = re.compile(r"mso-hide\s*:\s*all")
_BLANK_STYLE: Final = re.compile(r"visibility\s*:\s*(?:hidden|collapse)")
"""takes its place without printing anything"""
_APART_STYLE: Final = re.compile(r"float\s*:\s*(?:left|right)|position\s*:\s*(?:absolute|fixed)")
_RAISED_STYLE: Final = re.compile(r"vertical-align\s*:\s*(?:super|sub)")
_STRUCK_STYLE: Final = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through")
_INLINE: Final = re.compile("inline|contents|ruby")


@dataclass(frozen=True, slots=True)
class Page:
    """What a page prints. ``is_frame``: it shows other pages, which are not in it."""

    tables: list[Table]
    paragraphs: list[str]
    is_frame: bool


class PageReader:
    """Receives the elements of one page in order. What ``start`` opens, the closer that it leaves behind closes."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._closers: list[Callable[[], None] | None] = []
        self._unseen = 0
        """elements open since, and with, the one that is not seen"""
        self._running, self._title = Flow(), Flow()
        self._tables: list[Table] = []
        self._cells: list[tuple[Table, Cell]] = []
        """the open cells, each in the one before"""
        self._kept: list[Table] = []
        self._opened = self._cell_count = self._preformatted = 0
        self._blank = 0
        """open elements that only take their place"""
        self._in_title = self._is_frame = False
        self._options: list[tuple[bool, Flow]] | None = None

    def page(self) -> Page:
        title, found = list(self._title.paragraphs()), list(self._running.paragraphs())
        headings = [at for at, (is_heading, _) in enumerate(found) if is_heading]
        # a page's only main heading comes first; where there are several, each heads its own part
        moved = headings[0] if len(headings) == 1 else -1
        for table, before in zip(self._kept, self._running.before_tables(), strict=True):
            table.preceding = len(title) + before + (moved >= before)
        if moved > 0:
            found.insert(0, found.pop(moved))
        paragraphs = [text for _, text in (*title, *found)]
        return Page(sorted(self._kept, key=lambda table: table.order), paragraphs, self._is_frame)

    # what the parser calls

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if len(self._closers) + self._unseen >= _DEEPEST:
            raise RejectedError("V01", _TOO_DEEP)
        self._is_frame = self._is_frame or tag in _FRAMES
        style = attributes.get("style", "").lower()
        display = (_DISPLAY.findall(style) or [""])[-1]
        is_unseen = tag in _UNSEEN or display == "none" or "hidden" in attributes or _HIDDEN_STYLE.search(style)
        if self._unseen or is_unseen:
            self._unseen += 1
            return
        is_blank = _BLANK_STYLE.search(style) is not None
        closer = self._open("img" if is_blank and tag == "input" else tag, attributes, style, display)
        if is_blank:
            self._blank += 1
            closer = partial(self._close_blank, closer)
        self._closers.append(closer)

    def end(self, _tag: str) -> None:
        if self._unseen:
            self._unseen -= 1
        elif closer := self._closers.pop():
            closer()

    def data(self, text: str) -> None:
        if not self._unseen:
            self._flow.text(text, is_preformatted=self._preformatted > 0)

    def close(self) -> None:
        return None

    # what the elements do

    @property
    def _flow(self) -> Flow:
        if self._blank:
            return Flow()
        if self._in_title:
            return self._title
        if self._options is not None:
            # text in a list of choices outside its choices prints nothing
            return self._options[-1][1] if self._options else Flow()
        return (self._cells[-1][1].flow if self._cells else None) or self._running

    def _open(self, tag: str, attributes: Mapping[str, str], style: str, display: str) -> Callable[[], None] | None:
        if tag in _OPENERS and (tag == "table" or tag not in _IN_TABLES or self._tables):
            return _OPENERS[tag](self, tag, attributes)
        before, after = _MARKED.get(tag, ("", ""))
        if _RAISED_STYLE.search(style):
            before, after = RAISED, RAISED_END
        if _STRUCK_STYLE.search(style):
            before, after = STRUCK, STRUCK_END
        is_block = not _INLINE.match(display) if display else tag in _BLOCKS or tag in _IN_TABLES
        if is_block or _APART_STYLE.search(style):
            before, after = BLOCK + before, after + BLOCK
        if tag == "pre":
            self._preformatted += 1
            self._flow.mark(before)
            return partial(self._close_preformatted, after)
        if not before:
            return None
        self._flow.mark(before)
        return partial(self._mark, after)

    def _close_blank(self, closer: Callable[[], None] | None) -> None:
        self._blank -= 1
        if closer:
            closer()

    def _mark(self, mark: str) -> None:
        self._flow.mark(mark)

    def _close_preformatted(self, after: str) -> None:
        self._preformatted -= 1
        self._flow.mark(after)

    def _open_title(self, _tag: str, _attributes: Mapping[str, str]) -> Callable[[], None]:
        self._in_title = True
        return self._close_title

    def _close_title(self) -> None:
        self._in_title = False

    def _line(self, _tag: str, _attributes: Mapping[str, str]) -> None:
        self._flow.mark(LINE)

    def _space(self, _tag: str, _attributes: Mapping[str, str]) -> None:
        self._flow.text(" ")

    def _input(self, _tag: str, attributes: Mapping[str, str]) -> None:
        if attributes.get("type", "").strip().lower() in _TYPED_INPUTS:
            # two fields side by side are two numbers
            self._flow.text(f" {attributes.get('value', '')} ")

    def _open_textarea(self, _tag: str, _attributes: Mapping[str, str]) -> Callable[[], None]:
        self._preformatted += 1
        self._flow.mark(BLOCK)
        return partial(self._close_preformatted, BLOCK)

    def _open_select(self, _tag: str, _attributes: Mapping[str, str]) -> Callable[[], None]:
        self._options = []
        return self._close_select

    def _open_option(self, _tag: str, attributes: Mapping[str, str]) -> None:
        if self._options is not None:
            self._options.append(("selected" in attributes, Flow()))

    def _close_select(self) -> None:
        options, self._options = self._options or [], None
        chosen = next((flow for is_selected, flow in options if is_selected), options[0][1] if options else Flow())
        self._flow.text(f" {chosen.as_cell()} ")

    def _open_table(self, _tag: str, _attributes: Mapping[str, str]) -> Callable[[], None]:
        self._flow.mark(BLOCK)
        self._opened += 1
        table = Table(self._opened)
        self._tables.append(table)
        return self._close_table

    def _close_table(self) -> None:
        """A table that prints at most one cell is a frame around it, and part of the text in which it stands."""
        table = self._tables.pop()
        printed = [cell for cell in table.cells if cell.flow and cell.flow.has_text]
        if len(printed) > 1:
            # a table in a cell: what else the cells around it print is running text, and printed once
            for _, cell in self._cells:
                if cell.flow:
                    self._running.take(cell.flow)
                    cell.flow = None
            self._kept.append(table)
            self._running.mark(BLOCK + TABLE + BLOCK)
        elif printed and printed[0].flow:
            self._flow.take(printed[0].flow)
        self._flow.mark(BLOCK)

    def _open_group(self, tag: str, _attributes: Mapping[str, str]) -> Callable[[], None]:
        self._close_open_cell()
        self._tables[-1].open_group(tag)
        return self._tables[-1].close_group

    def _open_row(self, _tag: str, _attributes: Mapping[str, str]) -> Callable[[], None]:
        self._close_open_cell()
        self._tables[-1].open_row()
        return self._tables[-1].close_row

    def _open_cell(self, _tag: str, attributes: Mapping[str, str]) -> Callable[[], None]:
        self._close_open_cell()
        self._cell_count += 1
        if self._cell_count > self._limits.max_cells:
            raise RejectedError("V01", f"网页里的表格过大，未读取；{SEND_INSTEAD}")
        stored = attributes.get("x:num") or attributes.get("sdval") or ""
        cell = Cell(columns_of(attributes.get("colspan")), rows_of(attributes.get("rowspan")), stored)
        self._tables[-1].add(cell)
        self._cells.append((self._tables[-1], cell))
        return partial(self._close_cell, cell)

    def _close_cell(self, cell: Cell) -> None:
        if self._cells and self._cells[-1][1] is cell:
            self._cells.pop()

    def _close_open_cell(self) -> None:
        """The cell that the page left open before the next one began."""
        if self._cells and self._cells[-1][0] is self._tables[-1]:
            self._cells.pop()


_IN_TABLES: Final = _GROUPS | {"tr", "td", "th"}
"""elements that mean nothing outside a table"""
_OPENERS: Final[Mapping[str, Callable[[PageReader, str, Mapping[str, str]], Callable[[], None] | None]]] = {
    "title": PageReader._open_title,
    "br": PageReader._line,
    "img": PageReader._space,
    "input": PageReader._input,
    "textarea": PageReader._open_textarea,
    "select": PageReader._open_select,
    "option": PageReader._open_option,
    "table": PageReader._open_table,
    **dict.fromkeys(_GROUPS, PageReader._open_group),
    "tr": PageReader._open_row,
    **dict.fromkeys(("td", "th"), PageReader._open_cell),
}
