"""News to a group chat: the bodies that WeCom, DingTalk and Feishu document, their signatures and their answers.

Belongs here: one HTTP request. Does not belong here: what is told, when it is tried again another minute
(``pipelines.news.post``). The address is a secret: whoever has it can write to the group. A redirect is not followed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import requests
import urllib3

from pipelines.news.message import Message, one_line, render
from pipelines.news.sent import SECONDS_TO_ANSWER, SECONDS_TO_CONNECT, Sent
from pipelines.news.settings import Webhook

_LONGEST_ANSWER: Final = 65_536
_REFUSALS: Final = {
    # code of the provider: what it means
    "wecom": {93000: "机器人地址无效，或机器人已被移出群", 45009: "发得太频繁", 40058: "内容不合要求"},
    "dingtalk": {
        310000: "安全设置不符：关键词、加签密钥或 IP 段",
        300001: "机器人地址无效",
        300005: "机器人地址无效",
        400013: "群已解散",
        400101: "机器人地址无效",
        400102: "机器人已停用",
        410100: "发得太频繁",
        130101: "发得太频繁",
    },
    "feishu": {
        9499: "内容不合要求",
        11232: "发得太频繁",
        19001: "机器人地址无效",
        19002: "内容不合要求",
        19021: "签名不符，或本机时钟偏差超过一小时",
        19022: "本机 IP 不在白名单内",
        19024: "没有机器人要求的关键词",
    },
}
_SOON_OVER: Final = {-1, 45009, 410100, 130101, 11232}
"""codes that say busy or too often"""

# urllib3 writes the path of every request to its log at DEBUG, and the path is the secret
logging.getLogger("urllib3").setLevel(logging.INFO)


@dataclass(frozen=True, slots=True)
class Kind:
    """How one provider is spoken to. ``codes``: the fields of its answer that are 0 on success (none: any 2xx is)."""

    label: str
    provider: str
    body: Callable[[Message, str], dict[str, Any]]
    codes: tuple[str, ...] = ()
    sign: Callable[[str, float], tuple[Mapping[str, str], Mapping[str, str]]] | None = None
    """(secret, POSIX time) -> what is added to the address, what is added to the body"""


def send_webhook(webhook: Webhook, ca_file: str | None, message: Message) -> Sent:
    """One attempt to post ``message``."""
    kind = KINDS[webhook.kind]
    url, body = request_of(webhook, message, time.time())
    try:
        with requests.post(
            url,
            data=json.dumps(body, ensure_ascii=False).encode(),
            headers={"Content-Type": "application/json; charset=utf-8", "Accept-Encoding": "identity"},
            timeout=(SECONDS_TO_CONNECT, SECONDS_TO_ANSWER),
            verify=ca_file or True,
            allow_redirects=False,
            stream=True,
        ) as response:
            return _judged(kind, response.status_code, _bounded(response))
    except requests.exceptions.SSLError:
        return Sent("证书不可信；自建证书请配置 GONGKAI_NEWS_CA_FILE")
    except requests.RequestException as error:
        # its text has the whole address in it
        what = "超时未答复" if isinstance(error, requests.Timeout) else "连不上，或中途断开"
        return Sent(what, is_transient=True)
    except (urllib3.exceptions.HTTPError, OSError):  # while the answer is read
        return Sent("答复中途断开", is_transient=True)


def request_of(webhook: Webhook, message: Message, now: float) -> tuple[str, dict[str, Any]]:
    """(address, body) of the request that is made at the POSIX time ``now``."""
    kind = KINDS[webhook.kind]
    url, body = webhook.url.reveal(), kind.body(message, webhook.keyword)
    if kind.sign is not None and webhook.signing_secret:
        query, fields = kind.sign(webhook.signing_secret.reveal(), now)
        if query:
            url += ("&" if urlsplit(url).query else "?") + urlencode(query)
        body = {**fields, **body}
    return url, body


def _judged(kind: Kind, status: int, answer: bytes) -> Sent:
    if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        is_transient = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS
        return Sent(f"答复 HTTP {status}", is_transient=is_transient)
    if not kind.codes:
        return Sent()
    try:
        told = json.loads(answer)
    except ValueError:
        told = None
    code = next((told[name] for name in kind.codes if name in told), None) if isinstance(told, dict) else None
    if type(code) is not int:
        return Sent("答复不是预期的 JSON：地址可能不对，或被网关拦下")
    if code == 0:
        return Sent()
    meaning = _REFUSALS[kind.provider].get(code)
    return Sent(f"拒收，代码 {code}{f'（{meaning}）' if meaning else ''}", is_transient=code in _SOON_OVER)


def _bounded(response: requests.Response) -> bytes:
    """The first bytes of the answer, for at most as long as one answer may take."""
    until = time.monotonic() + SECONDS_TO_ANSWER
    data = b""
    while len(data) < _LONGEST_ANSWER and time.monotonic() < until:
        more = response.raw.read1(_LONGEST_ANSWER)
        if not more:
            break
        data += more
    return data


def _with(keyword: str, text: str) -> str:
    """``text`` with the keyword in it."""
    return text if keyword in text else f"{keyword} {text}"


def _markdown(message: Message, _: str) -> dict[str, Any]:
    return {"msgtype": "markdown", "markdown": {"content": render(message, "markdown", 4096)}}


def _text(message: Message, _: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": render(message, "text", 2048)}}


def _dingtalk(message: Message, keyword: str) -> dict[str, Any]:
    # the whole request may have 20 000 bytes, in which a line break and a quotation mark are two
    text = render(message, "spaced_markdown", 15_000)
    return {"msgtype": "markdown", "markdown": {"title": one_line(message.subject), "text": _with(keyword, text)}}


def _feishu(message: Message, keyword: str) -> dict[str, Any]:
    return {"msg_type": "text", "content": {"text": _with(keyword, render(message, "text", 15_000))}}


def _plain_json(message: Message, _: str) -> dict[str, Any]:
    return {
        "subject": one_line(message.subject),
        "summary": one_line(message.summary),
        "text": render(message, "text", 64_000),
        "link": message.link,
    }


def _sign_dingtalk(secret: str, now: float) -> tuple[Mapping[str, str], Mapping[str, str]]:
    timestamp = str(round(now * 1000))
    return {"timestamp": timestamp, "sign": _hmac(secret, f"{timestamp}\n{secret}")}, {}


def _sign_feishu(secret: str, now: float) -> tuple[Mapping[str, str], Mapping[str, str]]:
    timestamp = str(round(now))
    # here the text to be signed is the key, and nothing is signed
    return {}, {"timestamp": timestamp, "sign": _hmac(f"{timestamp}\n{secret}", "")}


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode("ascii")


KINDS: Final = {
    "wecom": Kind("企业微信", "wecom", _markdown, ("errcode",)),
    "wecom_text": Kind("企业微信", "wecom", _text, ("errcode",)),
    "dingtalk": Kind("钉钉", "dingtalk", _dingtalk, ("errcode",), _sign_dingtalk),
    "feishu": Kind("飞书", "feishu", _feishu, ("code", "StatusCode"), _sign_feishu),
    "webhook": Kind("网络钩子", "webhook", _plain_json),
}
