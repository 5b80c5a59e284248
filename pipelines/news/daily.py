"""The digest of the day: what it says now, and making it once.

Belongs here: which file it is made from, and from which memory. Does not belong here: the comparison
(``pipelines.news.digest``), when somebody looks (``pipelines.sensors``).
"""

from __future__ import annotations

from typing import Final

from pipelines.journal import Journal
from pipelines.news.digest import Known, digest, known_before, known_now
from pipelines.news.message import Message
from pipelines.news.post import Post
from pipelines.news.settings import NewsSettings
from pipelines.settings import Settings
from warehouse.connection import reader

_MEMORY: Final = "digest"


def todays_digest(settings: Settings, news: NewsSettings) -> tuple[Message | None, Known] | None:
    """What the digest says now (None: nothing), and what is known after it; None where nothing was published."""
    published = settings.published_file
    if not published.exists():
        return None
    today = settings.clock().date()
    remembered = Post(settings).recall(_MEMORY)
    with reader(published) as connection:
        if remembered:
            then = Known.from_json(remembered)
        else:
            then = known_before(connection, Journal(settings.archive).of("night_closed"), today)
        return digest(connection, then, today, news.deadline_days, settings.pages_url), known_now(connection, today)


def tell_today(settings: Settings, news: NewsSettings) -> str:
    """Make the day's digest unless it was made already; says what came of it."""
    now = settings.clock()
    if now.time() < news.digest_at:
        return f"{news.digest_at:%H:%M} 再看"
    post = Post(settings)
    remembered = post.recall(_MEMORY)
    if remembered and Known.from_json(remembered).day >= now.date():
        return "今天已经看过"
    told = todays_digest(settings, news)
    if told is None:
        return "还没有发布过"
    message, known = told
    post.put(f"digest:{known.day}:{known.night}", message, {_MEMORY: known.to_json()})
    return message.subject if message else "没有变化，不发"
