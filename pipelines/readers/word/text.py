"""What a paragraph of a Word file prints.

Belongs here: runs, breaks, symbols, fields, form fields, tracked changes (as accepted), hidden text, raised text, ruby,
numbers of lists. Raised or lowered text beside other text is put in brackets, so that a mark never becomes a digit of
the figure beside it, and so is all text that is struck out; the marks of notes are left out. Does not belong here:
tables and the order of paragraphs (``word``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from pipelines.readers.reject import RejectedError
from pipelines.readers.word.numbering import Numbering
from pipelines.readers.word.package import Element, child, chosen, is_placeholder, name_of, number, value
from pipelines.readers.word.signs import form_field, symbol
from pipelines.readers.word.styles import STRUCK, Look, Style, Styles, look_of_run

_LEFT_OUT: Final = frozenset(
    {"del", "moveFrom", "delText", "delInstrText", "rPr", "pPr", "sdtPr", "rubyPr", "rt", "ctrlPr", "fldData", "ffData"}
)
"""deleted text, properties, and what is printed over a ruby's base"""
_CHARACTERS: Final = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_MATHS_SHIFT: Final = {"sup": 1, "sub": -1}
_MATHS_SIGNS: Final = {"den": ("/", ""), "d": ("(", ")")}
"""of equations: what is drawn and not written in them"""
_SOFT_HYPHEN: Final = "\u00ad"
_BRACKETS: Final = " ()（）[]［］〔〕"
_SILENT: Final = frozenset(
    {
        *("tc", "xe", "ta", "rd", "private", "advance", "set", "ask", "next", "nextif", "skipif"),
        *("formtext", "formcheckbox", "formdropdown", "macrobutton", "gotobutton"),
        *("hyperlink", "toc", "index", "page", "numpages"),
    }
)
"""fields that print nothing by themselves, or what is no figure"""
_LONGEST_INSTRUCTION: Final = 200
_SHEET_OBJECT: Final = re.compile(
    r"Excel\.(?!Chart)|K?ET\.|opendocument\.Calc|LibreOffice\.Calc|soffice\.StarCalc", re.IGNORECASE
)
_TEXT_OBJECT: Final = re.compile(r"Word\.|K?WPS\.|opendocument\.Writer|LibreOffice\.Writer", re.IGNORECASE)
_EMBEDDED: Final = (
    "Word 文件里嵌有{0}对象，其中的内容读不到；请把它打开，另存为单独的 .xlsx 或 .docx 报送，"
    "或改成 Word 自己的表格；与报表无关的请删去后重报"
)
_BROKEN_FIELD: Final = (
    "Word 文件里有不完整的域（公式、目录或引用），无法断定印出了哪些文字；请全选后按 Ctrl+Shift+F9，再保存重报"
)


@dataclass(slots=True)
class Text:
    """A paragraph as printed. ``flag`` is as in ``Printed``; ``boxes`` are the contents of text boxes anchored in it.

    ``runs_on`` says that the end of the paragraph has been deleted: the next one follows on the same line.
    """

    text: str = ""
    flag: str = ""
    boxes: list[Element] = field(default_factory=list)
    runs_on: bool = False


@dataclass(slots=True)
class _Field:
    """A complex field being read: what counts is its result."""

    instruction: str = ""
    is_result: bool = False
    has_result: bool = False


@dataclass(slots=True)
class _Line:
    """The paragraph being read: pieces of text with how they are shifted."""

    style: Style
    text: Text = field(default_factory=Text)
    pieces: list[tuple[str, int]] = field(default_factory=list)


