"""Settings from the environment: defaults, every variable, and errors that name theirs."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from pipelines.readers.model import Limits
from pipelines.schedules import nightly_schedule
from pipelines.settings import Settings, SettingsError, now, wall_time


def test_without_variables_everything_has_its_default() -> None:
    settings = Settings.from_environment({})
    assert settings == Settings(
        home=Path.cwd() / "data",
        register=None,
        cron="0 2 * * *",
        receipts=True,
        generations_kept=3,
        workers=None,
        settle_seconds=3,
        max_new_files=2000,
        limits=Limits(max_bytes=20_971_520),
    )


def test_every_variable_is_read() -> None:
    settings = Settings.from_environment(
        {
            "GONGKAI_HOME": "/srv/gongkai",
            "GONGKAI_REGISTER": "city/register",
            "GONGKAI_CRON": "30 1 * * 1-5",
            "GONGKAI_RECEIPTS": "off",
            "GONGKAI_GENERATIONS": "7",
            "GONGKAI_WORKERS": "2",
            "GONGKAI_MAX_FILE_MB": "5",
            "GONGKAI_SETTLE_SECONDS": "60",
            "GONGKAI_MAX_NEW_FILES": "100",
            "GONGKAI_PAGES_URL": "https://gongkai.example.gov.cn/pages/",
        }
    )
    assert settings == Settings(
        home=Path("/srv/gongkai"),
        register=Path.cwd() / "city/register",
        cron="30 1 * * 1-5",
        receipts=False,
        generations_kept=7,
        workers=2,
        settle_seconds=60,
        max_new_files=100,
        limits=Limits(max_bytes=5_242_880),
        pages_url="https://gongkai.example.gov.cn/pages",
    )


def test_empty_paths_and_time_are_the_default() -> None:
    empty = {"GONGKAI_HOME": "", "GONGKAI_REGISTER": "", "GONGKAI_CRON": "", "GONGKAI_PAGES_URL": ""}
    assert Settings.from_environment(empty) == Settings.from_environment({})


def test_the_environment_of_the_process_is_the_default_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GONGKAI_GENERATIONS", "4")
    assert Settings.from_environment().generations_kept == 4


@pytest.mark.parametrize(("text", "meant"), [("on", True), ("ON", True), ("1", True), ("Off", False), ("false", False)])
def test_a_switch_is_on_or_off_in_any_case(text: str, meant: bool) -> None:
    assert Settings.from_environment({"GONGKAI_RECEIPTS": text}).receipts is meant


def test_zero_workers_means_one_a_core() -> None:
    assert Settings.from_environment({"GONGKAI_WORKERS": "0"}).workers is None


@pytest.mark.parametrize(
    ("name", "text", "demand"),
    [
        ("GONGKAI_RECEIPTS", "perhaps", "say on or off"),
        ("GONGKAI_RECEIPTS", "", "say on or off"),
        ("GONGKAI_GENERATIONS", "2", "a whole number of at least 3"),
        ("GONGKAI_GENERATIONS", "many", "a whole number of at least 3"),
        ("GONGKAI_WORKERS", "-1", "a whole number of at least 0"),
        ("GONGKAI_WORKERS", "1.5", "a whole number of at least 0"),
        ("GONGKAI_SETTLE_SECONDS", "-1", "a whole number of at least 0"),
        ("GONGKAI_MAX_NEW_FILES", "0", "a whole number of at least 1"),
        ("GONGKAI_MAX_FILE_MB", "0", "a whole number of at least 1"),
        ("GONGKAI_MAX_FILE_MB", "", "a whole number of at least 1"),
        ("GONGKAI_PAGES_URL", "share/site", "an address that begins with http:// or https://"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(name: str, text: str, demand: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.from_environment({name: text})
    assert str(caught.value).startswith(f"{name}={text!r}: ")
    assert str(caught.value).endswith(demand)


def test_a_time_that_is_none_is_refused_by_name() -> None:
    with pytest.raises(SettingsError, match=r"^GONGKAI_CRON='at noon': give five cron fields, like '0 2 \* \* \*'$"):
        nightly_schedule(Settings(home=Path("/nowhere"), cron="at noon"))


def test_everything_that_is_written_lies_below_the_home() -> None:
    home = Path("/srv/gongkai")
    settings = Settings(home=home)
    assert {
        name: str(getattr(settings, name).relative_to(home))
        for name in (
            "inbox", "archive", "outbox", "published", "work", "build_file", "parse_cache", "dagster_home", "lock_file",
        )
    } == {
        "inbox": "inbox",
        "archive": "archive",
        "outbox": "outbox",
        "published": "published",
        "work": "work",
        "build_file": "work/build/build.duckdb",
        "parse_cache": "work/parse",
        "dagster_home": "work/dagster",
        "lock_file": "work/nightly.lock",
    }  # fmt: skip


def test_times_are_wall_times_of_shanghai() -> None:
    # 2024-12-31 18:30:15.9 UTC
    assert wall_time(1_735_669_815.9) == datetime(2025, 1, 1, 2, 30, 15)
    assert now().tzinfo is None
    assert now().microsecond == 0
