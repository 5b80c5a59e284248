"""Labels that are not quite the form's: characters lost, numbering begun anew, a few words otherwise.

Belongs here: which printed label is most likely which row or column of the form, how sure that is, and why. Does not
belong here: labels that are equal in normal form, and where in a grid labels stand.

Likeness alone decides nothing: it counts together with the printed order, the ordinal, the group, and whether there is
exactly one label for each row that is wanted. Below ``CERTAIN`` the department is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

from rapidfuzz.distance import Indel

CERTAIN: Final = Decimal("0.90")
"""confidence from which a cell counts"""
EXACT: Final = Decimal("1.00")
LIKELY: Final = Decimal("0.95")
DOUBTFUL: Final = Decimal("0.50")
_NONE: Final = Decimal(0)
_ORDINAL: Final = re.compile(r"\(?([0-9]{1,2}|[一二三四五六七八九十]{1,3})\)?(?=.)")
_ALIKE: Final = 0.6
"""likeness of two bodies (1 = equal) that is enough where order and uniqueness agree"""
_SAME_PLACE: Final = 0.34
"""likeness that is enough where ordinal or count agree as well"""
_SAME_WORDS: Final = 0.95
"""likeness from which the order does not matter"""
_CONCEIVABLE: Final = 0.45
_MARGIN: Final = 0.15
"""by how much the best must be better than the next"""
_MOST: Final = 120
"""labels that are compared; a table of a form has no more"""
_LONGEST: Final = 200


class Wanted(NamedTuple):
    """A row or column of the form that was not found: its labels in normal form, its groups, and between which lines
    (or columns) of the grid its neighbours of the form stand."""

    number: int
    labels: tuple[str, ...]
    groups: tuple[str, ...]
    low: int
    high: int


class Candidate(NamedTuple):
    """A label of the grid that is none of the form's: its line (or column), its text, what stands to its left."""

    line: int
    texts: tuple[str, ...]
    groups: frozenset[str]


class Likely(NamedTuple):
    """Which line is probably the wanted one."""

    number: int
    line: int
    confidence: Decimal


def likely(wanted: Sequence[Wanted], candidates: Sequence[Candidate]) -> list[Likely]:
    """The wanted ones that can be named, each line once."""
    some = candidates[:_MOST]
    pairs = [pair for want in wanted[:_MOST] for candidate in some if (pair := _pair(want, candidate))]
    pairs.sort(key=lambda pair: (-pair.score, pair.want.number, pair.candidate.line))
    rivals: dict[tuple[str, int], list[_Pair]] = {}
    for pair in pairs:
        rivals.setdefault(("index", pair.want.number), []).append(pair)
        rivals.setdefault(("line", pair.candidate.line), []).append(pair)
    counted = _counted(wanted, some)
    taken: set[tuple[str, int]] = set()
    found: list[Likely] = []
    for pair in pairs:
        sides = (("index", pair.want.number), ("line", pair.candidate.line))
        if taken.intersection(sides):
            continue
        margin = pair.score - max((_best_rival(pair, rivals[side], taken) for side in sides), default=0.0)
        confidence = _confidence(pair, margin, is_counted=(pair.want.number, pair.candidate.line) in counted)
        if confidence:
            taken.update(sides)
            found.append(Likely(pair.want.number, pair.candidate.line, confidence))
    return found


class _Pair(NamedTuple):
    score: float
    alike: float
    """likeness of the bodies"""
    want: Wanted
    candidate: Candidate

    @property
    def in_order(self) -> bool:
        return self.want.low < self.candidate.line < self.want.high


def _pair(want: Wanted, candidate: Candidate) -> _Pair | None:
    """The pair with its score; None where it is not worth looking at."""
    alike = max(_alike(label, text) for label in want.labels for text in candidate.texts)
    in_order = want.low < candidate.line < want.high
    if alike < _CONCEIVABLE and not in_order:
        return None
    bonus = 0.5 * in_order + 0.2 * _same_ordinal(want, candidate) + 0.1 * _same_group(want, candidate)
    return _Pair(alike + bonus, alike, want, candidate)


def _best_rival(pair: _Pair, ranked: Sequence[_Pair], taken: set[tuple[str, int]]) -> float:
    """The score of the best other pair that shares a side and may still be chosen."""
    for other in ranked:
        if other is not pair and not taken & {("index", other.want.number), ("line", other.candidate.line)}:
            return other.score
    return 0.0


def _confidence(pair: _Pair, margin: float, *, is_counted: bool) -> Decimal:
    """0 for none."""
    alike, is_plain = pair.alike, margin >= _MARGIN
    enough = _SAME_PLACE if _same_ordinal(pair.want, pair.candidate) else _ALIKE
    if pair.in_order and is_plain and alike >= enough:
        return LIKELY
    if (is_counted and alike >= _SAME_PLACE) or (is_plain and alike >= _SAME_WORDS):
        return LIKELY
    return DOUBTFUL if is_counted or (is_plain and alike >= _CONCEIVABLE) else _NONE


def _counted(wanted: Sequence[Wanted], candidates: Sequence[Candidate]) -> set[tuple[int, int]]:
    """(index, line) where between two neighbours stand exactly as many labels as rows are wanted there."""
    gaps: dict[tuple[int, int], list[Wanted]] = {}
    for want in wanted:
        gaps.setdefault((want.low, want.high), []).append(want)
    pairs: set[tuple[int, int]] = set()
    for (low, high), missing in gaps.items():
        inside = sorted(candidate.line for candidate in candidates if low < candidate.line < high)
        if len(inside) == len(missing):
            pairs |= {(want.number, line) for want, line in zip(sorted(missing), inside, strict=True)}
    return pairs


@lru_cache(maxsize=65_536)
def _alike(label: str, text: str) -> float:
    one, other = _split(label)[1], _split(text[:_LONGEST])[1]
    return Indel.normalized_similarity(one, other)


def _same_ordinal(want: Wanted, candidate: Candidate) -> bool:
    ordinals = {_split(label)[0] for label in want.labels} - {""}
    return any(_split(text)[0] in ordinals for text in candidate.texts)


def _same_group(want: Wanted, candidate: Candidate) -> bool:
    return any(_alike(group, left) >= _ALIKE for group in want.groups for left in candidate.groups)


def body_of(label: str) -> str:
    """A label in normal form without its ordinal."""
    return _split(label)[1]


def _split(label: str) -> tuple[str, str]:
    """(ordinal, body) of a label in normal form: 2重复申请 -> 2, 重复申请."""
    match = _ORDINAL.match(label)
    return (match[1], label[match.end() :]) if match else ("", label)


def neighbours(order: Sequence[int], lines: Mapping[int, int], index: int) -> tuple[int, int]:
    """The lines of the nearest found ones before and after ``index`` in the form's ``order``; far out where none is."""
    before = [lines[other] for other in order if other < index and other in lines]
    after = [lines[other] for other in order if other > index and other in lines]
    return (before[-1] if before else -1), (after[0] if after else 10**9)
