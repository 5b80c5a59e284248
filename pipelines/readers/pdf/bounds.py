"""pdfminer within bounds.

Belongs here: what stands in for the parts of pdfminer that do whatever a file tells them to: a stream of 20 KB that
expands to gigabytes, a font of four thousand million widths, an object that refers to itself. Does not belong here:
what the streams and fonts say.

The stand-ins are put into pdfminer once, when this module is loaded; the budget belongs to the reading of one file.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from io import BytesIO
from typing import Any, Final

from pdfminer import cmapdb, lzw, pdffont, pdftypes, runlength, utils
from pdfminer.psparser import PSBaseParser, PSKeyword

from pipelines.readers.reject import RejectedError

TOO_LARGE: Final = "PDF 展开后过大，未读取；请只保留统计表所在的页，重新导出后重报"
_FEED: Final = 1024
"""bytes given to zlib at a time: no more than these, expanded, can be lost before damage"""
_MOST_RUN: Final = 128
"""bytes that a byte of a RunLength stream may become"""
_MOST_PREDICTED: Final = 8 * 1024**2
"""bytes that may go through a predictor, which pdfminer undoes byte by byte"""
_WIDEST_ROW: Final = 1_000_000
"""bits of a row of a predictor, for which pdfminer allocates"""
_MOST_ELSEWHERE: Final = 1024**3
_LONGEST_STRING: Final = 32 * 1024
_MOST_CODES: Final = 300_000
"""entries of all ranges in one font's map or widths; codes have two bytes, and ranges may overlap a little"""


class _Budget:
    """Bytes that may still be decoded."""

    def __init__(self, most: int) -> None:
        self.left = most
        self.predicted = _MOST_PREDICTED

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise RejectedError("V01", TOO_LARGE)


_budget: ContextVar[_Budget | None] = ContextVar("budget of decoded bytes", default=None)


def _current() -> _Budget:
    """The budget of the file being read; whoever else uses pdfminer has a large one for each stream."""
    return _budget.get() or _Budget(_MOST_ELSEWHERE)


@contextmanager
def decoding_at_most(size: int) -> Iterator[None]:
    """Inside, all streams that pdfminer decodes are together at most ``size`` bytes; else RejectedError."""
    token = _budget.set(_Budget(size))
    try:
        yield
    finally:
        _budget.reset(token)


class _Zlib:
    """What pdfminer uses of zlib. Of a damaged stream the part before the damage counts, as viewers have it."""

    error = zlib.error

    @staticmethod
    def decompress(data: bytes) -> bytes:
        budget = _current()
        flate = zlib.decompressobj()
        parts: list[bytes] = []
        try:
            for start in range(0, len(data), _FEED):
                feed = data[start : start + _FEED]
                while feed and not flate.eof:
                    part = flate.decompress(feed, _FEED * _FEED)
                    budget.take(len(part))
                    parts.append(part)
                    feed = flate.unconsumed_tail
                if flate.eof:
                    break
        except zlib.error:
            if not parts:
                raise
        return b"".join(parts)


def _lzw(data: bytes) -> bytes:
    budget = _current()
    parts: list[bytes] = []
    for part in lzw.LZWDecoder(BytesIO(data)).run():
        budget.take(len(part))
        parts.append(part)
    return b"".join(parts)


def _run_length(data: bytes) -> bytes:
    budget = _current()
    if len(data) * _MOST_RUN > budget.left:
        raise RejectedError("V01", TOO_LARGE)
    decoded = runlength.rldecode(data)
    budget.take(len(decoded))
    return decoded


def _no_fax(*_: object) -> bytes:
    """A fax is an image: no text, table or font is in it, and pdfminer decodes it bit by bit."""
    return b""


