"""Shares that add up to 100 %: the rule, figure by figure, and that it always holds. Figures are made up."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.report.shares import Share, half_up, shares


def printed(*parts: int, whole: int | None = None) -> list[str] | None:
    """As in a report, an adjusted share with 约."""
    found = shares([Decimal(part) for part in parts], Decimal(sum(parts) if whole is None else whole))
    return found and [f"{'约' if share.is_moved else ''}{share.percent:f}" for share in found]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((399, 88, 199, 680), ["29.21", "6.44", "14.57", "49.78"]),
        # with two decimals 100.01, with one 100.1: the channels that Xiamen published for 2017
        ((246, 797, 327), ["17.956", "58.175", "23.869"]),
        # with two decimals 99.99: one is enough
        ((561, 79, 141, 681), ["38.4", "5.4", "9.6", "46.6"]),
        ((1, 3), ["25.00", "75.00"]),
        ((0, 7), ["0.00", "100.00"]),
        # no number of decimals does it: the missing hundredth goes to the first of equal remainders
        ((1, 1, 1), ["约33.34", "33.33", "33.33"]),
        # a hundredth too few: to the larger remainders, and the one that is cut off is told as well
        ((1, 1, 1, 1, 1, 1), ["16.67", "16.67", "16.67", "16.67", "约16.66", "约16.66"]),
    ],
)
def test_shares_are_printed_with_the_decimals_that_add_up(parts: tuple[int, ...], expected: list[str]) -> None:
    assert printed(*parts) == expected


@pytest.mark.parametrize("parts", [((0, 0), 0), ((1, 2), 4), ((1, 2), 2), ((-1, 2), 1)])
def test_what_does_not_make_up_the_whole_has_no_shares(parts: tuple[tuple[int, ...], int]) -> None:
    assert printed(*parts[0], whole=parts[1]) is None


def test_half_a_step_goes_up_and_a_quotient_is_rounded_once() -> None:
    assert half_up(Fraction(1, 200), 2) == Decimal("0.01")
    assert half_up(Fraction(245, 10000), 2) == Decimal("0.02")
    assert half_up(Fraction(49_999_999_999_999_999_999, 10**22), 2) == Decimal("0.00")


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=9).filter(any))
def test_shares_always_add_up_and_an_unmarked_one_is_its_own_rounding(parts: list[int]) -> None:
    whole = sum(parts)
    found = shares([Decimal(part) for part in parts], Decimal(whole))
    assert found is not None
    assert sum(share.percent for share in found) == 100
    assert len({share.percent.as_tuple().exponent for share in found}) == 1
    for part, share in zip(parts, found, strict=True):
        decimals = -int(share.percent.as_tuple().exponent)
        exact = Fraction(100 * part, whole)
        assert abs(exact - Fraction(share.percent)) < Fraction(1, 10**decimals)
        assert share == Share(share.percent, share.percent != half_up(exact, decimals))
