"""Signs that stand in a Word file as codes: characters of fonts of signs, boxes and lists of its form fields.

Belongs here: what is printed for them. Does not belong here: where they stand (``text``).
"""

from __future__ import annotations

import re
from typing import Final

from pipelines.readers.word.package import Element, child, name_of, number, switched, value

_WINGDINGS: Final = {
    0xA8: "☐",
    0x6F: "☐",
    0x71: "☐",
    0xFE: "☑",
    0xFD: "☒",
    0xFC: "✓",
    0xFB: "✗",
    0x6C: "●",
    0x6E: "■",
    0xD8: "➢",
    **{0x80 + digit: mark for digit, mark in enumerate("⓪①②③④⑤⑥⑦⑧⑨⑩")},
}
_SYMBOLS: Final = {
    "wingdings": _WINGDINGS,
    "wingdings 2": {0x50: "✓", 0x4F: "✗", 0x52: "☑", 0x54: "☒", 0xA3: "☐"},
    "symbol": {**{code: chr(code) for code in range(0x20, 0x40)}, 0xB4: "×", 0xB7: "•"},
}
"""what the fonts of signs print for a code"""
_PRIVATE: Final = range(0xF000, 0xF100)
_UNKNOWN: Final = "\ufffd"


def symbol(part: Element) -> str:
    """A character of a font of signs; one that is not known is no digit and no blank."""
    text = value(part, "char") or ""
    code = int(text, 16) if re.fullmatch("[0-9A-Fa-f]{1,5}", text) else 0
    signs = _SYMBOLS.get((value(part, "font") or "").lower())
    if signs is not None:
        return signs.get(code - _PRIVATE.start if code in _PRIVATE else code, _UNKNOWN)
    return _UNKNOWN if code in _PRIVATE or not chr(code).isprintable() else chr(code)


def form_field(data: Element | None) -> str:
    """What a form field of the old kind shows by itself: a box, or the chosen entry; a text stands in its result."""
    box, entries = child(data, "checkBox"), child(data, "ddList")
    if box is not None:
        own = switched(child(box, "checked"))
        return "☑" if own or (own is None and switched(child(box, "default"))) else "☐"
    if entries is not None:
        texts = [value(part) or "" for part in entries if name_of(part) == "listEntry"]
        chosen_one = number(child(entries, "result"))
        if chosen_one is None:
            chosen_one = number(child(entries, "default")) or 0
        return texts[chosen_one] if 0 <= chosen_one < len(texts) else ""
    return ""
