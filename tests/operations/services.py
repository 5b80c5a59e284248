"""Helpers: the programs that an installation runs, as processes of their own, and waiting for what they do."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import requests

PROJECT = Path(__file__).parents[2]
HANDBOOK = PROJECT / "docs" / "operations.md"
GONGKAI = (sys.executable, "-m", "pipelines")


def free_port() -> int:
    """A port of loopback that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(home: Path, **more: str) -> dict[str, str]:
    """This environment without what another installation has set, for the one in ``home``."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("GONGKAI_", "DAGSTER_"))}
    return inherited | {"GONGKAI_HOME": str(home)} | more


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A service until the end of the block; what it says is in ``log``."""
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(timeout=60)


def wait_for(what: Callable[[], bool], seconds: float, log: Path) -> None:
    """Until ``what`` holds; fails with the end of ``log``."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, f"not within {seconds} s: {log.read_text(errors='replace')[-2000:]}"
        time.sleep(0.2)


def answers(url: str) -> bool:
    """Whether a web server is there."""
    try:
        return requests.get(url, timeout=5).status_code == requests.codes.ok
    except requests.ConnectionError:
        return False


def section(heading: str) -> str:
    """What the handbook says under a heading, up to the next one of its level or above."""
    level = heading.split(" ", maxsplit=1)[0]
    text = HANDBOOK.read_text(encoding="utf-8")
    start = text.index(f"\n{heading}\n") + len(heading) + 2
    end = re.compile(rf"^#{{1,{len(level)}}} ", re.MULTILINE).search(text, start)
    return text[start : end.start() if end else None]


def commands(heading: str) -> str:
    """The first block of commands under a heading of the handbook, as it is written."""
    found = re.search(r"^```sh\n(.*?)^```$", section(heading), re.MULTILINE | re.DOTALL)
    assert found is not None
    return found.group(1)
