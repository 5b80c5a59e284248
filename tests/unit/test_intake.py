"""Taking in: what is new, when it was received, what cannot be read, and that the inbox is never changed."""

from __future__ import annotations

import hashlib
import io
import os
import socket
import stat
import time
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.intake import archived_path, shown, take_in
from pipelines.journal import Journal
from pipelines.readers.model import Limits
from pipelines.settings import Settings, now, wall_time
from pipelines.summary import print_left


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


# files still being written ------------------------------------------------------------------------------------------


def settling(monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], object]) -> list[float]:
    """Let ``meanwhile`` happen between the two looks; returns the pauses that were made."""
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        meanwhile()

    monkeypatch.setattr("pipelines.intake.time.sleep", sleep)
    return pauses


def said_of(settings: Settings) -> str:
    """What the command line says of what the last night has left."""
    console = Console(file=io.StringIO(), width=200)
    print_left(console, Journal(settings.archive).of("night_opened")[-1])
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_file_that_grows_between_two_looks_waits_for_the_next_night(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings, settle_seconds=5)
    # the clock of the file server is two days behind: the file looks old, and grows all the same
    growing = drop(settings, "A/growing.csv", b"1", now() - timedelta(days=2))
    drop(settings, "A/whole.csv", b"2")

    def grow() -> None:
        stamp = growing.stat().st_mtime_ns
        with growing.open("ab") as file:
            file.write(b"1")
        os.utime(growing, ns=(stamp, stamp))

    pauses = settling(monkeypatch, grow)
    intake = night(settings)
    assert ([entry["path"] for entry in intake.new], intake.deferred) == (["A/whole.csv"], ("A/growing.csv",))
    # one pause for all files
    assert len(pauses) == 1
    assert said_of(settings) == "1 个文件还在写入，留到下一夜。\n"
    assert 4 < pauses[0] <= 5
    assert Journal(settings.archive).of("night_opened")[-1]["still_being_written"] == 1
    monkeypatch.setattr("pipelines.intake.time.sleep", pauses.append)
    intake = night(settings)
    assert ([entry["path"] for entry in intake.new], intake.deferred) == (["A/growing.csv"], ())
    assert archived_path(settings.archive, intake.new[0]["sha256"]).read_bytes() == b"11"
    assert len(pauses) == 2
    # nothing is new: nobody waits
    assert night(settings).unchanged == 2
    assert len(pauses) == 2


def test_a_file_rewritten_with_as_many_bytes_waits_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(settings, settle_seconds=5)
    path = drop(settings, "A/one.csv", b"123", datetime(2025, 1, 15))
    settling(monkeypatch, lambda: path.write_bytes(b"124"))
    assert night(settings).deferred == ("A/one.csv",)


def test_a_file_whose_server_gives_it_another_number_each_time_is_received(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings, settle_seconds=5)
    path = drop(settings, "A/one.csv", b"1", datetime(2025, 1, 15))

    def replace_by_a_copy() -> None:
        copy = path.with_name("copy")
        copy.write_bytes(b"1")
        stamp = path.stat().st_mtime_ns
        os.utime(copy, ns=(stamp, stamp))
        copy.replace(path)

    settling(monkeypatch, replace_by_a_copy)
    intake = night(settings)
    assert ([entry["path"] for entry in intake.new], intake.deferred) == (["A/one.csv"], ())


def test_a_file_renamed_while_it_is_copied_is_found_under_its_last_name(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings, settle_seconds=5)
    part = drop(settings, "A/年报.xlsx.part", b"1")
    settling(monkeypatch, lambda: part.rename(part.with_suffix("")))
    intake = night(settings)
    assert (intake.new, intake.deferred) == ((), ("A/年报.xlsx.part",))
    monkeypatch.undo()
    settings = replace(settings, settle_seconds=0)
    assert [entry["path"] for entry in night(settings).new] == ["A/年报.xlsx"]


# names, numbers and depths ------------------------------------------------------------------------------------------


