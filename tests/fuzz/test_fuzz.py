"""A short campaign at each commit; ``make fuzz`` runs ten minutes. FUZZ_TEST_SECONDS says how long this one takes."""

from __future__ import annotations

import os
from concurrent.futures.process import BrokenProcessPool
from random import Random

from pipelines.readers.model import Limits
from tests.fuzz import mutations
from tests.fuzz.campaign import Answer, Broken, Campaign, file_of, read_measured, run
from tests.fuzz.seeds import Seed, seeds

SECONDS = float(os.environ.get("FUZZ_TEST_SECONDS", "20"))
SEEDS = seeds(with_office=False)
BOUNDS = Limits(max_cpu_seconds=10, max_seconds=30)
"""tighter than a night's, so that one file that hangs does not make this test take minutes"""


def test_broken_files_of_every_kind_are_answered() -> None:
    tally = run(SEEDS, 1, SECONDS, limits=BOUNDS)
    assert [f"{file.said}: {what}" for file, what in tally.raised] == []
    assert sum(tally.answers.values()) == tally.files >= 40
    assert tally.longest[0] < BOUNDS.max_seconds
    assert 0 < tally.largest[0] < BOUNDS.max_memory_bytes / 1024**2


def test_every_seed_is_read_before_it_is_broken() -> None:
    unread = [seed.name for seed in SEEDS if read_measured(seed.data, seed.name, Limits()).said != "read"]
    assert unread == []


def test_a_number_names_one_file() -> None:
    files = [file_of(SEEDS, 7, number) for number in range(60)]
    assert [file.data for file in files] == [file_of(SEEDS, 7, number).data for number in range(60)]
    changed = [file for file in files if file.data != file.seed.data]
    assert len(changed) > 50
    assert len({file.seed.kind for file in files}) > 8


def test_each_way_breaks_what_it_is_for() -> None:
    by_kind = {seed.kind: seed.data for seed in SEEDS}
    html, book = by_kind["html"], by_kind["xlsx"]
    pdf = b"%PDF-1.4\n1 0 obj<</Length 12>>stream\nhello\nendstream\nxref\n0 2\n0000000000 65535 f \ntrailer<</Size 2>>"
    for way in mutations.BYTES:
        assert any(way(html, Random(number)) != html for number in range(5)), way
    for way in mutations.TEXT:
        assert any(way(html, Random(number)) != html for number in range(5)), way
    for way in (mutations.pdf_numbers, mutations.pdf_table):
        assert any(way(pdf, Random(number)) != pdf for number in range(20)), way
    assert any(mutations.in_package(book, Random(number)) != book for number in range(5))
    assert mutations.in_package(b"PK\x03\x04 no package", Random(1)) == b"PK\x03\x04 no package"


def test_who_died_is_listed_and_only_what_we_raised_is_a_failure() -> None:
    tally = Campaign()
    file = Broken(3, Seed("xlsx", "a.xlsx", b""), ("truncate",), b"PK")
    tally.add(file, Answer("V01", 0.5, 80.0))
    tally.add(file, BrokenProcessPool("gone"))
    tally.add(file, MemoryError())
    tally.add(file, KeyError("x"))
    assert tally.answers == {"V01": 1, "BrokenProcessPool": 1, "MemoryError": 1, "raised": 1}
    assert [what for _, what in tally.died] == ["BrokenProcessPool", "MemoryError"]
    assert [(broken.said, what) for broken, what in tally.raised] == [("#3 xlsx truncate (2 bytes)", "KeyError('x')")]
    assert (tally.files, tally.longest[0], tally.largest[0]) == (4, 0.5, 80.0)
