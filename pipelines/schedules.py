"""When the night runs: 02:00 Asia/Shanghai, on by default; and by when its publication must be there."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg
from dagster._utils.schedules import get_latest_completed_cron_tick

from pipelines.lock import JOB_NAME, clear_dead_runs
from pipelines.settings import NIGHTLY_CRON, TIMEZONE, Settings, SettingsError

LONGEST_NIGHT: Final = timedelta(hours=4)
"""from its start; later is late, everywhere (``max_runtime_seconds`` of dagster.yaml fails a run that takes longer)"""
_DAY_HOURS: Final = 24


def published_by(settings: Settings) -> dg.FreshnessPolicy:
    """Fresh = published since the last start of the night, from the end of the longest night on.

    A schedule whose hours are not plain numbers (``*/6``), or whose night would end on another day than the days that
    it names, cannot be moved by its length: there, a day and that after the last publication is late.
    """
    plain = re.fullmatch(r"(?P<minute>\S+) (?P<hours>\d+(,\d+)*) (?P<days>\S+ \S+ \S+)", settings.cron.strip())
    ends = [int(hour) + LONGEST_NIGHT // timedelta(hours=1) for hour in plain["hours"].split(",")] if plain else []
    if not plain or (max(ends) >= _DAY_HOURS and plain["days"] != "* * *"):
        return dg.FreshnessPolicy.time_window(fail_window=timedelta(days=1) + LONGEST_NIGHT)
    hours = ",".join(str(end % _DAY_HOURS) for end in ends)
    return dg.FreshnessPolicy.cron(
        deadline_cron=f"{plain['minute']} {hours} {plain['days']}", lower_bound_delta=LONGEST_NIGHT, timezone=TIMEZONE
    )


def owed_since(settings: Settings) -> datetime:
    """The last start of a night that has had its time by now: what was published must not be of an earlier one."""
    begun = settings.clock().replace(tzinfo=ZoneInfo(TIMEZONE)) - LONGEST_NIGHT
    return get_latest_completed_cron_tick(settings.cron, begun, TIMEZONE).replace(tzinfo=None)


def nightly_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The one schedule. Its tick first closes nights that died: they would keep the new run in the queue for ever.

    Raises SettingsError where ``settings.cron`` is not a time.
    """

    def start_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        for run_id in clear_dead_runs(context.instance, settings.lock_file):
            context.log.warning(f"closed run {run_id}: its process is gone")
        return dg.RunRequest()

    schedule = dg.schedule(
        name="nightly_schedule",
        job_name=JOB_NAME,
        cron_schedule=settings.cron,
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="每夜一次（默认 02:00 北京时间）",
    )
    try:
        return schedule(start_night)
    except dg.DagsterInvalidDefinitionError as error:
        raise SettingsError(f"GONGKAI_CRON={settings.cron!r}: give five cron fields, like {NIGHTLY_CRON!r}") from error
