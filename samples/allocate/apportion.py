"""Whole numbers over parts: by weight, by lot, and by dealing cards.

Belongs here: allocation that knows nothing of forms or organs. Does not belong here: where totals and weights come
from.

Randomness is seeded by a sentence that names what is drawn, so that one draw does not depend on the others' order.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction

SEED = "gongkai samples"


def draw(*about: object) -> random.Random:
    """A random source that depends only on what it is about."""
    return random.Random("/".join([SEED, *map(str, about)]))


def wobble(*about: object, spread: float = 0.2) -> float:
    """A factor around 1, for figures that should not look computed."""
    return draw("wobble", *about).uniform(1 - spread, 1 + spread)


def apportion(whole: int, weights: Mapping[str, float], caps: Mapping[str, int] | None = None) -> dict[str, int]:
    """Whole shares that add up to ``whole``, in proportion to the weights (largest remainder), none above its cap.

    ValueError where the caps leave no room for the whole.
    """
    shares = dict.fromkeys(weights, 0)
    left = whole
    while left > 0:
        open_to_more = {
            part: Fraction(weight).limit_denominator(10**9)
            for part, weight in weights.items()
            if weight > 0 and (caps is None or shares[part] < caps[part])
        }
        if not open_to_more:
            raise ValueError(f"{left} of {whole} find no room")
        for part, more in _largest_remainder(left, open_to_more).items():
            room = more if caps is None else min(more, caps[part] - shares[part])
            shares[part] += room
            left -= room
    return shares


def _largest_remainder(whole: int, weights: Mapping[str, Fraction]) -> dict[str, int]:
    sum_of_weights = sum(weights.values())
    exact = {part: whole * weight / sum_of_weights for part, weight in weights.items()}
    shares = {part: int(share) for part, share in exact.items()}
    by_remainder = sorted(exact, key=lambda part: (shares[part] - exact[part], part))
    for part in by_remainder[: whole - sum(shares.values())]:
        shares[part] += 1
    return shares


def scatter(whole: int, weights: Mapping[str, float], *about: object) -> dict[str, int]:
    """``whole`` single things thrown over the parts by lot: small numbers stay rare instead of even."""
    shares = dict.fromkeys(weights, 0)
    parts = sorted(part for part, weight in weights.items() if weight > 0)
    for part in draw("scatter", *about).choices(parts, [weights[part] for part in parts], k=whole):
        shares[part] += 1
    return shares


def deal(hands: Mapping[str, int], cards: Mapping[str, int], *about: object) -> dict[str, dict[str, int]]:
    """A table of whole numbers with given row sums (``hands``) and column sums (``cards``), row by row.

    The cards are shuffled and dealt, so both sums are exact. ValueError where they are not equally many.
    """
    if sum(hands.values()) != sum(cards.values()):
        raise ValueError(f"{sum(cards.values())} cards for {sum(hands.values())} places")
    deck: Sequence[str] = [card for card, copies in cards.items() for _ in range(copies)]
    shuffled = draw("deal", *about).sample(deck, len(deck))
    table: dict[str, dict[str, int]] = {}
    start = 0
    for hand, size in hands.items():
        dealt = shuffled[start : start + size]
        table[hand] = {card: dealt.count(card) for card in cards}
        start += size
    return table
