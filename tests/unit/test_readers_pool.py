"""Reading in processes that may die: only the file that killed one pays for it."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys
import time
from pathlib import Path, PosixPath

import pytest

from pipelines.readers import read_file
from pipelines.readers.model import FileReading, Limits
from pipelines.readers.pool import READER_VERSION, Item, read_many, reader_version
from tests.unit.reader_files import FORMS, typed

FORM = FORMS["fj_annex_2017"]
CRASHED = "读取程序在这个文件上崩溃、超时或内存不足；文件可能损坏，或很远的地方也有单元格，请重新导出为 .xlsx 后重报"


class Aborts(PosixPath):
    """A file whose bytes abort the process that reads them, as a parser's own abort() does."""

    def read_bytes(self) -> bytes:
        os.abort()


class Leaves(PosixPath):
    def read_bytes(self) -> bytes:
        os._exit(1)


class Hangs(PosixPath):
    def read_bytes(self) -> bytes:
        while True:
            time.monotonic()


class Sleeps(PosixPath):
    def read_bytes(self) -> bytes:
        time.sleep(600)
        return b""


class Faults(PosixPath):
    """A parser that reads where it must not."""

    def read_bytes(self) -> bytes:
        return ctypes.string_at(0)


class Swells(PosixPath):
    def read_bytes(self) -> bytes:
        return b"x" * 8 * 1024**3


class Grows(PosixPath):
    """A parser that asks for more and more, each time for little."""

    def read_bytes(self) -> bytes:
        held = []
        while True:
            held.append(bytes(1024**2))


class Recurses(PosixPath):
    def read_bytes(self) -> bytes:
        return self.read_bytes()


class Raises(PosixPath):
    def read_bytes(self) -> bytes:
        raise ZeroDivisionError


@pytest.fixture
def good(tmp_path: Path) -> list[Item]:
    items = []
    for number in range(6):
        path = tmp_path / f"{number}.xlsx"
        path.write_bytes(typed(FORM, values=dict.fromkeys(FORM.cells(), number)))
        items.append((f"key{number}", path, f"{number}.xlsx"))
    return items


def first_values(read: list[tuple[str, FileReading]]) -> dict[str, object]:
    """key -> the first figure of its submission, or its rejection"""
    return {
        key: reading.submissions[0].cells[0].value if reading.submissions else reading.problems[0].message
        for key, reading in read
    }


def test_every_item_is_answered_once_in_the_order_given(good: list[Item]) -> None:
    read = list(read_many(reversed(good), Limits(), workers=2))
    assert [key for key, _ in read] == ["key5", "key4", "key3", "key2", "key1", "key0"]
    assert first_values(read) == {f"key{number}": number for number in range(6)}
    assert read[0][1] == read_file(good[5][1].read_bytes(), "5.xlsx")
    assert list(read_many([], Limits())) == []


def test_files_that_kill_cost_only_themselves(good: list[Item]) -> None:
    items = [
        ("abort", Aborts("/a"), "a"),
        *good[:3],
        ("leave", Leaves("/b"), "b"),
        ("fault", Faults("/d"), "d"),
        *good[3:],
        ("deep", Recurses("/e"), "e"),
        ("odd", Raises("/c"), "c"),
    ]
    read = list(read_many(items, Limits(), workers=2))
    assert [key for key, _ in read] == [
        "abort",
        "key0",
        "key1",
        "key2",
        *("leave", "fault"),
        "key3",
        "key4",
        "key5",
        *("deep", "odd"),
    ]
    answers = first_values(read)
    assert {key: answers[key] for key in ("abort", "leave", "fault", "deep", "odd")} == {
        "abort": f"{CRASHED}（BrokenProcessPool）",
        "leave": f"{CRASHED}（BrokenProcessPool）",
        "fault": f"{CRASHED}（BrokenProcessPool）",
        "deep": f"{CRASHED}（RecursionError）",
        "odd": f"{CRASHED}（ZeroDivisionError）",
    }
    assert [answers[f"key{number}"] for number in range(6)] == [0, 1, 2, 3, 4, 5]
    assert {reading.problems[0].rule_id for _, reading in read if reading.problems} == {"V01"}