def test_names_made_to_harm_are_only_names(settings: Settings) -> None:
    names = [
        "..xlsx",
        "..%2f..%2fetc.csv",
        "a..b.csv",
        "line\nbreak\r.csv",
        "\x1b[31m\x07.csv",
        "\u202egnp.csv",
        "-rf",
        "'; DROP TABLE x; --.csv",
        "年" * 83 + ".csv",
        "x" * 251 + ".csv",
        os.fsdecode("报表.csv".encode("gbk")),
        " ",
        "COM1.",
    ]
    for number, name in enumerate(names):
        drop(settings, f"A/{name}", str(number).encode())
    assert max(len(os.fsencode(name)) for name in names) == 255
    intake = night(settings)
    assert {entry["path"]: entry["outcome"] for entry in intake.new} == {f"A/{name}": "archived" for name in names}
    assert all(shown(entry["path"]).isprintable() for entry in intake.new)
    stored = sorted(path.name for path in (settings.archive / "objects").glob("*/*"))
    assert stored == sorted(hashlib.sha256(str(number).encode()).hexdigest() for number in range(len(names)))
    assert night(settings).unchanged == len(names)


def test_twins_by_case_and_by_normalisation_are_two_files(settings: Settings) -> None:
    names = ["年报.xlsx", "年报.XLSX", *(unicodedata.normalize(form, "é年报.csv") for form in ("NFC", "NFD"))]
    for number, name in enumerate(names):
        drop(settings, f"A/{name}", str(number % 3).encode())
    intake = night(settings)
    assert sorted(entry["path"] for entry in intake.new) == sorted(f"A/{name}" for name in names)
    assert len({entry["sha256"] for entry in intake.new}) == 3
    assert night(settings).unchanged == 4


def test_a_socket_is_answered_and_not_opened(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    (settings.inbox / "A").mkdir()
    monkeypatch.chdir(settings.inbox / "A")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("年报.xlsx")
        (entry,) = night(settings).new
    assert (entry["path"], entry["outcome"]) == ("A/年报.xlsx", "rejected")
    assert entry["reason"] == "不是普通文件（链接、管道或设备），未读取"


def test_folders_without_end_are_looked_into_to_a_bound(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    drop(settings, "A/1/2/3/near.csv", b"1")
    name = "d" * 100
    monkeypatch.chdir(settings.inbox / "A")
    for _ in range(60):
        # beyond 4096 bytes no path can be named from the root
        os.mkdir(name)  # noqa: PTH102
        os.chdir(name)
    Path("far.csv").write_bytes(b"2")
    intake = night(settings)
    assert [entry["path"] for entry in intake.new] == ["A/1/2/3/near.csv"]
    assert intake.unreachable == ("A" + f"/{name}" * 20,)


def test_a_flood_of_files_waits_and_holds_up_nobody_else(settings: Settings) -> None:
    settings = replace(settings, max_new_files=3)
    for number in range(8):
        drop(settings, f"A/{number}.csv", str(number).encode(), datetime(2025, 1, 1 + number))
    drop(settings, "B/年报.csv", b"b", datetime(2025, 1, 31))
    taken, beyond = [], []
    for _ in range(4):
        intake = night(settings)
        taken.append([entry["path"] for entry in intake.new])
        beyond.append(len(intake.beyond))
    assert taken == [
        ["A/0.csv", "A/1.csv", "A/2.csv", "B/年报.csv"],
        ["A/3.csv", "A/4.csv", "A/5.csv"],
        ["A/6.csv", "A/7.csv"],
        [],
    ]
    assert beyond == [5, 2, 0, 0]
    assert said_of(settings) == ""
    assert [entry["beyond_the_bound"] for entry in Journal(settings.archive).of("night_opened")] == beyond
    # what is known already may change at any time
    drop(settings, "A/0.csv", b"again")
    for number in range(10, 14):
        drop(settings, f"A/{number}.csv", str(number).encode(), datetime(2025, 1, 1))
    assert len(night(settings).new) == 4


def test_a_hundred_thousand_files_take_seconds(settings: Settings) -> None:
    folder = settings.inbox / "A"
    folder.mkdir()
    for number in range(100_000):
        os.close(os.open(folder / f"{number}.csv", os.O_CREAT | os.O_WRONLY))
    drop(settings, "B/年报.csv", b"b")
    settings = replace(settings, max_new_files=50)
    started = time.process_time()
    intake = night(settings)
    # measured: 2.2 s
    assert time.process_time() - started < 20
    assert (len(intake.new), len(intake.beyond)) == (51, 99_950)
    assert said_of(settings) == "99,950 个文件超出每个文件夹一夜收件的数量，留到下一夜。\n"
    assert "B/年报.csv" in {entry["path"] for entry in intake.new}
