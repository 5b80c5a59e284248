"""Where things lie and what bounds them, typed, from the environment.

Belongs here: every environment variable that the software knows, but for those of the news, of which a mistake must not
stop a night (``pipelines.news.settings``). Does not belong here: reading or writing any of it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from pipelines.readers.model import Limits
from warehouse.publish import CURRENT, FILE_NAME

TIMEZONE: Final = "Asia/Shanghai"
NIGHTLY_CRON: Final = "0 2 * * *"
_LAST_TIMESTAMP: Final = 253_370_000_000
"""late in 9998: a share may carry any number as a file's time"""
PROJECT: Final = Path(__file__).parent.parent
_ON: Final = {"on": True, "1": True, "true": True, "off": False, "0": False, "false": False}


class SettingsError(ValueError):
    """An environment variable has a value that makes no sense."""


def now() -> datetime:
    """Wall time of Asia/Shanghai, naive, to the second: the time that every table carries."""
    return datetime.now(ZoneInfo(TIMEZONE)).replace(tzinfo=None, microsecond=0)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between one installation and another."""

    home: Path
    """all that is written at run time lies below it"""
    register: Path | None = None
    """folder of the city's own register; None = the one in ``schemas/register``"""
    cron: str = NIGHTLY_CRON
    receipts: bool = True
    generations_kept: int = 3
    workers: int | None = None
    """reading processes; None = one a core"""
    settle_seconds: int = 0
    """between two looks at what is new: what has changed by the second is still being written"""
    max_new_files: int = 2000
    """of one folder of the inbox in one night; the others wait for the next"""
    limits: Limits = field(default_factory=Limits)
    pages_url: str = ""
    """where a web server shows ``published/current/site``, without the last slash; '' = nowhere, paths are shown"""
    clock: Callable[[], datetime] = now
    """what time it is to a night; nothing in the environment sets it"""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Settings from GONGKAI_* variables. Raises SettingsError naming the variable."""
        env = os.environ if environment is None else environment
        register = env.get("GONGKAI_REGISTER")
        pages_url = (env.get("GONGKAI_PAGES_URL") or "").rstrip("/")
        if pages_url and not pages_url.startswith(("http://", "https://")):
            raise SettingsError(
                f"GONGKAI_PAGES_URL={pages_url!r}: give an address that begins with http:// or https://"
            )
        return cls(
            home=Path(env.get("GONGKAI_HOME") or "data").absolute(),
            register=Path(register).absolute() if register else None,
            cron=env.get("GONGKAI_CRON") or NIGHTLY_CRON,
            receipts=_switch(env, "GONGKAI_RECEIPTS", default=True),
            generations_kept=_number(env, "GONGKAI_GENERATIONS", default=3, least=3),
            workers=_number(env, "GONGKAI_WORKERS", default=0, least=0) or None,
            settle_seconds=_number(env, "GONGKAI_SETTLE_SECONDS", default=3, least=0),
            max_new_files=_number(env, "GONGKAI_MAX_NEW_FILES", default=2000, least=1),
            limits=Limits(max_bytes=_number(env, "GONGKAI_MAX_FILE_MB", default=20, least=1) * 1024**2),
            pages_url=pages_url,
        )

    @property
    def inbox(self) -> Path:
        """What departments drop, one folder an organ; never changed by the job."""
        return self.home / "inbox"

    @property
    def decisions(self) -> Path:
        """The office's decisions on findings; departments must not be able to write here."""
        return self.home / "decisions"

    @property
    def archive(self) -> Path:
        """Received bytes by SHA-256, write-once, and the journal."""
        return self.home / "archive"

    @property
    def outbox(self) -> Path:
        """Answers, one folder an organ."""
        return self.home / "outbox"

    @property
    def published(self) -> Path:
        """What analysts read; ``current`` is a link."""
        return self.home / "published"

    @property
    def published_file(self) -> Path:
        """The database of the last publication."""
        return self.published / CURRENT / FILE_NAME

    @property
    def work(self) -> Path:
        """Everything that may be deleted; only the run history is lost."""
        return self.home / "work"

    @property
    def build_file(self) -> Path:
        """The build database of the night."""
        return self.work / "build" / "build.duckdb"

    @property
    def site(self) -> Path:
        """The office's pages of the night, before they are published."""
        return self.work / "site"

    @property
    def parse_cache(self) -> Path:
        """What was read from each file, by reader version."""
        return self.work / "parse"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage."""
        return self.work / "dagster"

    @property
    def lock_file(self) -> Path:
        """Held by the one night that runs."""
        return self.work / "nightly.lock"


def wall_time(timestamp: float) -> datetime:
    """A POSIX timestamp as Asia/Shanghai wall time, naive, to the second; clamped to the years 1970 to 9999."""
    return datetime.fromtimestamp(min(max(timestamp, 0), _LAST_TIMESTAMP), ZoneInfo(TIMEZONE)).replace(
        tzinfo=None, microsecond=0
    )


def _switch(env: Mapping[str, str], name: str, *, default: bool) -> bool:
    text = env.get(name)
    if text is None:
        return default
    try:
        return _ON[text.lower()]
    except KeyError:
        raise SettingsError(f"{name}={text!r}: say on or off") from None


def _number(env: Mapping[str, str], name: str, *, default: int, least: int) -> int:
    text = env.get(name)
    if text is None:
        return default
    if not text.isdecimal() or int(text) < least:
        raise SettingsError(f"{name}={text!r}: give a whole number of at least {least}")
    return int(text)
