"""``gongkai health``: each sign alone turns bad, and says what is wrong; asking changes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pytest
import yaml
from click.testing import CliRunner
from dagster._daemon.types import DaemonHeartbeat

from pipelines.cli import main
from pipelines.health import Sign, examine
from pipelines.instance import prepare_home
from pipelines.lock import JOB_NAME, holder, night_lock
from pipelines.schedules import LONGEST_NIGHT
from pipelines.settings import TIMEZONE, Settings
from tests.operations.services import PROJECT
from warehouse.publish import FILE_NAME

NOON = datetime(2025, 3, 5, 12)
TONIGHT = "2025-03-05 02:00:03"


class Clock:
    """What time it is to the settings."""

    time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def instance(settings: Settings) -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as found:
        yield found


@pytest.fixture
def settings(tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """An installation in good health: tonight was published, the daemon lives, the last run went well."""
    monkeypatch.setenv("DAGSTER_HOME", "")
    monkeypatch.setenv("GONGKAI_HOME", "")
    found = Settings(home=tmp_path / "home", clock=clock)
    prepare_home(found)
    publish(found, TONIGHT)
    with dg.DagsterInstance.from_config(str(found.dagster_home)) as instance:
        for kind in instance.get_required_daemon_types():
            beat(instance, kind)
        ended(instance, dg.DagsterRunStatus.SUCCESS)
    return found


def publish(settings: Settings, built_at: str) -> None:
    """All that is read of a published file."""
    folder = settings.published / "current"
    folder.mkdir(exist_ok=True)
    (folder / FILE_NAME).unlink(missing_ok=True)
    with duckdb.connect(folder / FILE_NAME) as connection:
        connection.execute("CREATE SCHEMA meta")
        connection.execute(f"CREATE TABLE meta.build AS SELECT 7 AS night, TIMESTAMP '{built_at}' AS built_at")


def beat(instance: dg.DagsterInstance, kind: str, seconds_ago: float = 10) -> None:
    at = datetime.now(ZoneInfo(TIMEZONE)).timestamp() - seconds_ago
    instance.add_daemon_heartbeat(DaemonHeartbeat(at, kind, None))


def ended(instance: dg.DagsterInstance, status: dg.DagsterRunStatus, job: str = JOB_NAME) -> str:
    return instance.run_storage.add_run(
        dg.DagsterRun(job_name=job, run_id=f"{status.value}-{instance.get_runs_count()}", status=status)
    ).run_id


def signs(settings: Settings, least_free_gib: float = 0) -> dict[str, Sign]:
    return {sign.name: sign for sign in examine(settings, least_free_gib)}


def bad(settings: Settings) -> dict[str, str]:
    return {name: sign.message for name, sign in signs(settings).items() if not sign.is_well}


def test_all_is_well(settings: Settings) -> None:
    found = signs(settings)
    assert [(sign.name, sign.is_well) for sign in found.values()] == [
        ("daemon", True),
        ("published", True),
        ("last_run", True),
        ("lock", True),
        ("disk", True),
    ]
    assert found["published"].message == f"已发布：第 7 夜，{TONIGHT}"
    assert found["lock"].message == "没有一夜正在运行，锁是空的"


def test_an_empty_home_is_not_well_and_stays_empty(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    assert bad(settings) == {"home": f"{settings.home} 里还没有运行过任何一夜，也没有启动过后台进程"}
    assert list(tmp_path.iterdir()) == []


def test_a_thread_of_the_daemon_that_is_silent_is_named(settings: Settings, instance: dg.DagsterInstance) -> None:
    beat(instance, "SCHEDULER", seconds_ago=240)
    assert bad(settings) == {}
    beat(instance, "SCHEDULER", seconds_ago=360)
    assert bad(settings)["daemon"].startswith("后台进程没有心跳：SCHEDULER（最后心跳 20")
    instance.wipe_daemon_heartbeats()
    assert "SCHEDULER（从未有过心跳）" in bad(settings)["daemon"]


@pytest.mark.parametrize(
    ("now", "built_at", "is_well"),
    [
        # tonight's may take four hours, until then yesterday's is right
        (datetime(2025, 3, 5, 5, 59), "2025-03-04 02:00:03", True),
        (datetime(2025, 3, 5, 6, 1), "2025-03-04 02:00:03", False),
        (datetime(2025, 3, 5, 6, 1), "2025-03-05 02:00:03", True),
        # started by hand before the night that then failed
        (datetime(2025, 3, 5, 6, 1), "2025-03-05 01:50:00", False),
    ],
)
def test_the_publication_is_held_against_the_schedule(
    settings: Settings, clock: Clock, now: datetime, built_at: str, is_well: bool
) -> None:
    clock.time = now
    publish(settings, built_at)
    expected = (
        {} if is_well else {"published": f"已发布：第 7 夜，{built_at}，旧了：2025-03-05 02:00:00 应开始的一夜没有发布"}
    )
    assert bad(settings) == expected


def test_a_published_file_that_is_missing_or_damaged_is_told(settings: Settings) -> None:
    path = settings.published / "current" / FILE_NAME
    path.write_bytes(b"x" * 5000)
    assert bad(settings)["published"].startswith("已发布的文件打不开：")
    path.unlink()
    assert bad(settings) == {"published": "还没有发布过"}


@pytest.mark.parametrize(
    ("status", "word"), [(dg.DagsterRunStatus.FAILURE, "失败"), (dg.DagsterRunStatus.CANCELED, "被取消")]
)
def test_the_last_night_counts(
    settings: Settings, instance: dg.DagsterInstance, status: dg.DagsterRunStatus, word: str
) -> None:
    run_id = ended(instance, status)
    assert bad(settings) == {"last_run": f"上一次运行{word}，运行编号 {run_id}"}
    # another job's does not
    ended(instance, dg.DagsterRunStatus.SUCCESS, "another")
    assert set(bad(settings)) == {"last_run"}
    ended(instance, dg.DagsterRunStatus.SUCCESS)
    assert bad(settings) == {}


def test_a_run_that_died_is_told_until_it_is_closed(settings: Settings, instance: dg.DagsterInstance) -> None:
    tags = {"gongkai/pid": str(2**22 + 1)}  # beyond every process number of Linux
    run = dg.DagsterRun(job_name=JOB_NAME, run_id="died", status=dg.DagsterRunStatus.STARTED, tags=tags)
    instance.run_storage.add_run(run)
    assert bad(settings) == {"lock": "进程已不在、却没有结束的运行：died"}
    with night_lock(settings.lock_file):
        assert bad(settings) == {}
        assert "died" not in signs(settings)["lock"].message


def test_a_night_that_runs_is_well_for_four_hours(settings: Settings, clock: Clock) -> None:
    with night_lock(settings.lock_file):
        since = clock.time.replace(tzinfo=ZoneInfo(TIMEZONE)).timestamp()
        os.utime(settings.lock_file, (since - 3 * 3600, since - 3 * 3600))
        assert signs(settings)["lock"] == Sign(
            "lock", True, f"一夜正在运行：进程 {os.getpid()}，2025-03-05 09:00:00 开始"
        )
        os.utime(settings.lock_file, (since - 5 * 3600, since - 5 * 3600))
        assert bad(settings) == {"lock": f"一夜正在运行：进程 {os.getpid()}，2025-03-05 07:00:00 开始，太久了"}


def test_asking_who_holds_the_lock_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "nightly.lock"
    assert holder(path) is None
    assert not path.exists()
    with night_lock(path):
        assert holder(path) == os.getpid()
    assert holder(path) is None


def test_a_full_disk_is_told_beforehand(settings: Settings) -> None:
    assert not signs(settings, least_free_gib=10_000_000)["disk"].is_well


def test_the_longest_night_is_the_one_that_is_failed() -> None:
    config = yaml.safe_load((PROJECT / "pipelines" / "dagster.yaml").read_text("utf-8"))
    assert config["run_monitoring"]["max_runtime_seconds"] == LONGEST_NIGHT.total_seconds()


def test_the_command_tells_a_monitor_by_its_exit_code(tmp_path: Path) -> None:
    def ask(*options: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["health", *options], env={"GONGKAI_HOME": str(tmp_path / "home")})
        return result.exit_code, result.output

    code, told = ask()
    assert (code, told) == (1, f"有问题 {tmp_path / 'home'} 里还没有运行过任何一夜，也没有启动过后台进程\n")
    code, told = ask("--json")
    assert code == 1
    assert json.loads(told) == {
        "ok": False,
        "signs": [
            {
                "name": "home",
                "ok": False,
                "message": f"{tmp_path / 'home'} 里还没有运行过任何一夜，也没有启动过后台进程",
            }
        ],
    }
