"""Comparing what a file prints with what a form prints.

Belongs here: the one normal form of a label, in which line breaks, spaces, character width, kinds of brackets and
quotes, and look-alike characters do not matter. Does not belong here: where in a grid a label stands.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

_BRACKETS: Final = str.maketrans("〔[【｛{〕]】｝}", "((((()))))")
_DROPPED: Final = str.maketrans("", "", "\"'“”‘’「」《》·.．、,，;；:：。\u200b\u200c\u200d\u2060\ufeff")
_LONGEST: Final = 400
"""characters that a label may have: a longer text is prose"""
# the Radicals Supplement block, which NFKC leaves as it is, and the one radical that it turns into a traditional
# character: all that Chromium's PDFs have for the 6,763 characters of GB 2312 in the Noto fonts
_RADICALS: Final = str.maketrans(
    "⺠⻅⻔⻓⻥⻬⻛⺟⻚⻋⻘⻢⻝⻜⼾⻁⻆⻉⻙⻣⻤⻦⻧⻨⻩⻪⻮⻰㬵⺎⺐⺒⺓⺕⺺⺅⺉⺖⺘⺙⺡⺣⺦⺨⺭⺰⺾⻂⻈⻌⻐⻖⻠",
    "民见门长鱼齐风母页车青马食飞户虎角贝韦骨鬼鸟卤麦黄黾齿龙胶兀尢巳幺彐肀亻刂忄扌攵氵灬丬犭礻纟艹衤讠辶钅阝饣",
)
_LOOK_ALIKES: Final = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0x2F00, 0x2FD6)} | _RADICALS
_YEAR: Final = re.compile(r"(?<!\d)(20\d{2})(?!\d)")


def normalise(text: str) -> str:
    """The form in which two labels are equal: NFKC, no white space, one kind of bracket, no punctuation.

    Prose is left as it is: it equals no label, and remembering it would fill the memory.
    """
    return _normalise(text) if len(text) <= _LONGEST else text


def without_look_alikes(text: str) -> str:
    """The text with ordinary characters for the radicals that a PDF has in their place; all else as it is."""
    return text.translate(_LOOK_ALIKES)


@lru_cache(maxsize=65_536)
def _normalise(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text.translate(_RADICALS))
    return "".join(folded.split()).translate(_BRACKETS).translate(_DROPPED)


def years_in(text: str) -> list[int]:
    """The years 2000 to 2099 that a text prints, in order."""
    return [int(year) for year in _YEAR.findall(unicodedata.normalize("NFKC", text))]
