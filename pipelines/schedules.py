"""When the night runs: 02:00 Asia/Shanghai, on by default."""

from __future__ import annotations

import dagster as dg

from pipelines.lock import JOB_NAME, clear_dead_runs
from pipelines.settings import NIGHTLY_CRON, TIMEZONE, Settings, SettingsError


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
