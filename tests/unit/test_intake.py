"""Taking in: what is new, when it was received, what cannot be read, and that the inbox is never changed."""

from __future__ import annotations

import hashlib
import os
import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pipelines.intake import archived_path, shown, take_in
from pipelines.journal import Journal
from pipelines.readers.model import Limits
from pipelines.settings import Settings, now, wall_time


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    home = Settings(home=tmp_path / "home", limits=Limits(max_bytes=1000))
    home.inbox.mkdir(parents=True)
    return home


def drop(settings: Settings, path: str, data: bytes, at: datetime | None = None) -> Path:
    target = settings.inbox / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if at is not None:
        seconds = (at - wall_time(0)).total_seconds()
        os.utime(target, (seconds, seconds))
    return target


def night(settings: Settings):
    return take_in(settings, Journal(settings.archive))


def test_new_bytes_are_archived_once_and_read_only(settings: Settings) -> None:
    original = drop(settings, "A/年报.xlsx", b"figures")
    before = original.stat()
    intake = night(settings)
    (entry,) = intake.new
    sha256 = hashlib.sha256(b"figures").hexdigest()
    assert (entry["sha256"], entry["folder"], entry["path"], entry["outcome"]) == (
        sha256,
        "A",
        "A/年报.xlsx",
        "archived",
    )
    stored = archived_path(settings.archive, sha256)
    assert stored.read_bytes() == b"figures"
    assert stat.S_IMODE(stored.stat().st_mode) == 0o444
    assert original.stat() == before
    assert night(settings).new == ()
    assert night(settings).unchanged == 1


def test_a_changed_file_is_received_again(settings: Settings) -> None:
    drop(settings, "A/one.csv", b"first")
    night(settings)
    drop(settings, "A/one.csv", b"second")
    (entry,) = night(settings).new
    assert entry["sha256"] == hashlib.sha256(b"second").hexdigest()
    assert len(Journal(settings.archive).of("file_received")) == 2


def test_the_time_of_receipt_is_the_modification_time_but_not_before_the_last_look(settings: Settings) -> None:
    drop(settings, "A/early.csv", b"1", datetime(2025, 1, 15, 9, 30))
    (early,) = night(settings).new
    assert early["received_at"] == "2025-01-15T09:30:00"
    drop(settings, "A/backdated.csv", b"2", datetime(2025, 1, 15, 9, 30))
    (late,) = night(settings).new
    assert now() - datetime.fromisoformat(late["received_at"]) < timedelta(minutes=5)


def test_a_time_in_the_future_is_the_nights(settings: Settings) -> None:
    drop(settings, "A/clock.csv", b"1", now() + timedelta(days=400))
    (entry,) = night(settings).new
    assert datetime.fromisoformat(entry["received_at"]) <= now()


def test_files_come_in_the_order_in_which_they_arrived(settings: Settings) -> None:
    drop(settings, "A/z.csv", b"1", datetime(2024, 1, 1))
    drop(settings, "A/a.csv", b"2", datetime(2024, 1, 2))
    assert [entry["path"] for entry in night(settings).new] == ["A/z.csv", "A/a.csv"]


def test_what_is_no_regular_file_is_answered_and_not_opened(settings: Settings) -> None:
    drop(settings, "A/real.csv", b"1")
    (settings.inbox / "A" / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(settings.inbox / "A" / "pipe.csv")
    outcomes = {entry["path"]: entry["outcome"] for entry in night(settings).new}
    assert outcomes == {"A/real.csv": "archived", "A/link.csv": "rejected", "A/pipe.csv": "rejected"}
    assert night(settings).new == ()


def test_an_oversized_file_is_answered_and_not_stored(settings: Settings) -> None:
    drop(settings, "A/big.csv", b"x" * 1001)
    (entry,) = night(settings).new
    assert entry["outcome"] == "rejected"
    assert "上限" in entry["reason"]
    assert not archived_path(settings.archive, entry["sha256"]).exists()


def test_lock_files_of_office_programs_are_ignored(settings: Settings) -> None:
    drop(settings, "A/~$年报.xlsx", b"lock")
    drop(settings, "A/Thumbs.db", b"thumbs")
    intake = night(settings)
    assert (intake.new, intake.ignored) == ((), 2)


def test_a_file_directly_in_the_inbox_has_no_folder(settings: Settings) -> None:
    drop(settings, "stray.csv", b"1")
    (entry,) = night(settings).new
    assert entry["folder"] == ""


def test_a_damaged_cache_only_costs_time(settings: Settings) -> None:
    drop(settings, "A/one.csv", b"1")
    night(settings)
    (settings.work / "seen.json").write_text("{", encoding="ascii")
    intake = night(settings)
    assert (intake.new, intake.unchanged) == ((), 1)


def test_names_are_shown_without_control_characters() -> None:
    assert shown("A/\x1b[31m\n年报\udcff.csv") == "A/\\x1b[31m\\n年报\\udcff.csv"


def test_a_file_of_terabytes_of_holes_is_not_read(settings: Settings) -> None:
    path = drop(settings, "A/huge.csv", b"")
    os.truncate(path, 2**42)
    (entry,) = night(settings).new
    assert (entry["outcome"], entry["size"]) == ("rejected", 2**42)
    assert night(settings).new == ()


def test_what_could_not_be_opened_is_tried_again_every_night(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(settings, "A/locked.csv", b"1")
    drop(settings, "A/open.csv", b"2")
    real = os.open

    def busy(path: str | Path, *arguments: int) -> int:
        if str(path).endswith("locked.csv"):
            raise OSError(16, "Device or resource busy")
        return real(path, *arguments)

    monkeypatch.setattr("pipelines.intake.os.open", busy)
    outcomes = {entry["path"]: (entry["outcome"], entry["reason"]) for entry in night(settings).new}
    assert outcomes["A/open.csv"] == ("archived", "")
    assert outcomes["A/locked.csv"][0] == "rejected"
    assert "busy" in outcomes["A/locked.csv"][1]
    assert night(settings).new == ()
    monkeypatch.undo()
    assert [(entry["path"], entry["outcome"]) for entry in night(settings).new] == [("A/locked.csv", "archived")]


def test_a_linked_folder_is_reported_not_followed(settings: Settings, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "figures.csv").write_bytes(b"1")
    (settings.inbox / "A").symlink_to(outside)
    intake = night(settings)
    assert (intake.new, intake.unreachable) == ((), ("A",))


def test_a_time_beyond_all_calendars_is_clamped() -> None:
    assert wall_time(1e15).year == 9998
    assert wall_time(-1e15).year == 1970


def test_an_object_left_half_written_is_written_again(settings: Settings) -> None:
    drop(settings, "A/one.csv", b"1")
    stored = archived_path(settings.archive, hashlib.sha256(b"1").hexdigest())
    stored.parent.mkdir(parents=True)
    left = stored.with_suffix(".partial")
    left.write_bytes(b"")
    left.chmod(0o444)
    night(settings)
    assert stored.read_bytes() == b"1"
    assert not left.exists()
