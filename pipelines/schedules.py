"""When the night runs: 02:00 Asia/Shanghai, on by default."""

from __future__ import annotations

import dagster as dg

from pipelines.lock import JOB_NAME, clear_dead_runs
from pipelines.settings import TIMEZONE, Settings


def nightly_schedule(settings: Settings) -> dg.ScheduleDefinition:
    """The one schedule. Its tick first closes nights that died: they would keep the new run in the queue for ever."""

    @dg.schedule(
        name="nightly_schedule",
        job_name=JOB_NAME,
        cron_schedule=settings.cron,
        execution_timezone=TIMEZONE,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="每夜一次（默认 02:00 北京时间）",
    )
    def start_night(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        for run_id in clear_dead_runs(context.instance, settings.lock_file):
            context.log.warning(f"closed run {run_id}: its process is gone")
        return dg.RunRequest()

    return start_night
