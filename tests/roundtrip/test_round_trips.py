"""Figures to files of every kind and back; ROUNDTRIP_EXAMPLES says how many dirty reports (the default suits a commit).

``python -m tests.roundtrip`` runs many more and prints the table.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.roundtrip import office
from tests.roundtrip.dirt import DIRT
from tests.roundtrip.figures import EDITIONS, PublishedTable, published_tables
from tests.roundtrip.oracle import Outcome
from tests.roundtrip.rounds import (
    CHROMIUM_PDF,
    CONVERTED,
    PLAIN,
    Round,
    files_of,
    make_round,
    published_round,
    verdicts,
)

EXAMPLES = int(os.environ.get("ROUNDTRIP_EXAMPLES", "150"))
CLEAN = [make_round(form_code, variant, [], 1) for form_code, variant in EDITIONS]
TABLES = {table.name: table for table in published_tables()}
PRINTED = [
    make_round("gb_2021", "", ["look_alikes", "number_over_tags", "unrelated_tables"], 1),
    make_round("gb_2019", "", ["marks_for_nothing", "broken_heads"], 1),
    make_round("fj_annex_2017", "", ["rows_shuffled", "thousands_separators"], 1),
]
"""dirt that must do no harm in a file of any kind"""
EACH_ALONE = [
    (name, *EDITIONS[(number + shift) % len(EDITIONS)]) for number, name in enumerate(DIRT) for shift in (0, 3)
]
STARTS_A_PROGRAM = 3
"""files whose reading starts LibreOffice each"""


def not_right(rounds: Sequence[Round], kinds: Iterable[str], but: Sequence[Outcome] = ()) -> list[str]:
    """The cells that came back otherwise, each with the command that repeats it; ``but`` these outcomes."""
    accepted = ("right", *but)
    return [
        f"{verdict.outcome} {verdict.key.scope}: {verdict.said} (--repeat '{r.name}' --kinds '{kind}')"
        for r, kind, data in files_of(rounds, kinds)
        for verdict in verdicts(r, kind, data)
        if verdict.outcome not in accepted
    ]


@pytest.mark.parametrize("kind", PLAIN)
def test_a_clean_report_comes_back_whole_from_every_kind(kind: str) -> None:
    assert not_right(CLEAN, [kind]) == []


@pytest.mark.parametrize("name", TABLES)
def test_every_published_figure_goes_through_every_kind(name: str) -> None:
    assert not_right([published_round(TABLES[name])], PLAIN) == []


@pytest.mark.parametrize(("dirt", "form_code", "variant"), EACH_ALONE)
def test_dirt_alone_makes_no_cell_wrong_and_doubts_only_what_it_touched(
    dirt: str, form_code: str, variant: str
) -> None:
    r = make_round(form_code, variant, [dirt], 1)
    assert not_right([r], ["xlsx", "html"], but=["flagged"]) == []


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(
    st.sampled_from(EDITIONS),
    st.lists(st.sampled_from(sorted(DIRT)), max_size=4, unique=True),
    st.integers(0, 10**6),
    st.lists(st.sampled_from(sorted(PLAIN)), min_size=2, max_size=4, unique=True),
)
def test_whatever_happens_to_a_report_no_cell_is_wrong_in_silence(
    edition: tuple[str, str], dirt: list[str], seed: int, kinds: list[str]
) -> None:
    r = make_round(*edition, dirt, seed)
    assert not_right([r], kinds, but=["flagged", "needless"]) == []


@pytest.mark.skipif(office.SOFFICE is None, reason="LibreOffice is not installed: it writes these kinds")
@pytest.mark.parametrize("kind", CONVERTED)
def test_what_libreoffice_writes_comes_back_whole(kind: str) -> None:
    rounds = PRINTED[:STARTS_A_PROGRAM] if kind == "doc" else [*CLEAN, *PRINTED, published_round(_first())]
    assert not_right(rounds, [kind]) == []


@pytest.mark.skipif(office.CHROMIUM is None, reason="Chromium is not installed: it prints these")
def test_what_chromium_prints_comes_back_whole() -> None:
    assert not_right([*CLEAN, *PRINTED, published_round(_first())], [CHROMIUM_PDF]) == []


def _first() -> PublishedTable:
    return TABLES["shanghai_2019"]


def test_a_round_is_the_same_whenever_it_is_made() -> None:
    one, two = (make_round("gb_2021", "", ["rows_shuffled", "blank"], 3) for _ in range(2))
    assert PLAIN["html"].write(one.page) == PLAIN["html"].write(two.page)
    assert (one.page.expected, one.name) == (two.page.expected, "gb_2021 rows_shuffled+blank #3")


@pytest.mark.parametrize("dirt", DIRT)
def test_all_dirt_finds_something_to_do(dirt: str) -> None:
    """In one edition at least; what is never done proves nothing."""
    assert any(make_round(*edition, [dirt], seed).done for edition in EDITIONS for seed in (1, 2, 3))
