"""What the news needs to know, from GONGKAI_NEWS_* variables; secrets from a variable or a file.

Belongs here: reading and refusing values, by the variable's name and never with the value of a secret. It is apart from
``pipelines.settings`` so that a mistake here cannot stop a night: whoever sends news reads it, nobody else.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from email.headerregistry import Address
from email.utils import getaddresses
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pipelines.settings import SettingsError

_PREFIX: Final = "GONGKAI_NEWS_"
_SECRETS: Final = (
    "SMTP_PASSWORD",
    "WECOM_URL",
    "DINGTALK_URL",
    "DINGTALK_SECRET",
    "FEISHU_URL",
    "FEISHU_SECRET",
    "WEBHOOK_URL",
)
_PLAIN: Final = (
    "SMTP_HOST", "SMTP_PORT", "SMTP_SECURITY", "SMTP_USER", "SMTP_FROM", "SMTP_TO", "WECOM_FORMAT", "DINGTALK_KEYWORD",
    "FEISHU_KEYWORD", "CA_FILE", "DIGEST_AT", "DEADLINE_DAYS", "UI_URL",
)  # fmt: skip
_CHANNELS: Final = ("SMTP_HOST", "WECOM_URL", "DINGTALK_URL", "FEISHU_URL", "WEBHOOK_URL")
"""each of them, set, is a channel"""
_LONGEST_SECRET: Final = 8192
_PORTS: Final = {"starttls": 587, "ssl": 465, "none": 25}
_LAST_PORT: Final = 65535
_DIGEST_AT: Final = time(8, 30)
_DEADLINE_DAYS: Final = (14, 7, 3, 1)


class Secret:
    """A text that no log, error or representation shows; whoever needs it says ``reveal``."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    def __bool__(self) -> bool:
        return bool(self._text)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail server, and who writes to whom. ``security``: starttls, ssl or none."""

    host: str
    port: int
    security: str
    user: str
    password: Secret
    sender: Address
    recipients: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that messages are posted to. ``kind``: wecom, wecom_text, dingtalk, feishu or webhook (plain JSON)."""

    kind: str
    url: Secret
    signing_secret: Secret | None = None
    keyword: str = ""
    """a word that the robot demands in every message"""


@dataclass(frozen=True, slots=True)
class NewsSettings:
    """Channels, and what is told when."""

    mail: Mail | None = None
    webhooks: tuple[Webhook, ...] = ()
    ca_file: str | None = None
    """certificates to trust, for mail and webhooks; None = the system's"""
    digest_at: time = _DIGEST_AT
    deadline_days: tuple[int, ...] = _DEADLINE_DAYS
    ui_url: str = ""
    """where the ops team's pages are reached, for links to runs"""

    @property
    def has_channel(self) -> bool:
        """Whether anybody is told anything."""
        return self.mail is not None or bool(self.webhooks)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> NewsSettings:
        """Raises SettingsError naming the variable; a secret's value is in no message."""
        env = _Environment(os.environ if environment is None else environment)
        return cls(
            mail=_mail(env) if env.text("SMTP_HOST") else None,
            webhooks=tuple(_webhooks(env)),
            ca_file=env.certificates("CA_FILE"),
            digest_at=env.time("DIGEST_AT", _DIGEST_AT),
            deadline_days=env.days("DEADLINE_DAYS", _DEADLINE_DAYS),
            ui_url=env.page("UI_URL"),
        )


def wants_news(environment: Mapping[str, str] | None = None) -> bool:
    """Whether a channel is named in the environment, however wrongly: its mistakes are then told, not passed over."""
    env = os.environ if environment is None else environment
    return any(env.get(_PREFIX + name) or env.get(f"{_PREFIX}{name}_FILE") for name in _CHANNELS)


