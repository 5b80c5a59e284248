"""What the styles of a Word file say of the text that bears them.

Belongs here: hidden, raised, lowered or struck out, numbered - inherited from style to style. Does not belong here:
what stands in a paragraph itself (``text``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pipelines.readers.word.package import Element, child, name_of, number, switched, value

_LONGEST_CHAIN: Final = 12
"""styles that are based one on another; Word allows ten"""
STRUCK: Final = 2
_SHIFTS: Final = {"superscript": 1, "subscript": -1, "baseline": 0}
_LIFTED: Final = 4
"""half points from which text that is moved up or down by hand counts as raised or lowered"""


@dataclass(frozen=True, slots=True)
class Look:
    """What a style or a run says of its text; None where it says nothing.

    ``shift`` is 1 for raised, -1 for lowered, STRUCK for struck out, 0 for plain text.
    """

    is_hidden: bool | None = None
    shift: int | None = None

    @classmethod
    def of(cls, properties: Element | None) -> Look:
        """From run properties (rPr)."""
        if properties is None:
            return _PLAIN
        return cls(switched(child(properties, "vanish")), _shift(properties))


@dataclass(frozen=True, slots=True)
class Style:
    """A style with what it inherits. ``list_id`` and ``list_level`` are its numbering, None where it has none."""

    look: Look
    list_id: int | None = None
    list_level: int | None = None


_PLAIN: Final = Look()
_NONE: Final = Style(_PLAIN)


class Styles:
    """The styles of one file; a name that it does not define changes nothing."""

    def __init__(self, root: Element | None) -> None:
        self._elements: dict[str, Element] = {}
        self._known: dict[str, Style] = {}
        self._default = ""
        for style in () if root is None else root:
            name = value(style, "styleId")
            if name_of(style) == "style" and name:
                self._elements[name] = style
                if value(style, "type") == "paragraph" and value(style, "default") in ("1", "true", "on"):
                    self._default = name

    def of(self, style_id: str | None) -> Style:
        """A style by its id."""
        if style_id not in self._known:
            self._known[style_id or ""] = self._inherited(style_id or "")
        return self._known[style_id or ""]

    def paragraph(self, style_id: str | None) -> tuple[str, Style]:
        """A paragraph's style, which is the default one where it names none."""
        name = style_id or self._default
        return name, self.of(name)

    def _inherited(self, style_id: str) -> Style:
        chain: list[Element] = []
        while style_id in self._elements and len(chain) < _LONGEST_CHAIN:
            chain.append(self._elements[style_id])
            style_id = value(child(chain[-1], "basedOn")) or ""
        style = _NONE
        for element in reversed(chain):
            look = Look.of(child(element, "rPr"))
            numbering = child(child(element, "pPr"), "numPr")
            list_id, level = number(child(numbering, "numId")), number(child(numbering, "ilvl"))
            style = Style(
                Look(
                    style.look.is_hidden if look.is_hidden is None else look.is_hidden,
                    style.look.shift if look.shift is None else look.shift,
                ),
                style.list_id if list_id is None else list_id,
                style.list_level if level is None else level,
            )
        return style


def look_of_run(paragraph: Style, character: Style, run: Look) -> tuple[bool, int]:
    """(is hidden, shift) of a run: what it says itself wins; hidden by both its styles is shown, as Word has it."""
    by_styles = (paragraph.look.is_hidden is True) != (character.look.is_hidden is True)
    is_hidden = by_styles if run.is_hidden is None else run.is_hidden
    shifts = (run.shift, character.look.shift, paragraph.look.shift)
    return is_hidden, next((shift for shift in shifts if shift is not None), 0)


def _shift(properties: Element) -> int | None:
    if any(switched(child(properties, name)) for name in ("strike", "dstrike")):
        return STRUCK
    aligned = _SHIFTS.get(value(child(properties, "vertAlign")) or "")
    if aligned:
        return aligned
    lifted = number(child(properties, "position"))
    if lifted is None or abs(lifted) < _LIFTED:
        return aligned
    return 1 if lifted > 0 else -1
