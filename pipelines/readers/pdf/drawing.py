"""What the content of a page draws, within bounds: pdfminer's interpreter with a device that keeps what can be seen.

Belongs here: characters and lines as drawn, and which of them nobody sees: invisible or white text, hidden layers, what
was covered over later. Does not belong here: cells and paragraphs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import inf
from typing import Any, Final, NamedTuple

from pdfminer.cmapdb import CMap, CMapBase, IdentityCMapByte
from pdfminer.converter import PDFLayoutAnalyzer
from pdfminer.layout import LTChar
from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdfdevice import PDFTextSeq
from pdfminer.pdffont import PDFCIDFont, PDFFont, PDFUnicodeNotDefined
from pdfminer.pdfinterp import (
    PDFGraphicState,
    PDFPageInterpreter,
    PDFResourceManager,
    PDFStackT,
    PDFTextState,
)
from pdfminer.pdfpage import PDFPage
from pdfminer.pdftypes import PDFObjRef, PDFStream, dict_value, list_value, resolve1, stream_value
from pdfminer.psparser import PSLiteral, literal_name
from pdfminer.utils import Matrix, PathSegment, Rect, apply_matrix_pt, apply_matrix_rect, mult_matrix

from pipelines.readers.labels import without_look_alikes
from pipelines.readers.pdf.geometry import MISSING, Box, Char, Line, Page
from pipelines.readers.reject import RejectedError

_TOO_MUCH: Final = "PDF 的页面过于复杂（字符、线条或嵌套过多），未读取；请只保留统计表所在的页，重新导出后重报"
_UNSEEN_MODES: Final = frozenset({3, 7})
"""text rendering modes that paint nothing"""
_SMALLEST: Final = 1.0
"""points below which nobody reads a character"""
_DEEPEST: Final = 500
"""graphics states kept inside each other"""
_LEVEL: Final = 0.7
"""points by which a line may lean and still be level or upright"""
_THICK: Final = 3.0
"""points from which a filled rectangle is an area and no line"""
_LIGHT: Final = 0.97
"""share of white from which a colour is white"""
_GREY, _RGB, _CMYK = 1, 3, 4
_COLOURS: Final = frozenset({"DeviceGray", "DeviceRGB", "DeviceCMYK", "CalGray", "CalRGB", "ICCBased", "G", "RGB"})
"""colour spaces in which white is known"""
_UNREADABLE: Final = frozenset({"Co", "Cn", "Cs", "Cc"})
"""classes of characters that say nothing: private use, unassigned, halves, controls"""


@dataclass
class Effort:
    """What reading a whole file may still cost."""

    bytes: int = 4 * 1024**2
    """of content to interpret, for which pdfminer takes one to two seconds a megabyte; a report has a tenth of it"""
    chars: int = 150_000
    paths: int = 60_000
    calls: int = 20_000
    """of pictures and forms drawn"""
    covered: int = 5_000_000
    """comparisons of characters with what was painted over them"""

    def spend(self, kind: str, amount: int = 1) -> None:
        left = getattr(self, kind) - amount
        setattr(self, kind, left)
        if left < 0:
            raise RejectedError("V01", _TOO_MUCH)


@dataclass(slots=True)
class _Area:
    """A filled rectangle or a picture, and when it was painted."""

    box: Box
    order: int
    is_dark: bool


class _Paint(NamedTuple):
    """What hides the next thing drawn, beside its own colour. ``clip`` is the box around what may be painted on."""

    is_transparent: bool = False
    is_see_through: bool = False
    clip: Box = Box(-inf, -inf, inf, inf)


class _Device(PDFLayoutAnalyzer):
    """Keeps characters and lines that can be seen."""

    def __init__(self, manager: PDFResourceManager, effort: Effort, hidden: Container[int]) -> None:
        super().__init__(manager)
        self.effort, self.hidden = effort, hidden
        self.paint = _Paint()
        self.layers: list[bool] = []
        """for each marked content that is open: whether it is hidden"""
        self.chars: list[Char] = []
        self.whites: list[Char] = []
        self.lines: list[Line] = []
        self.areas: list[_Area] = []
        self.order = 0
        self.drawn = 0
        self.picture = 0.0
        self.width = self.height = 0.0
        self.visible = Box(0, 0, 0, 0)
        self._is_unseen = False
        self._figure: Matrix = (1, 0, 0, 1, 0, 0)

    @property
    def _is_hidden(self) -> bool:
        return self.paint.is_transparent or any(self.layers)

    def begin_page(self, page: PDFPage, ctm: Matrix) -> None:
        x0, y0, x1, y1 = apply_matrix_rect(ctm, page.mediabox)
        self.width, self.height = abs(x1 - x0), abs(y1 - y0)
        self.visible = self._box(apply_matrix_rect(ctm, page.cropbox))

    def end_page(self, page: PDFPage) -> None:
        pass

    def begin_figure(self, name: str, bbox: Rect, matrix: Matrix) -> None:
        self._figure = mult_matrix(matrix, self.ctm)

    def end_figure(self, _: str) -> None:
        pass

    def render_image(self, name: str, stream: PDFStream) -> None:
        self.order += 1
        box = self._box(apply_matrix_rect(self._figure, (0, 0, 1, 1)))
        if self._is_hidden or stream.get_any(("IM", "ImageMask")):
            return
        box = box.within(self.visible).within(self.paint.clip)
        if self.width * self.height:
            self.picture = max(self.picture, box.area / (self.width * self.height))
        if not (self.paint.is_see_through or "SMask" in stream or "Mask" in stream):
            self.areas.append(_Area(box, self.order, is_dark=True))

    def paint_path(
        self,
        gstate: PDFGraphicState,
        stroke: bool,
        fill: bool,
        evenodd: bool,
        path: Sequence[PathSegment],
    ) -> None:
        self.order += 1
        self.effort.spend("paths", 1 + len(path) // 8)
        self.drawn += 1
        if self._is_hidden:
            return
        points: list[tuple[float, float]] = []
        for operator, *numbers in path:
            if operator == "m":
                self._shape(gstate, fill, points)
                points = []
            if operator == "h":
                points += points[:1]
            elif len(numbers) > 1:
                x, y = apply_matrix_pt(self.ctm, (float(numbers[-2]), float(numbers[-1])))
                points.append((x, self.height - y))
        self._shape(gstate, fill, points)

    def _shape(self, gstate: PDFGraphicState, fill: bool, points: list[tuple[float, float]]) -> None:
        if len(points) < 2:  # noqa: PLR2004 - a line has two ends
            return
        if fill and points[0] != points[-1]:
            points = [*points, points[0]]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        box = Box(min(xs), min(ys), max(xs), max(ys))
        for (x0, y0), (x1, y1) in pairwise(points):
            if abs(y1 - y0) <= _LEVEL < abs(x1 - x0):
                self.lines.append(Line(True, (y0 + y1) / 2, min(x0, x1), max(x0, x1)))
            elif abs(x1 - x0) <= _LEVEL < abs(y1 - y0):
                self.lines.append(Line(False, (x0 + x1) / 2, min(y0, y1), max(y0, y1)))
        is_area = min(box.x1 - box.x0, box.bottom - box.top) >= _THICK and len(points) <= 5  # noqa: PLR2004 - a rectangle
        if fill and is_area and not self.paint.is_see_through:
            is_dark = not _is_white(gstate.ncolor, gstate.ncs)
            self.areas.append(_Area(box.within(self.paint.clip), self.order, is_dark))

    def render_string(
        self, textstate: PDFTextState, seq: PDFTextSeq, ncs: PDFColorSpace, graphicstate: PDFGraphicState
    ) -> None:
        self.order += 1
        self._is_unseen = textstate.render in _UNSEEN_MODES or self._is_hidden
        if textstate.font is not None and any(_loses(textstate.font, part) for part in seq if isinstance(part, bytes)):
            x, y = apply_matrix_pt(mult_matrix(textstate.matrix, self.ctm), textstate.linematrix)
            size = abs(textstate.fontsize * textstate.matrix[3]) or textstate.fontsize
            self._keep(MISSING, self._box((x, y, x + size / 2, y + size)), size, 0, is_white=False)
        super().render_string(textstate, seq, ncs, graphicstate)

    def render_char(
        self,
        matrix: Matrix,
        font: PDFFont,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: PDFColorSpace,
        graphicstate: PDFGraphicState,
    ) -> float:
        try:
            text = font.to_unichr(cid)
        except PDFUnicodeNotDefined:
            text = MISSING
        width, displacement = font.char_width(cid), font.char_disp(cid)
        item = LTChar(matrix, font, fontsize, scaling, rise, text, width, displacement, ncs, graphicstate)
        turns = 0 if font.is_vertical() else _turns(matrix)
        size = item.width if turns % 2 or font.is_vertical() else item.height
        self._keep(_readable(text), self._box(item.bbox), size, turns, _is_white(graphicstate.ncolor, ncs))
        return item.adv

    def _keep(self, text: str, box: Box, size: float, turns: int, is_white: bool) -> None:
        self.effort.spend("chars")
        if self._is_unseen or size < _SMALLEST:
            return
        if not (self.visible.holds(*box.middle) and self.paint.clip.holds(*box.middle)):
            return
        (self.whites if is_white else self.chars).append(Char(text, box, size, self.order, turns))

    def cut(self, path: Sequence[PathSegment]) -> None:
        """From now on only what lies inside the path is painted; the box around it is what is kept of it."""
        points = [apply_matrix_pt(self.ctm, (float(part[-2]), float(part[-1]))) for part in path if len(part) > 2]  # noqa: PLR2004 - an operator and a point
        if points:
            xs, ys = [x for x, _ in points], [y for _, y in points]
            box = self._box((min(xs), min(ys), max(xs), max(ys)))
            self.paint = self.paint._replace(clip=box.within(self.paint.clip))

    def _box(self, rect: Rect) -> Box:
        x0, y0, x1, y1 = rect
        return Box(min(x0, x1), self.height - max(y0, y1), max(x0, x1), self.height - min(y0, y1))

    def seen(self) -> list[Char]:
        """The characters that nothing was painted over; white ones only on something dark."""
        self.chars += [char for char in self.whites if self._is_on_dark(char)]
        covered = set[int]()
        for area in self.areas:
            self.effort.spend("covered", len(self.chars))
            covered |= {
                index
                for index, char in enumerate(self.chars)
                if char.order < area.order and area.box.holds(*char.box.middle)
            }
        return [char for index, char in enumerate(self.chars) if index not in covered]

    def _is_on_dark(self, char: Char) -> bool:
        self.effort.spend("covered", len(self.areas))
        x, y = char.box.middle
        below = [area.is_dark for area in self.areas if area.order < char.order and area.box.holds(x, y)]
        return bool(below) and below[-1]


class _Interpreter(PDFPageInterpreter):
    """pdfminer's, with its effort bounded, and with layers and transparency, of which pdfminer takes no notice."""

    device: _Device

    def __init__(self, manager: PDFResourceManager, device: _Device) -> None:
        super().__init__(manager, device)
        self._kept: list[_Paint] = []

    def execute(self, streams: Sequence[object]) -> None:
        self.device.effort.spend("bytes", sum(len(stream_value(stream).get_data()) for stream in streams))
        super().execute(streams)

    def pop(self, n: int) -> list[PDFStackT]:
        """The operands of an operator; what else was piled up belongs to none."""
        operands, self.argstack = self.argstack[-n:] if n else [], []
        return operands

    def do_q(self) -> None:
        if len(self._kept) >= _DEEPEST:
            raise RejectedError("V01", _TOO_MUCH)
        self._kept.append(self.device.paint)
        super().do_q()

    def do_Q(self) -> None:
        if self._kept:
            self.device.paint = self._kept.pop()
        super().do_Q()

    def do_F(self) -> None:
        """An old name of f, which pdfminer passes over."""
        self.do_f()

    def do_W(self) -> None:
        self.device.cut(self.curpath)

    def do_W_a(self) -> None:
        self.device.cut(self.curpath)

    def do_gs(self, name: PDFStackT) -> None:
        settings = dict_value(dict_value(self.resources.get("ExtGState")).get(literal_name(name)))
        opacity, blend = resolve1(settings.get("ca")), resolve1(settings.get("BM"))
        if isinstance(opacity, int | float):
            self.device.paint = self.device.paint._replace(is_transparent=opacity <= 0, is_see_through=opacity < 1)
        if isinstance(blend, PSLiteral) and blend.name not in ("Normal", "Compatible"):
            self.device.paint = self.device.paint._replace(is_see_through=True)

    def do_Do(self, xobjid_arg: PDFStackT) -> None:
        self.device.effort.spend("calls")
        target = resolve1(self.xobjmap.get(literal_name(xobjid_arg)))
        kept = self.device.paint
        self.device.layers.append(isinstance(target, PDFStream) and self._is_hidden(target.get("OC")))
        super().do_Do(xobjid_arg)
        self.device.layers.pop()
        self.device.paint = kept
        # what a form draws in is its own
        self.device.set_ctm(self.ctm)

    def do_BMC(self, tag: PDFStackT) -> None:
        self.device.layers.append(False)

    def do_BDC(self, tag: PDFStackT, props: PDFStackT) -> None:
        is_hidden = False
        if isinstance(tag, PSLiteral) and tag.name == "OC" and isinstance(props, PSLiteral):
            is_hidden = self._is_hidden(dict_value(self.resources.get("Properties")).get(literal_name(props)))
        self.device.layers.append(is_hidden)

    def do_EMC(self) -> None:
        if self.device.layers:
            self.device.layers.pop()

    def _is_hidden(self, group: Any) -> bool:
        """Whether an optional content group, or all groups of a membership, are switched off."""
        if isinstance(group, PDFObjRef) and group.objid in self.device.hidden:
            return True
        content = resolve1(group)
        members = resolve1(content.get("OCGs")) if isinstance(content, dict) else None
        groups = list(members) if isinstance(members, list | tuple) else []
        if isinstance(content, dict) and isinstance(content.get("OCGs"), PDFObjRef) and not groups:
            groups = [content["OCGs"]]
        return len(groups) > 0 and all(isinstance(ref, PDFObjRef) and ref.objid in self.device.hidden for ref in groups)


