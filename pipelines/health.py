"""Is the installation well? One sign each for what the ops team would otherwise have to look up.

Belongs here: reading heartbeats, runs, the published file, the lock and the disk, for a monitor outside of Dagster: the
daemon cannot report its own death. Does not belong here: mending any of it. Nothing is written and the night's lock is
never taken, so that it may be asked at any moment, also when a night begins.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb

from pipelines.lock import JOB_NAME, dead_runs, holder
from pipelines.schedules import LONGEST_NIGHT, owed_since
from pipelines.settings import TIMEZONE, Settings, wall_time
from warehouse.connection import reader

_HEARTBEAT: Final = timedelta(minutes=5)
"""the daemon's threads tell every half minute that they live"""
_GIB: Final = 1024**3
_FINISHED: Final = {
    dg.DagsterRunStatus.SUCCESS: "成功",
    dg.DagsterRunStatus.FAILURE: "失败",
    dg.DagsterRunStatus.CANCELED: "被取消",
}


@dataclass(frozen=True, slots=True)
class Sign:
    """One line of the answer; ``name`` is for monitors and stays as it is."""

    name: str
    is_well: bool
    message: str


def examine(settings: Settings, least_free_gib: float) -> list[Sign]:
    """The signs ``daemon``, ``published``, ``last_run``, ``lock`` and ``disk``, in this order."""
    if not (settings.dagster_home / "dagster.yaml").exists():
        return [Sign("home", is_well=False, message=f"{settings.home} 里还没有运行过任何一夜，也没有启动过后台进程")]
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        return [
            _daemon(instance),
            _published(settings),
            _last_run(instance),
            _lock(settings, instance),
            _disk(settings, least_free_gib),
        ]


def _daemon(instance: dg.DagsterInstance) -> Sign:
    beats = instance.get_daemon_heartbeats()
    oldest = (datetime.now(ZoneInfo(TIMEZONE)) - _HEARTBEAT).timestamp()
    silent = [
        f"{kind}（{f'最后心跳 {wall_time(beats[kind].timestamp)}' if kind in beats else '从未有过心跳'}）"
        for kind in instance.get_required_daemon_types()
        if kind not in beats or beats[kind].timestamp < oldest
    ]
    message = f"后台进程没有心跳：{'、'.join(silent)}" if silent else "后台进程：各线程都有心跳"
    return Sign("daemon", not silent, message)


def _published(settings: Settings) -> Sign:
    path = settings.published_file
    if not path.exists():
        return Sign("published", is_well=False, message="还没有发布过")
    try:
        with reader(path) as connection:
            night, built_at = connection.execute("SELECT night, built_at FROM meta.build").fetchall()[0]
    except duckdb.Error as error:
        return Sign("published", is_well=False, message=f"已发布的文件打不开：{error}")
    due = owed_since(settings)
    is_fresh = built_at >= due
    behind = "" if is_fresh else f"，旧了：{due} 应开始的一夜没有发布"
    return Sign("published", is_fresh, f"已发布：第 {night} 夜，{built_at}{behind}")


def _last_run(instance: dg.DagsterInstance) -> Sign:
    records = instance.get_run_records(dg.RunsFilter(job_name=JOB_NAME, statuses=[*_FINISHED]), limit=1)
    if not records:
        return Sign("last_run", is_well=True, message="没有运行记录")
    run = records[0].dagster_run
    is_well = run.status == dg.DagsterRunStatus.SUCCESS
    ended = records[0].end_time
    at = f"，{wall_time(ended)} 结束" if ended else ""
    return Sign("last_run", is_well, f"上一次运行{_FINISHED[run.status]}{at}，运行编号 {run.run_id}")


def _lock(settings: Settings, instance: dg.DagsterInstance) -> Sign:
    process = holder(settings.lock_file)
    if process is None:
        dead = [record.dagster_run.run_id for record in dead_runs(instance)]
        message = f"进程已不在、却没有结束的运行：{'、'.join(dead)}" if dead else "没有一夜正在运行，锁是空的"
        return Sign("lock", not dead, message)
    since = wall_time(settings.lock_file.stat().st_mtime)
    is_well = settings.clock() - since <= LONGEST_NIGHT
    return Sign("lock", is_well, f"一夜正在运行：进程 {process}，{since} 开始{'' if is_well else '，太久了'}")


def _disk(settings: Settings, least_free_gib: float) -> Sign:
    free = shutil.disk_usage(settings.home).free / _GIB
    return Sign("disk", free >= least_free_gib, f"磁盘剩余 {free:.1f} GiB（至少应有 {least_free_gib:g} GiB）")
