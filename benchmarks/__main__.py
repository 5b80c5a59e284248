"""``python -m benchmarks``: what the design claims to be quicker, beside what it is compared with.

Belongs here: pairs of the same work done two ways, alternated and repeated, reported as the ratio of their medians.
Does not belong here: assertions; a timed test fails on a busy machine and proves nothing on an idle one.
"""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from openpyxl import load_workbook
from python_calamine import CalamineWorkbook

from pipelines.intake import take_in
from pipelines.journal import Journal
from pipelines.knowledge import load_knowledge
from pipelines.parse_cache import read_new
from pipelines.seeding import seed_if_empty
from pipelines.settings import PROJECT, Settings
from pipelines.staging import stage_night
from pipelines.templates import write_template
from schemas.form import load_forms
from warehouse.connection import writer
from warehouse.judge import judge


def compare(name: str, slower: Callable[[], object], faster: Callable[[], object], repeats: int = 5) -> None:
    """Print how many times longer ``slower`` takes: the ratio of the medians of alternating runs."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(repeats):
        for work, record in zip((slower, faster), times, strict=True):
            start = time.perf_counter()
            work()
            record.append(time.perf_counter() - start)
    first, second = (statistics.median(record) for record in times)
    print(f"{name}: {first / second:.1f} times ({first * 1000:.1f} ms against {second * 1000:.1f} ms)")


def reading_a_workbook() -> None:
    """The statutory table of gb_2021 by openpyxl against calamine, cells only."""
    form = load_forms()["gb_2021"]
    data = write_template(form, organ_code="XM00126", organ_name="某局", report_year=2024)

    def by_openpyxl() -> object:
        return [[cell.value for cell in row] for row in load_workbook(io.BytesIO(data))["统计表"].iter_rows()]

    def by_calamine() -> object:
        return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("统计表").to_python()

    compare("a workbook, openpyxl against calamine", by_openpyxl, by_calamine, repeats=20)


def nights_over_the_samples() -> None:
    """Reading all samples anew against reading what the parse cache knows; and what judging all of them adds."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        settings.inbox.mkdir(parents=True)
        seed_if_empty(PROJECT / "samples", settings.inbox)
        journal = Journal(settings.archive)
        take_in(settings, journal)
        anew = Settings(home=Path(folder) / "again")
        (Path(folder) / "again").mkdir()
        anew.archive.symlink_to(settings.archive)

        def read_anew() -> None:
            for part in anew.parse_cache.glob("*/part-*/*"):
                part.unlink()
            for part in anew.parse_cache.glob("*/part-*"):
                part.rmdir()
            read_new(anew, journal)

        parsed = read_new(settings, journal)
        compare("488 files, read anew against known", read_anew, lambda: read_new(settings, journal), repeats=3)
        knowledge = load_knowledge()

        def stage(with_judging: bool) -> None:
            build = Path(folder) / "bench.duckdb"
            build.unlink(missing_ok=True)
            with writer(build) as connection:
                stage_night(connection, journal, parsed.folder, knowledge)
                if with_judging:
                    judge(connection, knowledge.rules, knowledge.forms)

        compare("staging with judging against staging alone", lambda: stage(True), lambda: stage(False), repeats=3)


if __name__ == "__main__":
    reading_a_workbook()
    nights_over_the_samples()