def _predicted(undo: Callable[..., bytes]) -> Callable[..., bytes]:
    def bounded(*args: Any) -> bytes:
        # colours, columns, bits and data come last, the PNG predictor's kind before them
        *_, colours, columns, bits, data = args
        budget = _current()
        budget.predicted -= len(data)
        if budget.predicted < 0 or not 0 < colours * columns * bits <= _WIDEST_ROW:
            raise RejectedError("V01", TOO_LARGE)
        return undo(*args)

    return bounded


class _CMapParser(cmapdb.CMapParser):
    """The map from a font's codes to characters, its ranges bounded."""

    _codes = 0

    def do_keyword(self, pos: int, token: PSKeyword) -> None:
        if token in (self.KEYWORD_ENDBFRANGE, self.KEYWORD_ENDCIDRANGE):
            ends = [item for _, item in self.curstack]
            for start, end in zip(ends[::3], ends[1::3], strict=False):
                if isinstance(start, bytes) and isinstance(end, bytes):
                    self._codes += abs(utils.nunpack(end) - utils.nunpack(start))
            if self._codes > _MOST_CODES:
                raise RejectedError("V01", TOO_LARGE)
        super().do_keyword(pos, token)


def _bounded_widths(build: Callable[[Iterable[object]], dict[Any, Any]], numbers: int) -> Callable[..., dict[Any, Any]]:
    """``build`` for a list in which a range is ``numbers`` numbers in a row, its first and last code in front."""

    def bounded(items: Iterable[object]) -> dict[Any, Any]:
        found = [pdftypes.resolve1(item) for item in items]
        row: list[Any] = []
        codes = 0
        for item in found:
            row = [*row, item] if isinstance(item, int | float) else []
            if len(row) == numbers:
                codes += max(0, int(row[1] - row[0]))
                row = []
        if codes > _MOST_CODES:
            raise RejectedError("V01", TOO_LARGE)
        return build(found)

    return bounded


def _resolve(item: Any) -> Any:
    """What fonts need resolved are lists and maps of numbers; pdfminer goes into any depth."""
    item = pdftypes.resolve1(item)
    if isinstance(item, list):
        return [pdftypes.resolve1(value) for value in item]
    if isinstance(item, dict):
        return {key: pdftypes.resolve1(value) for key, value in item.items()}
    return item


_parse_string: Final = PSBaseParser._parse_string


def _short_string(parser: PSBaseParser, data: bytes, start: int) -> int:
    """A string is put together piece by piece, each time as a whole: a long one of many brackets takes for ever."""
    if len(parser._curtoken) > _LONGEST_STRING:
        raise RejectedError("V01", TOO_LARGE)
    return _parse_string(parser, data, start)


class _TrueTypeFont:
    """The glyphs of an embedded font: what they stand for is not guessed from the font's own tables."""

    CMapNotFound = pdffont.TrueTypeFont.CMapNotFound

    def __init__(self, name: str, file: BytesIO) -> None:
        pass

    def create_unicode_map(self) -> cmapdb.FileUnicodeMap:
        raise self.CMapNotFound


_STAND_INS: Final[Mapping[tuple[object, str], object]] = {
    (pdftypes, "zlib"): _Zlib,
    (pdftypes, "lzwdecode"): _lzw,
    (pdftypes, "rldecode"): _run_length,
    (pdftypes, "ccittfaxdecode"): _no_fax,
    (pdftypes, "apply_png_predictor"): _predicted(utils.apply_png_predictor),
    (pdftypes, "apply_tiff_predictor"): _predicted(utils.apply_tiff_predictor),
    (PSBaseParser, "_parse_string"): _short_string,
    (pdffont, "CMapParser"): _CMapParser,
    (pdffont, "get_widths"): _bounded_widths(pdffont.get_widths, 3),
    (pdffont, "get_widths2"): _bounded_widths(pdffont.get_widths2, 5),
    (pdffont, "resolve_all"): _resolve,
    (pdffont, "TrueTypeFont"): _TrueTypeFont,
}
for (_module, _name), _stand_in in _STAND_INS.items():
    setattr(_module, _name, _stand_in)
