"""``python -m benchmarks.releases``: what a release costs, and what having many of them costs every later night.

Belongs here: a home with as many real releases as asked for, one corrected figure each, what its nights cost as ratios,
and sizes on disk. Nights are measured in processor time, which other work on the machine hardly moves. Does not belong
here: assertions.

The city is that of the samples, cut to the two years of gb_2021; every fifth correction is one of the earlier year.
"""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import dagster as dg

from pipelines.definitions import build_defs
from pipelines.instance import QUIET
from pipelines.lock import JOB_NAME
from pipelines.seeding import seed_if_empty
from pipelines.settings import PROJECT, TIMEZONE, Settings
from schemas.register import REGISTER_FOLDER
from warehouse.connection import dicts, reader
from warehouse.publish import FILE_NAME

RELEASES: Final = 50
NEIGHBOURS: Final = 3
"""one night says little: medians of so many"""
YEARS: Final = ("2023", "2024")
FORM: Final = "gb_2021"
CORRECTED: Final = "a20_license_decisions"
"""a figure that stands in no sum"""


class City:
    """The home, a day later after each night."""

    def __init__(self, folder: Path) -> None:
        self.day = datetime.fromisoformat("2025-06-01T02:00:00")
        register = folder / "register"
        shutil.copytree(REGISTER_FOLDER, register)
        rows = (f"{year},{FORM},backfill\n" for year in YEARS)
        (register / "collection.csv").write_text("report_year,form_code,mode\n" + "".join(rows), encoding="utf-8")
        # the samples' second year has an organ missing; its totals are compared all the same
        (register / "gates.csv").write_text(
            f"report_year,form_code,min_coverage,reason\n{YEARS[-1]},{FORM},0.9,benchmark\n", encoding="utf-8"
        )
        self.settings = Settings(home=folder / "home", register=register, receipts=False, clock=lambda: self.day)
        self.settings.inbox.mkdir(parents=True)
        seed_if_empty(PROJECT / "samples", self.settings.inbox)
        for path in self.settings.inbox.glob("*/*"):
            if not path.name.startswith(YEARS) and not any(f"{year}年" in path.name for year in YEARS):
                path.unlink()

    def night(self) -> float:
        """Processor seconds that a night takes, those of its reading processes too."""
        job = build_defs(self.settings).resolve_job_def(JOB_NAME)
        start = sum(os.times()[:4])
        with dg.DagsterInstance.ephemeral() as instance:
            job.execute_in_process(instance=instance, run_config=QUIET)
        self.day += timedelta(days=1)
        return sum(os.times()[:4]) - start

    def query(self, sql: str) -> list[dict[str, Any]]:
        """Rows of what was published last."""
        with reader(self.settings.published / "current" / FILE_NAME) as connection:
            return dicts(connection, sql)

    def correct(self, number: int) -> None:
        """The ``number``-th correction: one organ files again, with one figure more."""
        year = YEARS[0] if number % 5 == 0 else YEARS[-1]
        organs = self.query(
            "SELECT DISTINCT c.organ_code FROM core.official_cell AS c JOIN core.fct_submission AS s"  # noqa: S608 - constants
            f" USING (submission_id) WHERE c.report_year = {year} AND s.basis = 'own' AND c.value IS NOT NULL"
            f" AND c.indicator_code = '{CORRECTED}' ORDER BY c.organ_code"
        )
        organ = organs[number % len(organs)]["organ_code"]
        cells = self.query(
            "SELECT indicator_code, applicant_kind, measure,"  # noqa: S608 - constants, and a code of the register
            f" CASE WHEN indicator_code = '{CORRECTED}' THEN value + 1 ELSE value END AS value FROM core.official_cell"
            f" WHERE organ_code = '{organ}' AND report_year = {year} AND value IS NOT NULL AND sheet <> '正文'"
        )
        lines = ["organ_code,report_year,form_code,indicator_code,applicant_kind,measure,value,resubmission_reason"]
        for cell in cells:
            lines.append(f"{organ},{year},{FORM},{','.join(str(value) for value in cell.values())},漏计")
        path = self.settings.inbox / organ / f"更正{number}.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        received = (self.day - timedelta(hours=12)).replace(tzinfo=ZoneInfo(TIMEZONE)).timestamp()
        os.utime(path, (received, received))

    def changing_nights(self, first: int, count: int) -> list[float]:
        """Processor seconds of ``count`` nights of which each makes a release."""
        return [self._changing_night(number) for number in range(first, first + count)]

    def _changing_night(self, number: int) -> float:
        self.correct(number)
        seconds = self.night()
        (made,) = self.query("SELECT count(*) AS releases FROM meta.release")
        if made["releases"] != number:
            raise RuntimeError(f"night {number} made no release: {made['releases']}")
        return seconds


def size(folder: Path) -> int:
    """Bytes of the files below ``folder``, a file with several names once."""
    found = {(stat.st_dev, stat.st_ino): stat.st_size for stat in (p.stat() for p in folder.rglob("*") if p.is_file())}
    return sum(found.values())


def measure(releases: int, show: Callable[[str], None] = print) -> None:
    """Print what ``releases`` releases cost."""
    with tempfile.TemporaryDirectory() as folder:
        city = City(Path(folder))
        first = city.night()
        idle_before = [city.night() for _ in range(NEIGHBOURS)]
        early = city.changing_nights(2, NEIGHBOURS)
        middle = city.changing_nights(2 + NEIGHBOURS, releases - 1 - 2 * NEIGHBOURS)
        late = city.changing_nights(releases + 1 - NEIGHBOURS, NEIGHBOURS)
        idle_after = [city.night() for _ in range(NEIGHBOURS)]
        told = (
            (f"a changing night with {releases} releases against one with 2", late, early),
            (f"an idle night with {releases} releases against one with 1", idle_after, idle_before),
            ("the first night against an idle one", [first], idle_before),
        )
        for name, slower, faster in told:
            show(f"{name}: {statistics.median(slower) / statistics.median(faster):.2f} times")
        show(
            "changing nights in processor seconds: "
            + " ".join(f"{seconds:.1f}" for seconds in (*early, *middle, *late))
        )
        one = size(city.settings.published / "current" / ".")
        for name, where in (("archive", city.settings.archive), ("published", city.settings.published)):
            mean = statistics.mean(size(path) for path in (where / "releases").iterdir())
            show(f"a release in {name} against a publication: {mean / one:.3f} times ({mean / 1024:.0f} KiB)")
        for name, where in (("archive", city.settings.archive), ("published", city.settings.published)):
            show(f"all of {name} against a publication: {size(where) / one:.2f} times")


if __name__ == "__main__":
    measure(int(sys.argv[1]) if len(sys.argv) > 1 else RELEASES)
