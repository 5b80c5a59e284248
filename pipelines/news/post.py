"""What waits to be sent, what was sent, and what is remembered between two ticks: ``work/news.sqlite``.

Belongs here: that a message is neither lost nor sent twice. A message and the memory that it follows from are written
in one transaction; a message is struck off, channel by channel, once the channel has taken it. What cannot be excluded:
a channel that took a message and died before it said so gets it again. ``work/`` may be deleted: what waits is lost
then, and the next digest tells the last night once more.
"""

from __future__ import annotations

import fcntl
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

from pipelines.news import mail
from pipelines.news.mail import send_mail
from pipelines.news.message import Message
from pipelines.news.sent import Sent, attempt
from pipelines.news.settings import NewsSettings
from pipelines.news.webhook import KINDS, send_webhook
from pipelines.settings import Settings

FILE_NAME: Final = "news.sqlite"
_MOST_A_TICK: Final = 10
"""messages over one channel; robots take twenty a minute"""
_SECONDS_A_CHANNEL: Final = 10
"""no further message over the same channel after that; the tick of a sensor has a minute for all"""
_TOO_OLD: Final = timedelta(days=3)
"""news that could not be sent for so long is none any more; it stays in the table, without a time of sending"""
_KEPT: Final = timedelta(days=90)
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS message (key TEXT PRIMARY KEY, message TEXT NOT NULL, queued_at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    key TEXT NOT NULL, channel TEXT NOT NULL, attempts INTEGER NOT NULL, problem TEXT NOT NULL, sent_at TEXT,
    PRIMARY KEY (key, channel));
CREATE TABLE IF NOT EXISTS memory (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_DUE: Final = """
SELECT m.key, m.message, coalesce(d.problem, '')
FROM message AS m
LEFT JOIN delivery AS d ON d.key = m.key AND d.channel = ?
WHERE d.sent_at IS NULL AND m.queued_at >= ?
ORDER BY coalesce(d.attempts, 0), m.queued_at, m.key
LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Channel:
    """One way out: its name in the table, what people call it, and one attempt to send."""

    name: str
    label: str
    send: Callable[[Message], Sent]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a tick sent, and what went wrong, in sentences."""

    sent: int
    problems: tuple[str, ...]
    remarks: tuple[str, ...]


def channels(news: NewsSettings) -> list[Channel]:
    """The configured channels."""
    found = []
    if (server := news.mail) is not None:
        found.append(Channel("mail", mail.LABEL, partial(send_mail, server, news.ca_file)))
    for webhook in news.webhooks:
        kind = KINDS[webhook.kind]
        found.append(Channel(kind.provider, kind.label, partial(send_webhook, webhook, news.ca_file)))
    return found


class Post:
    """The table of messages and the memory of one installation."""

    def __init__(self, settings: Settings) -> None:
        self._path = settings.work / FILE_NAME
        self._clock = settings.clock

    def recall(self, name: str) -> str | None:
        """What was remembered under a name."""
        if not self._path.exists():
            return None
        with self._open() as database:
            row = database.execute("SELECT value FROM memory WHERE name = ?", [name]).fetchone()
        return row[0] if row else None

    def put(self, key: str, message: Message | None, remember: Mapping[str, str] | None = None) -> None:
        """Let ``message`` wait for every channel, once ever under its key, and remember what it follows from."""
        now = self._clock()
        with self._open() as database:
            if message is not None:
                row = [key, message.to_json(), now.isoformat()]
                database.execute("INSERT OR IGNORE INTO message VALUES (?, ?, ?)", row)
            database.executemany("INSERT OR REPLACE INTO memory VALUES (?, ?)", list((remember or {}).items()))
            database.execute("DELETE FROM message WHERE queued_at < ?", [(now - _KEPT).isoformat()])
            database.execute("DELETE FROM delivery WHERE key NOT IN (SELECT key FROM message)")

    def waiting(self, channel: Channel, most: int = 1000) -> list[tuple[str, Message, str]]:
        """(key, message, last problem) of what a channel has not taken: the least tried first, then the oldest."""
        if not self._path.exists():
            return []
        since = (self._clock() - _TOO_OLD).isoformat()
        with self._open() as database:
            rows = database.execute(_DUE, [channel.name, since, most]).fetchall()
        return [(key, Message.from_json(text), problem) for key, text, problem in rows]

    def deliver(self, to: Sequence[Channel], sleep: Callable[[float], None] = time.sleep) -> Delivery:
        """Send what waits; a channel that fails is left for the next tick, the others go on.

        The least tried goes first: a message that a channel will never take does not stop the others.
        """
        problems: list[str] = []
        remarks: list[str] = []
        sent = 0
        if not self._path.exists():
            return Delivery(0, (), ())
        with self._alone() as is_alone:
            for channel in to if is_alone else ():
                until = time.monotonic() + _SECONDS_A_CHANNEL
                for key, message, _ in self.waiting(channel, _MOST_A_TICK):
                    answer = attempt(partial(channel.send, message), sleep)
                    self._note(key, channel, answer)
                    if answer.problem:
                        problems.append(f"{channel.label}：{answer.problem}")
                        break
                    sent += 1
                    if answer.remark:
                        remarks.append(f"{channel.label}：{answer.remark}")
                    if time.monotonic() > until:
                        break
        return Delivery(sent, tuple(problems), tuple(remarks))

    def _note(self, key: str, channel: Channel, answer: Sent) -> None:
        sent_at = None if answer.problem else self._clock().isoformat()
        with self._open() as database:
            database.execute(
                "INSERT INTO delivery VALUES (?, ?, 1, ?, ?) ON CONFLICT (key, channel) DO UPDATE "
                "SET attempts = attempts + 1, problem = excluded.problem, sent_at = excluded.sent_at",
                [key, channel.name, answer.problem, sent_at],
            )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A connection in one transaction."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._path, timeout=10)) as database, database:
            database.executescript(_TABLES)
            yield database

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Whether nobody else is sending: a tick that its deadline cut off may still be at it."""
        with self._path.with_suffix(".lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
            else:
                yield True
