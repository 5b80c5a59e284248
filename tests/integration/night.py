"""Helpers: a home with some files in it, a night in this process, and queries on what was published."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb

from pipelines.assets.tables import BuildTable
from pipelines.definitions import build_defs
from pipelines.instance import QUIET
from pipelines.knowledge import Knowledge
from pipelines.lock import JOB_NAME
from pipelines.resources import Night
from pipelines.settings import TIMEZONE, Settings, now
from pipelines.templates import write_template
from schemas.form import CellKey, load_forms
from schemas.tables import TABLES
from warehouse.build import build_table
from warehouse.connection import reader


def new_home(folder: Path, register: Path | None = None, clock: Callable[[], datetime] = now) -> Settings:
    """An empty installation below ``folder``."""
    settings = Settings(home=folder, register=register, clock=clock)
    settings.inbox.mkdir(parents=True)
    return settings


def drop(settings: Settings, path: str, data: bytes, received: str | None = None) -> Path:
    """Put a file into the inbox, as of a wall time."""
    target = settings.inbox / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if received is not None:
        stamp = datetime.fromisoformat(received).replace(tzinfo=ZoneInfo(TIMEZONE)).timestamp()
        os.utime(target, (stamp, stamp))
    return target


def annex(
    organ: str, year: int, figures: Mapping[str, int] | None = None, name: str = "某单位", reason: str | None = None
) -> bytes:
    """A 2017 annex from the template; figures by indicator for both columns, zero where not given."""
    form = load_forms()["fj_annex_2017"]
    values = {key: Decimal((figures or {}).get(key.indicator_code, 0)) for key in form.cells()}
    return write_template(
        form, organ_code=organ, organ_name=name, report_year=year, values=values, resubmission_reason=reason
    )


def matrix(organ: str, year: int, figures: Mapping[tuple[str, str], int] | None = None) -> bytes:
    """A gb_2021 report from the template; figures by (indicator, applicant), zero where not given."""
    form = load_forms()["gb_2021"]
    wanted = {CellKey(code, applicant, "annual"): value for (code, applicant), value in (figures or {}).items()}
    values = {key: Decimal(wanted.get(key, 0)) for key in form.cells()}
    return write_template(form, organ_code=organ, organ_name="某单位", report_year=year, values=values)


def run_night(
    settings: Settings,
    *,
    build: BuildTable = build_table,
    raise_on_error: bool = True,
    knowledge: Knowledge | None = None,
) -> dg.ExecuteInProcessResult:
    """One night in this process, with a Dagster instance of its own; ``knowledge`` replaces what is true tonight."""
    told = {} if knowledge is None else {"night": dg.ResourceDefinition(lambda _: Night(settings, knowledge))}
    job = build_defs(settings, build=build, resources=told).resolve_job_def(JOB_NAME)
    with dg.DagsterInstance.ephemeral() as instance:
        return job.execute_in_process(instance=instance, raise_on_error=raise_on_error, run_config=QUIET)


def published(settings: Settings) -> Path:
    """The file that analysts open."""
    return settings.published_file


def rows(settings: Settings, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query on the published file."""
    with reader(published(settings)) as connection:
        return connection.execute(query).fetchall()


BUILT = ("built_at", "night")
"""what a night that builds the same tables again has of its own"""


def differing_tables(one: Path, other: Path) -> set[str]:
    """The tables of two published files that are not the same row for row."""
    differing = set()
    with duckdb.connect(":memory:") as connection:
        connection.execute(f"ATTACH '{one}' AS one (READ_ONLY)")
        connection.execute(f"ATTACH '{other}' AS other (READ_ONLY)")
        for table in TABLES:
            columns = f"* EXCLUDE ({', '.join(BUILT)})" if table == "meta.build" else "*"
            here, there = (f"SELECT {columns} FROM {name}.{table}" for name in ("one", "other"))
            query = f"({here} EXCEPT ALL {there}) UNION ALL ({there} EXCEPT ALL {here}) LIMIT 1"
            if connection.execute(query).fetchall():
                differing.add(table)
    return differing