class TextReader:
    """The paragraphs of one file, read each once and in printed order: fields and lists run from one to the next.

    ``_in_code`` counts the fields whose result has not begun: what stands in them is not printed.
    """

    def __init__(self, document: Element, styles: Styles, numbering: Numbering) -> None:
        self._styles, self._numbering = styles, numbering
        self._whole = _whole_fields(document)
        self._fields: list[_Field] = []
        self._in_code = 0
        self.has_pictures = False

    def read(self, paragraph: Element) -> Text:
        """Raises RejectedError where another program's table or text is embedded."""
        properties = child(paragraph, "pPr")
        style_id, style = self._styles.paragraph(value(child(properties, "pStyle")))
        line = _Line(style)
        mark = child(properties, "rPr")
        line.text.runs_on = child(mark, "del") is not None or child(mark, "moveFrom") is not None
        if (
            not line.text.runs_on
            and not Look.of(mark).is_hidden
            and (label := self._label(properties, style_id, style))
        ):
            # with a space: a number of a list is no digit of the figure behind it
            line.pieces.append((f"{label} ", 0))
        self._inline(paragraph, line, 0)
        line.text.text = _joined(line.pieces).replace(_SOFT_HYPHEN, "")
        return line.text

    def finish(self) -> None:
        """Raises RejectedError where a field was begun and never ended: text may have been taken for its code."""
        if self._fields:
            raise RejectedError("V01", _BROKEN_FIELD)

    def _label(self, properties: Element | None, style_id: str, style: Style) -> str:
        own = child(properties, "numPr")
        list_id, level = number(child(own, "numId")), number(child(own, "ilvl"))
        if list_id is None:
            list_id = style.list_id
        if level is None:
            level = style.list_level
        return self._numbering.label(list_id, level, style_id) if list_id else ""

    def _inline(self, parent: Element | None, line: _Line, shift: int) -> None:
        for part in () if parent is None else parent:
            name = name_of(part)
            if name in _LEFT_OUT:
                continue
            if name == "r":
                self._run(part, line, shift)
            elif name == "fldSimple":
                self._simple_field(part, line, shift)
            elif name == "sdt":
                if not is_placeholder(part):
                    self._inline(child(part, "sdtContent"), line, shift)
            elif name == "AlternateContent":
                self._inline(chosen(part), line, shift)
            else:
                before, after = _MATHS_SIGNS.get(name, ("", ""))
                self._put(line, before, shift)
                self._inline(part, line, _MATHS_SHIFT.get(name, shift))
                self._put(line, after, shift)

    def _run(self, run: Element, line: _Line, shift: int) -> None:
        properties = child(run, "rPr")
        character = self._styles.of(value(child(properties, "rStyle")))
        is_hidden, own_shift = look_of_run(line.style, character, Look.of(properties))
        self._run_content(run, line, is_hidden, own_shift or shift)

    def _run_content(self, run: Element | None, line: _Line, is_hidden: bool, shift: int) -> None:
        for part in () if run is None else run:
            name = name_of(part)
            if name == "fldChar":
                self._field_mark(part, line, shift)
            elif name == "instrText":
                if self._fields and not self._fields[-1].is_result:
                    self._fields[-1].instruction += (part.text or "")[:_LONGEST_INSTRUCTION]
            elif is_hidden or name in _LEFT_OUT:
                continue
            elif name == "t":
                self._put(line, (part.text or "").replace("\n", " "), shift)
            elif name in _CHARACTERS:
                self._put(line, _CHARACTERS[name], shift)
            elif name == "sym":
                self._put(line, symbol(part), shift)
            elif name == "ruby":
                self._inline(child(part, "rubyBase"), line, shift)
            elif name == "AlternateContent":
                self._run_content(chosen(part), line, is_hidden, shift)
            elif name in ("drawing", "pict", "object"):
                self._picture(part, line)

    def _put(self, line: _Line, text: str, shift: int) -> None:
        if not self._in_code:
            line.pieces.append((text, shift))
            self._printed(text.strip())

    def _field_mark(self, mark: Element, line: _Line, shift: int) -> None:
        if mark not in self._whole:
            return
        kind = value(mark, "fldCharType")
        if kind == "begin":
            self._put(line, form_field(child(mark, "ffData")), shift)
            self._fields.append(_Field())
            self._in_code += 1
        elif self._fields and kind == "separate":
            self._in_code -= not self._fields[-1].is_result
            self._fields[-1].is_result = True
        elif self._fields and kind == "end":
            done = self._fields.pop()
            self._in_code -= not done.is_result
            if done.has_result:
                self._printed("result")
            elif not self._in_code:
                self._flag(line, done.instruction)

    def _printed(self, what: str) -> None:
        """Something is printed: the field that is being read has a result."""
        if what and self._fields:
            self._fields[-1].has_result = True

    def _simple_field(self, part: Element, line: _Line, shift: int) -> None:
        before = len(line.pieces)
        self._inline(part, line, shift)
        if not any(text.strip() for text, _ in line.pieces[before:]):
            self._flag(line, value(part, "instr") or "")

    def _flag(self, line: _Line, instruction: str) -> None:
        """A field without a result: what it would print is not known, and is never worked out."""
        words = instruction.split()
        if words and words[0].lower() not in _SILENT:
            line.text.flag = "formula"

    def _picture(self, part: Element, line: _Line) -> None:
        if self._in_code:
            return
        self._printed("picture")
        for inner in _outermost(part):
            if name_of(inner) == "OLEObject":
                program = value(inner, "ProgID") or ""
                if _SHEET_OBJECT.match(program):
                    raise RejectedError("V01", _EMBEDDED.format(" Excel 表格"))
                if _TEXT_OBJECT.match(program):
                    raise RejectedError("V01", _EMBEDDED.format("另一个 Word 文件的"))
            elif name_of(inner) == "txbxContent":
                line.text.boxes.append(inner)
            else:
                self.has_pictures = True


def _whole_fields(document: Element) -> frozenset[Element]:
    """The marks of the fields that are begun and ended; a mark that stands alone is damage, and is passed over."""
    whole = set[Element]()
    begun: list[list[Element]] = []
    for mark in document.iter("{*}fldChar"):
        run = mark.getparent()
        if run is not None and (outer := run.getparent()) is not None and name_of(outer) in ("del", "moveFrom"):
            continue
        kind = value(mark, "fldCharType")
        if kind == "begin":
            begun.append([mark])
        elif begun:
            begun[-1].append(mark)
            if kind == "end":
                whole.update(begun.pop())
    return frozenset(whole)


def _outermost(part: Element) -> Iterator[Element]:
    """Text boxes, embedded objects and pictures in a drawing, of the same thing in several ways one."""
    for inner in part:
        name = name_of(inner)
        if name in ("txbxContent", "OLEObject", "pic", "imagedata"):
            yield inner
        elif name == "AlternateContent":
            if (choice := chosen(inner)) is not None:
                yield from _outermost(choice)
        else:
            yield from _outermost(inner)


def _joined(pieces: list[tuple[str, int]]) -> str:
    """The pieces of a line; what is struck out, or raised or lowered beside other text, stands in brackets."""
    shifts = {shift for text, shift in pieces if text.strip()}
    if len(shifts) <= 1 and STRUCK not in shifts:
        return "".join(text for text, _ in pieces)
    parts = []
    for shift, group in groupby(pieces, key=lambda piece: piece[1]):
        text = "".join(part for part, _ in group)
        note = ("划去：" if shift == STRUCK else "") + text.strip(_BRACKETS)
        parts.append(f"（{note}）" if shift and text.strip() else text)
    return "".join(parts)