class _Environment:
    """The variables, by their names without the prefix."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._env = environment
        known = {*_PLAIN, *_SECRETS, *(f"{name}_FILE" for name in _SECRETS)}
        for name in environment:
            if name.startswith(_PREFIX) and name.removeprefix(_PREFIX) not in known:
                raise SettingsError(f"没有 {name} 这个变量；见 docs/news.md")

    def text(self, name: str) -> str:
        return self._env.get(_PREFIX + name, "").strip()

    def secret(self, name: str) -> Secret:
        variable = _PREFIX + name
        path = self._env.get(f"{variable}_FILE", "")
        if not path:
            return Secret(self.text(name))
        if self.text(name):
            raise SettingsError(f"{variable} 和 {variable}_FILE 只能给一个")
        try:
            with Path(path).open("rb") as file:
                data = file.read(_LONGEST_SECRET + 1)
        except OSError as error:
            raise SettingsError(f"{variable}_FILE：文件 {path} 打不开（{error.strerror}）") from None
        text = _decoded(data)
        if not text or len(data) > _LONGEST_SECRET:
            raise SettingsError(
                f"{variable}_FILE：文件 {path} 应当只有一行密文（UTF-8，不超过 {_LONGEST_SECRET} 字节）"
            )
        return Secret(text)

    def url(self, name: str) -> Secret:
        secret = self.secret(name)
        if secret and not _is_url(secret.reveal()):
            raise SettingsError(f"{_PREFIX}{name}：请写 http:// 或 https:// 开头的完整地址")
        return secret

    def page(self, name: str) -> str:
        text = self.text(name)
        if text and not _is_url(text):
            raise SettingsError(f"{_PREFIX}{name}={text!r}：请写 http:// 或 https:// 开头的完整地址")
        return text.rstrip("/")

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        text = self.text(name).lower() or choices[0]
        if text not in choices:
            raise SettingsError(f"{_PREFIX}{name}={text!r}：可以写 {'、'.join(choices)}")
        return text

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        text = self.text(name)
        if not text:
            return default
        if not text.isdecimal() or not least <= int(text) <= most:
            raise SettingsError(f"{_PREFIX}{name}={text!r}：请写 {least} 到 {most} 的整数")
        return int(text)

    def time(self, name: str, default: time) -> time:
        text = self.text(name)
        if not text:
            return default
        hit = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text, re.ASCII)
        if hit is None:
            raise SettingsError(f"{_PREFIX}{name}={text!r}：请写 24 小时制的时刻，如 08:30")
        return time(int(hit[1]), int(hit[2]))

    def days(self, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
        text = self.text(name)
        if not text:
            return default
        parts = [part.strip() for part in text.split(",")]
        if not all(part.isdecimal() and len(part) <= len("365") for part in parts):
            raise SettingsError(f"{_PREFIX}{name}={text!r}：请写天数，用逗号分开，如 14,7,3,1")
        return tuple(sorted({int(part) for part in parts}, reverse=True))

    def certificates(self, name: str) -> str | None:
        text = self.text(name)
        if text and not Path(text).is_file():
            raise SettingsError(f"{_PREFIX}{name}={text!r}：没有这个文件")
        try:
            ssl.create_default_context(cafile=text or None)
        except OSError:  # an SSLError is one
            raise SettingsError(f"{_PREFIX}{name}={text!r}：不是 PEM 格式的证书，或读不了") from None
        return text or None

    def addresses(self, name: str) -> tuple[Address, ...]:
        text = self.text(name)
        try:
            found = tuple(Address(display_name=shown, addr_spec=spec) for shown, spec in getaddresses([text]))
        except (ValueError, IndexError):  # what the parser of addresses says of a text that is none
            found = ()
        if not found or not text.isprintable() or not all(address.username and address.domain for address in found):
            raise SettingsError(f"{_PREFIX}{name}={text!r}：请写邮件地址，几个的用逗号分开")
        return found


def _mail(env: _Environment) -> Mail:
    security = env.choice("SMTP_SECURITY", tuple(_PORTS))
    user, password = env.text("SMTP_USER"), env.secret("SMTP_PASSWORD")
    if bool(user) != bool(password):
        raise SettingsError(f"{_PREFIX}SMTP_USER 和 {_PREFIX}SMTP_PASSWORD（或 …_FILE）要么都给，要么都不给")
    return Mail(
        host=env.text("SMTP_HOST"),
        port=env.number("SMTP_PORT", _PORTS[security], least=1, most=_LAST_PORT),
        security=security,
        user=user,
        password=password,
        sender=env.addresses("SMTP_FROM")[0],
        recipients=env.addresses("SMTP_TO"),
    )


def _webhooks(env: _Environment) -> list[Webhook]:
    wecom = {"markdown": "wecom", "text": "wecom_text"}[env.choice("WECOM_FORMAT", ("markdown", "text"))]
    found = [
        Webhook(wecom, env.url("WECOM_URL")),
        Webhook("dingtalk", env.url("DINGTALK_URL"), env.secret("DINGTALK_SECRET"), env.text("DINGTALK_KEYWORD")),
        Webhook("feishu", env.url("FEISHU_URL"), env.secret("FEISHU_SECRET"), env.text("FEISHU_KEYWORD")),
        Webhook("webhook", env.url("WEBHOOK_URL")),
    ]
    return [webhook for webhook in found if webhook.url]


def _decoded(data: bytes) -> str:
    """The one line of a file; '' where it is no such thing."""
    try:
        text = data.decode("utf-8").strip()
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and text.isprintable()
    except ValueError:
        return False