def draw(page: PDFPage, number: int, manager: PDFResourceManager, effort: Effort, hidden: Container[int]) -> Page:
    """What can be seen of a page. ``hidden`` are the object numbers of layers that are off. Raises RejectedError."""
    device = _Device(manager, effort, hidden)
    _Interpreter(manager, device).process_page(page)
    drawn = (device.lines, device.picture, device.drawn)
    return Page(number, device.width, device.height, device.seen(), *drawn)


def hidden_layers(catalog: dict[str, Any]) -> frozenset[int]:
    """The object numbers of the layers that are off when the file is opened."""
    properties = dict_value(catalog.get("OCProperties"))
    default = dict_value(properties.get("D"))
    off = set(_numbers(default.get("OFF")))
    base = resolve1(default.get("BaseState"))
    if isinstance(base, PSLiteral) and base.name == "OFF":
        off |= set(_numbers(properties.get("OCGs"))) - set(_numbers(default.get("ON")))
    return frozenset(off)


def _numbers(references: Any) -> list[int]:
    return [ref.objid for ref in list_value(references) if isinstance(ref, PDFObjRef)]


def _readable(text: str) -> str:
    """The text with what cannot be read replaced; a character without any text is one that cannot be read."""
    kept = "".join(
        " " if char.isspace() else MISSING if unicodedata.category(char) in _UNREADABLE else char for char in text
    )
    return without_look_alikes(kept) or MISSING


