"""A message, and how it looks as text, markdown and HTML within a number of bytes.

Belongs here: layout, cutting, making text from outside harmless in a chat. Does not belong here: what is told.
What does not fit is left out from the end, and counted: 另有 n 条，见网页.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from markupsafe import escape

from pipelines.answers.wording import plain

MOST_MAIL_BYTES: Final = 64_000
"""a digest of a bad day is read in a mail, too, or not at all"""
_LONGEST_LINE: Final = 240
_ACTIVE_IN_TEXT: Final = str.maketrans("<>@", "＜＞＠")
_ACTIVE_IN_MARKDOWN: Final = str.maketrans("<>@[]`*_#", "＜＞＠［］｀＊＿＃")
"""what would become a link, an emphasis, a heading or a call to everybody in some chat"""
_PAGE: Final = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8"><style>
body {{ font: 15px/1.6 sans-serif }} h1 {{ font-size: 18px }}
h2 {{ font-size: 15px; margin: 1em 0 .2em }} ul {{ margin: 0 }}
</style></head><body>
{}
</body></html>
"""
_STYLES: Final = {
    # style: subject, summary, title of a part, line, closing, link, between two lines
    "text": ("{}", "{}", "【{}】", "・{}", "{}", "{1}：{0}", "\n"),
    "markdown": ("**{}**", "{}", "**{}**", "> {}", "{}", "[{1}]({0})", "\n"),
    # a single line break is none there
    "spaced_markdown": ("### {}", "{}", "**{}**", "- {}", "{}", "[{1}]({0})", "\n\n"),
}


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under a title; the first ones matter most."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """What is told: a subject, one line that says it all, parts in order of weight, what to do, where to read on."""

    subject: str
    summary: str
    parts: tuple[Part, ...] = ()
    closing: tuple[str, ...] = ()
    link: str = ""
    link_text: str = "打开网页"

    def to_json(self) -> str:
        """As one JSON object."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Message:
        """What ``to_json`` wrote."""
        told = json.loads(text)
        parts = tuple(Part(part["title"], tuple(part["lines"])) for part in told["parts"])
        return cls(**(told | {"parts": parts, "closing": tuple(told["closing"])}))


def render(message: Message, style: str, most_bytes: int) -> str:
    """``message`` in a style (text, markdown, spaced_markdown), at most ``most_bytes`` long in UTF-8."""
    total = sum(len(part.lines) for part in message.parts)
    for kept in range(total, -1, -1):
        text = _STYLES[style][-1].join(_laid_out(message, style, kept, total))
        if len(text.encode()) <= most_bytes:
            return text
    return text.encode()[: most_bytes - len("…".encode())].decode("utf-8", "ignore") + "…"


def as_html(message: Message) -> str:
    """A plain page for a mail, of the lines that the text has."""
    kept = total = sum(len(part.lines) for part in message.parts)
    while kept and len(_page(message, kept, total).encode()) > MOST_MAIL_BYTES:
        kept -= 1
    return _page(message, kept, total)


def one_line(text: str) -> str:
    """Text from outside as one short line with nothing hidden in it, and no address that a program makes a link of."""
    line = " ".join(plain(text).split()).replace("://", "：//")
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"


def _cut(message: Message, kept: int, total: int) -> Iterator[Part]:
    """The parts with their first lines, ``kept`` in all, and last how many are missing."""
    left = kept
    for part in message.parts:
        if lines := part.lines[:left]:
            yield Part(part.title, lines)
        left -= len(lines)
    if kept < total:
        yield Part(f"另有 {total - kept} 条，见网页", ())


def _laid_out(message: Message, style: str, kept: int, total: int) -> Iterator[str]:
    subject, summary, title, line, closing, link, _ = _STYLES[style]
    inactive = _ACTIVE_IN_TEXT if style == "text" else _ACTIVE_IN_MARKDOWN

    def shown(text: str) -> str:
        return one_line(text).translate(inactive)

    yield subject.format(shown(message.subject))
    if message.summary:
        yield summary.format(shown(message.summary))
    for part in _cut(message, kept, total):
        yield title.format(shown(part.title))
        yield from (line.format(shown(text)) for text in part.lines)
    yield from (closing.format(shown(text)) for text in message.closing)
    if message.link:
        yield link.format(message.link, message.link_text)


def _page(message: Message, kept: int, total: int) -> str:
    lines = [f"<h1>{escape(one_line(message.subject))}</h1>", f"<p>{escape(one_line(message.summary))}</p>"]
    for part in _cut(message, kept, total):
        items = "".join(f"<li>{escape(one_line(text))}</li>" for text in part.lines)
        lines.append(f"<h2>{escape(one_line(part.title))}</h2>" + (f"<ul>{items}</ul>" if items else ""))
    lines += [f"<p>{escape(one_line(text))}</p>" for text in message.closing]
    if message.link:
        lines.append(f'<p><a href="{escape(message.link)}">{escape(message.link_text)}</a></p>')
    return _PAGE.format("\n".join(lines))
