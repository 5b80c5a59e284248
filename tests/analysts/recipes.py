"""The runnable blocks of ``docs/analysts.md``: what each one is called, its code, and what it is said to print.

Belongs here: reading the page. Does not belong here: running anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.settings import PROJECT

PAGE = PROJECT / "docs" / "analysts.md"
_BLOCK = re.compile(r"^```(\w+) ([\w-]+)\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Recipe:
    """A block whose fence has a name after its language."""

    language: str
    code: str
    printed: str | None
    """the block of text right below it; None where there is none"""


def recipes() -> dict[str, Recipe]:
    """All of the page, by name."""
    found = _BLOCK.findall(PAGE.read_text(encoding="utf-8"))
    return {name: Recipe(language, code, printed or None) for language, name, code, printed in found}