def _turns(matrix: Matrix) -> int:
    """By how many quarters clockwise text under this matrix lies."""
    a, b, _, _, _, _ = matrix
    if abs(a) >= abs(b):
        return 0 if a >= 0 else 2
    return 3 if b > 0 else 1


def _is_white(colour: Any, space: PDFColorSpace) -> bool:
    parts = tuple(colour) if isinstance(colour, tuple | list) else (colour,)
    if space.name not in _COLOURS or not all(isinstance(part, int | float) for part in parts):
        return False
    if len(parts) == _CMYK:
        return all(part <= 1 - _LIGHT for part in parts)
    return len(parts) in (_GREY, _RGB) and all(part >= _LIGHT for part in parts)


def _loses(font: PDFFont, data: bytes) -> bool:
    """Whether pdfminer passes over bytes of this text in silence, because the font's map has no entry for them."""
    if not isinstance(font, PDFCIDFont):
        return False
    code_map: CMapBase = font.cmap
    if not isinstance(code_map, CMap):
        return not isinstance(code_map, IdentityCMapByte) and len(data) % 2 == 1
    level: Any = code_map.code2cid
    for byte in data:
        level = level.get(byte)
        if level is None:
            return True
        if isinstance(level, int):
            level = code_map.code2cid
    return level is not code_map.code2cid
