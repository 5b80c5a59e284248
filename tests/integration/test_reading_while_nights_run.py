"""Analysts read the published file all through several nights: no error, no torn read."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import duckdb

from tests.integration.night import annex, drop, new_home, published, run_night
from warehouse.connection import reader

ORGAN = "XMP00101"
NIGHTS = 4


def read_until(stop: Any, started: Any, file: Path, results: Any) -> None:
    """Open, compare what three tables say of the same night, close; again and again."""
    opens, errors, torn, nights = 0, [], [], set()
    while not stop.is_set():
        try:
            with reader(file) as connection:
                (found,) = connection.execute("""
                    SELECT b.night, b.cells_stored, (SELECT count(*) FROM core.fct_cell),
                           (SELECT max(value) FROM core.official_cell WHERE indicator_code = 'fj_open_total'),
                           (SELECT max(value) FROM mart.city_rollup WHERE indicator_code = 'fj_open_total')
                    FROM meta.build AS b""").fetchall()
        except duckdb.Error as error:
            errors.append(str(error))
            continue
        night, stored, cells, official, summed = found
        opens += 1
        nights.add(night)
        # night n filed the figure n for the n-th time
        if not (stored == cells == 30 * night and official == summed == night):
            torn.append(found)
        started.release()
    results.put((opens, errors, torn, sorted(nights)))


def test_no_error_and_no_torn_read_while_nights_run(tmp_path: Path) -> None:
    settings = new_home(tmp_path / "home")
    drop(settings, f"{ORGAN}/1.xlsx", annex(ORGAN, 2017, {"fj_open_total": 1}))
    assert run_night(settings).success
    context = multiprocessing.get_context("spawn")
    stop, started, results = context.Event(), context.Semaphore(0), context.Queue()
    arguments = (stop, started, published(settings), results)
    readers = [context.Process(target=read_until, args=arguments) for _ in range(2)]
    for process in readers:
        process.start()
    for _ in readers:
        assert started.acquire(timeout=120)
    for night in range(2, NIGHTS + 1):
        drop(settings, f"{ORGAN}/{night}.xlsx", annex(ORGAN, 2017, {"fj_open_total": night}))
        assert run_night(settings).success
    stop.set()
    outcomes = [results.get(timeout=120) for _ in readers]
    for process in readers:
        process.join(timeout=120)
    for opens, errors, torn, nights in outcomes:
        assert errors == []
        assert torn == []
        assert opens > NIGHTS
        assert nights[0] == 1
        assert len(nights) > 1