def test_processor_time_and_memory_are_bounded(good: list[Item]) -> None:
    items = [
        ("hang", Hangs("/a"), "a"),
        good[2],
        ("swell", Swells("/b"), "b"),
        good[4],
        ("grow", Grows("/c"), "c"),
    ]
    started = time.monotonic()
    answers = first_values(list(read_many(items, Limits(max_cpu_seconds=3), workers=2)))
    assert time.monotonic() - started < 60
    assert answers == {
        "hang": f"{CRASHED}（BrokenProcessPool）",
        "key2": 2,
        "swell": f"{CRASHED}（MemoryError）",
        "key4": 4,
        "grow": f"{CRASHED}（MemoryError）",
    }


def test_a_process_that_only_waits_is_ended_too(good: list[Item], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.xlsx"
    os.mkfifo(pipe)
    answers = dict(
        read_many([*good[:2], ("waits", pipe, "pipe.xlsx"), ("sleeps", Sleeps("/a"), "a")], Limits(max_seconds=3), 2)
    )
    for key in ("waits", "sleeps"):
        assert [problem.rule_id for problem in answers[key].problems] == ["V01"]
        assert not answers[key].is_final
    assert all(answers[key].is_final and answers[key].submissions for key in ("key0", "key1"))


def test_the_bounds_do_not_reach_the_parent(good: list[Item]) -> None:
    before = [resource.getrlimit(kind) for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)]
    list(read_many(good[:1], Limits(), workers=1))
    after = [resource.getrlimit(kind) for kind in (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_CORE)]
    assert after == before


def test_a_job_with_hard_limits_of_its_own_still_reads(good: list[Item], tmp_path: Path) -> None:
    script = tmp_path / "limited.py"
    script.write_text(
        "import resource, sys\n"
        "from pathlib import Path\n"
        "from pipelines.readers.model import Limits\n"
        "from pipelines.readers.pool import read_many\n"
        "if __name__ == '__main__':\n"
        "    resource.setrlimit(resource.RLIMIT_AS, (3 * 1024**3, 3 * 1024**3))\n"
        "    resource.setrlimit(resource.RLIMIT_CPU, (500, 500))\n"
        "    items = [('k', Path(sys.argv[1]), 'x.xlsx')]\n"
        "    (_, reading), = read_many(items, Limits(max_memory_bytes=4 * 1024**3, max_cpu_seconds=1000), 1)\n"
        "    print(len(reading.submissions[0].cells))\n",
        encoding="utf-8",
    )
    command = [sys.executable, str(script), str(good[0][1])]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])
    assert (done.stdout, done.returncode) == ("30\n", 0), done.stderr


def test_a_long_folder_for_temporary_files_breaks_no_reading(good: list[Item], tmp_path: Path) -> None:
    """The path of a socket may have 107 bytes."""
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    script = tmp_path / "long.py"
    script.write_text(
        "import sys, tempfile\n"
        "from pathlib import Path\n"
        "from pipelines.readers.model import Limits\n"
        "from pipelines.readers.pool import read_many\n"
        "if __name__ == '__main__':\n"
        "    (_, reading), = read_many([('k', Path(sys.argv[1]), 'x.xlsx')], Limits(), 1)\n"
        "    print(len(reading.submissions[0].cells), tempfile.gettempdir())\n",
        encoding="utf-8",
    )
    command = [sys.executable, str(script), str(good[0][1])]
    environment = os.environ | {"TMPDIR": str(folder)}
    root = Path(__file__).parents[2]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, env=environment)
    assert (done.stdout, done.returncode) == (f"30 {folder}\n", 0), done.stderr


def test_the_version_changes_with_whatever_decides_what_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reader_version() == READER_VERSION
    read_bytes = Path.read_bytes
    for name in (
        "recognise.py",
        "pool.py",
        "cells.py",
        "narrative.py",
        "form.py",
        "gb_2021.yaml",
        "narrative_codes.csv",
        "prose_phrases.csv",
        "prose.py",
    ):

        def changed(path: Path, name: str = name) -> bytes:
            return read_bytes(path) + (b" " if path.name == name else b"")

        monkeypatch.setattr(Path, "read_bytes", changed)
        assert reader_version() != READER_VERSION, name
