"""Labels made comparable.

Belongs here: the one normal form in which printed labels and the labels of the form files are compared. Does not belong
here: which labels an edition has (``layout``), or how numbers are written (``numbers``).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

_UNIFIED: Final = str.maketrans(
    {
        **dict.fromkeys("〔【[{", "("),
        **dict.fromkeys("〕】]}", ")"),
        **dict.fromkeys("“”„‟‘’「」『』'", '"'),
        **dict.fromkeys("‐‑‒–—―−─", "-"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff\u00ad", ""),
    }
)
_SPACE: Final = re.compile(r"\s+")
_ORDINAL: Final = re.compile(r"^(\d{1,2})[、,)]")
_OF_WHICH: Final = re.compile(r"^其中[:,]?")
_LONGEST_LABEL: Final = 200
_DEEPEST_PATH: Final = 3


@lru_cache(maxsize=8192)
def normal(text: str) -> str:
    """``text`` without spaces and line breaks, in NFKC, with one kind of bracket, quote and dash; 其它 as 其他."""
    folded = unicodedata.normalize("NFKC", text[:_LONGEST_LABEL]).translate(_UNIFIED)
    return _SPACE.sub("", folded).replace("其它", "其他").rstrip(":")


@lru_cache(maxsize=8192)
def row_label(text: str) -> str:
    """The normal form of a row's label: 其中: does not count, and 1、 is the same as 1. in front of it."""
    return _ORDINAL.sub(r"\1.", _OF_WHICH.sub("", normal(text)))


def endings(path: Sequence[str]) -> list[str]:
    """What a label may look like when several levels stand in one cell: the last 3, 2, 1 levels joined, longest first."""
    labels = [label for label in path if label]
    return ["".join(labels[-depth:]) for depth in range(min(len(labels), _DEEPEST_PATH), 0, -1)]
