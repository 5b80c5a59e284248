"""What ``gongkai news`` prints: the channels, what waits for them, the digest as it would be sent now.

Belongs here: layout for a terminal. Does not belong here: anything that is sent by itself (``pipelines.sensors``).
"""

from __future__ import annotations

import time
from functools import partial
from typing import Final

from rich.console import Console

from pipelines.news.daily import todays_digest
from pipelines.news.message import Message, render
from pipelines.news.post import Post, channels
from pipelines.news.sent import attempt
from pipelines.news.settings import NewsSettings
from pipelines.settings import Settings

_MOST_BYTES: Final = 64_000
_NONE: Final = "没有配置通道，不发任何通知。配置方法见 docs/news.md。"
_TEST: Final = Message(
    subject="公开统计：测试消息",
    summary="收到这条消息，说明这个通道可以用。这不是告警，也不是日报。",
)


def print_channels(console: Console, settings: Settings, news: NewsSettings) -> None:
    """Print every channel with what it has not taken yet, and when the digest is made."""
    if not news.has_channel:
        console.print(_NONE)
        return
    post = Post(settings)
    for channel in channels(news):
        waiting = post.waiting(channel)
        console.print(f"{channel.label}：{f'有 {len(waiting)} 条待发' if waiting else '没有待发的消息'}")
        for _, message, problem in waiting:
            console.print(f"  {message.subject}{f'（上次没有发出：{problem}）' if problem else ''}", soft_wrap=True)
    days = "、".join(map(str, news.deadline_days))
    console.print(f"日报每天 {news.digest_at:%H:%M} 以后；截止日前 {days} 天提醒。")


def print_preview(console: Console, settings: Settings, news: NewsSettings) -> None:
    """Print what the digest would say now."""
    told = todays_digest(settings, news)
    if told is None:
        console.print("还没有发布过，没有日报。")
    elif told[0] is None:
        console.print("没有变化，今天不发日报。")
    else:
        console.print(render(told[0], "text", _MOST_BYTES), soft_wrap=True)


def send_test(console: Console, news: NewsSettings) -> bool:
    """Send a test message over every channel and print what came of each; whether all of them took it."""
    if not news.has_channel:
        console.print(_NONE)
    answers = []
    for channel in channels(news):
        answer = attempt(partial(channel.send, _TEST), time.sleep)
        console.print(f"{channel.label}：{answer.problem or answer.remark or '已送出'}", soft_wrap=True)
        answers.append(answer)
    return not any(answer.problem for answer in answers)
