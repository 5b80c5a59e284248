"""A message, and how it looks as text, markdown and HTML within a number of bytes.

Belongs here: layout, cutting, making text from outside harmless in a chat. Does not belong here: what is told.
What does not fit is left out, of every part its last lines, and counted: 另有 n 条，见网页.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Final

from markupsafe import escape

from pipelines.answers.wording import plain

_MOST_LINES: Final = 20
"""of a part, however long the message may be"""
_LONGEST_LINE: Final = 240
_ACTIVE_IN_TEXT: Final = str.maketrans("<>@", "＜＞＠")
_ACTIVE_IN_MARKDOWN: Final = str.maketrans("<>@[]`*#", "＜＞＠［］｀＊＃")
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
    for most_lines in range(_MOST_LINES, -1, -1):
        text = _STYLES[style][-1].join(_laid_out(message, style, most_lines))
        if len(text.encode()) <= most_bytes:
            return text
    return text.encode()[: most_bytes - len("…".encode())].decode("utf-8", "ignore") + "…"


def as_html(message: Message) -> str:
    """A plain page for a mail."""
    lines = [f"<h1>{escape(one_line(message.subject))}</h1>", f"<p>{escape(one_line(message.summary))}</p>"]
    for part in message.parts:
        items = "".join(f"<li>{escape(one_line(text))}</li>" for text in _first(part, _MOST_LINES))
        lines.append(f"<h2>{escape(one_line(part.title))}</h2><ul>{items}</ul>")
    lines += [f"<p>{escape(one_line(text))}</p>" for text in message.closing]
    if message.link:
        lines.append(f'<p><a href="{escape(message.link)}">{escape(message.link_text)}</a></p>')
    return _PAGE.format("\n".join(lines))


def one_line(text: str) -> str:
    """Text from outside as one short line with nothing hidden in it, and no address that a program makes a link of."""
    line = " ".join(plain(text).split()).replace("://", "：//")
    return line if len(line) <= _LONGEST_LINE else f"{line[: _LONGEST_LINE - 1]}…"


def _first(part: Part, most: int) -> Iterator[str]:
    """The first lines of a part, and how many are missing."""
    yield from part.lines[:most]
    if len(part.lines) > most:
        yield f"另有 {len(part.lines) - most} 条，见网页"


def _laid_out(message: Message, style: str, most_lines: int) -> Iterator[str]:
    subject, summary, title, line, closing, link, _ = _STYLES[style]
    active = _ACTIVE_IN_TEXT if style == "text" else _ACTIVE_IN_MARKDOWN

    def shown(text: str) -> str:
        return one_line(text).translate(active)

    yield subject.format(shown(message.subject))
    if message.summary:
        yield summary.format(shown(message.summary))
    for part in message.parts:
        yield title.format(shown(part.title))
        yield from (line.format(shown(text)) for text in _first(part, most_lines))
    yield from (closing.format(shown(text)) for text in message.closing)
    if message.link:
        yield link.format(message.link, message.link_text)
