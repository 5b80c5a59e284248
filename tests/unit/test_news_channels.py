"""Mail and webhooks against servers on loopback: what arrives, what counts as failed, and that no secret gets out."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import smtplib
import socket
import ssl
from collections.abc import Iterator
from email.headerregistry import Address
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.news import sent, webhook
from pipelines.news.mail import mime, send_mail
from pipelines.news.message import Message, Part
from pipelines.news.sent import Sent, attempt
from pipelines.news.settings import Mail, Secret, Webhook
from pipelines.news.webhook import request_of, send_webhook
from tests.unit.news_servers import MailServer, Reply, certificate, mail_server, web_server

TOKEN = "hush-hush-token"  # noqa: S105 - not one
MESSAGE = Message("公开统计日报", "扣留 1 份", (Part("扣留", ("甲局：错误 2 处",)),), link="https://pages/index.html")
LONG = Message(
    "日报", "", tuple(Part(f"部分{n}", tuple(f"机构{n}之{i}：错误" * 9 for i in range(30))) for n in range(9))
)


@pytest.fixture(autouse=True)
def no_secret_gets_out(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """Every test of this file runs with every logger open, and looks at all that was logged and printed."""
    caplog.set_level(logging.DEBUG)
    yield
    out = capfd.readouterr()
    assert TOKEN not in caplog.text + out.out + out.err


def hook(kind: str, url: str, secret: str = "", keyword: str = "") -> Webhook:
    return Webhook(kind, Secret(f"{url}/send?key={TOKEN}"), Secret(secret), keyword)


# webhooks


def test_wecom_gets_markdown_or_text() -> None:
    with web_server() as server:
        assert send_webhook(hook("wecom", server.url), None, MESSAGE) == Sent()
        assert send_webhook(hook("wecom_text", server.url), None, MESSAGE) == Sent()
    path, headers, body = server.requests[0]
    assert path == f"/send?key={TOKEN}"
    assert headers["Content-Type"] == "application/json; charset=utf-8"
    assert body == {
        "msgtype": "markdown",
        "markdown": {
            "content": "**公开统计日报**\n扣留 1 份\n**扣留**\n> 甲局：错误 2 处\n[打开网页](https://pages/index.html)"
        },
    }
    assert server.bodies[1]["msgtype"] == "text"
    assert server.bodies[1]["text"]["content"].startswith("公开统计日报\n扣留 1 份\n【扣留】\n・甲局")


@pytest.mark.parametrize(
    ("kind", "field", "most"),
    [("wecom", ("markdown", "content"), 4096), ("wecom_text", ("text", "content"), 2048),
     ("dingtalk", ("markdown", "text"), 20_000), ("feishu", ("content", "text"), 20_000)],
)  # fmt: skip
def test_no_message_is_longer_than_the_provider_takes(kind: str, field: tuple[str, str], most: int) -> None:
    with web_server([Reply(body='{"errcode": 0, "code": 0}')]) as server:
        assert send_webhook(hook(kind, server.url), None, LONG) == Sent()
    (body,) = server.bodies
    text = body[field[0]][field[1]]
    assert len(text.encode()) <= most
    assert int(server.requests[0][1]["Content-Length"]) <= 20_000
    assert "条，见网页" in text


def test_dingtalk_is_signed_in_the_address_and_has_its_keyword() -> None:
    with web_server() as server:
        assert send_webhook(hook("dingtalk", server.url, "SECabc", "值班"), None, MESSAGE) == Sent()
    path, _, body = server.requests[0]
    query = {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()}
    expected = hmac.new(b"SECabc", f"{query['timestamp']}\nSECabc".encode(), hashlib.sha256).digest()
    assert base64.b64decode(query["sign"]) == expected
    assert query["key"] == TOKEN
    assert len(query["timestamp"]) == 13
    assert body["markdown"]["title"] == "公开统计日报"
    assert body["markdown"]["text"].startswith("值班 ### 公开统计日报\n\n")


def test_feishu_is_signed_in_the_body() -> None:
    with web_server([Reply(body='{"code": 0, "msg": "success"}')]) as server:
        assert send_webhook(hook("feishu", server.url, "s2", "公开统计"), None, MESSAGE) == Sent()
    path, _, body = server.requests[0]
    assert path == f"/send?key={TOKEN}"
    expected = hmac.new(f"{body['timestamp']}\ns2".encode(), b"", hashlib.sha256).digest()
    assert base64.b64decode(body["sign"]) == expected
    assert len(body["timestamp"]) == 10
    # the keyword is in the subject already
    assert body["content"]["text"].startswith("公开统计日报\n")
    assert body["msg_type"] == "text"


def test_a_robot_without_a_signing_secret_gets_no_signature() -> None:
    url, body = request_of(Webhook("dingtalk", Secret("https://x/send")), MESSAGE, 1_600_000_000.0)
    assert url == "https://x/send"
    _, body = request_of(Webhook("feishu", Secret("https://x/send")), MESSAGE, 1_600_000_000.0)
    assert set(body) == {"msg_type", "content"}


def test_an_address_without_a_query_gets_one() -> None:
    url, _ = request_of(Webhook("dingtalk", Secret("https://gate/ding"), Secret("k")), MESSAGE, 1.5)
    assert url.startswith("https://gate/ding?timestamp=1500&sign=")


def test_plain_json_for_a_gateway_of_ones_own() -> None:
    with web_server([Reply(status=204, body="")]) as server:
        assert send_webhook(hook("webhook", server.url), None, MESSAGE) == Sent()
    assert server.bodies == [
        {
            "subject": "公开统计日报",
            "summary": "扣留 1 份",
            "text": "公开统计日报\n扣留 1 份\n【扣留】\n・甲局：错误 2 处\n打开网页：https://pages/index.html",
            "link": "https://pages/index.html",
        }
    ]


@pytest.mark.parametrize(
    ("kind", "reply", "problem", "is_transient"),
    [
        ("wecom", Reply(body=f'{{"errcode": 93000, "errmsg": "invalid {TOKEN}"}}'),
         "拒收，代码 93000（机器人地址无效，或机器人已被移出群）", False),
        ("wecom", Reply(body='{"errcode": 45009}'), "拒收，代码 45009（发得太频繁）", True),
        ("dingtalk", Reply(body='{"errcode": 310000}'),
         "拒收，代码 310000（安全设置不符：关键词、加签密钥或 IP 段）", False),
        ("feishu", Reply(body='{"code": 19021}'), "拒收，代码 19021（签名不符，或本机时钟偏差超过一小时）", False),
        ("feishu", Reply(body='{"StatusCode": 7}'), "拒收，代码 7", False),
        ("wecom", Reply(body="<html>portal</html>"), "答复不是预期的 JSON：地址可能不对，或被网关拦下", False),
        ("wecom", Reply(body='{"errcode": "0"}'), "答复不是预期的 JSON：地址可能不对，或被网关拦下", False),
        ("wecom", Reply(body="[0]"), "答复不是预期的 JSON：地址可能不对，或被网关拦下", False),
        ("webhook", Reply(status=404, body=TOKEN), "答复 HTTP 404", False),
        ("webhook", Reply(status=500), "答复 HTTP 500", True),
        ("webhook", Reply(status=429), "答复 HTTP 429", True),
        ("webhook", Reply(status=302, headers={"Location": "/elsewhere"}), "答复 HTTP 302", False),
    ],
)  # fmt: skip
def test_a_refusal_is_told_by_its_code_alone(kind: str, reply: Reply, problem: str, is_transient: bool) -> None:
    with web_server([reply]) as server:
        assert send_webhook(hook(kind, server.url), None, MESSAGE) == Sent(problem, is_transient)
    assert len(server.requests) == 1


def test_a_feishu_answer_of_the_old_kind_is_a_success() -> None:
    with web_server([Reply(body='{"StatusCode": 0, "StatusMessage": "success"}')]) as server:
        assert send_webhook(hook("feishu", server.url), None, MESSAGE) == Sent()


def test_nobody_there_and_nobody_answering(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    assert send_webhook(hook("wecom", f"http://127.0.0.1:{port}"), None, MESSAGE) == Sent("连不上，或中途断开", True)
    monkeypatch.setattr(webhook, "SECONDS_TO_ANSWER", 0.2)
    with web_server([Reply(seconds=1)]) as server:
        assert send_webhook(hook("wecom", server.url), None, MESSAGE) == Sent("超时未答复", True)


def test_an_unknown_certificate_is_refused_and_ones_own_is_trusted(tmp_path: Path) -> None:
    tls = certificate(tmp_path)
    with web_server(tls=tls) as server:
        answer = send_webhook(hook("wecom", server.url), None, MESSAGE)
        assert answer == Sent("证书不可信；自建证书请配置 GONGKAI_NEWS_CA_FILE")
        assert server.requests == []
        assert send_webhook(hook("wecom", server.url), str(tls[0]), MESSAGE) == Sent()


def test_five_hundred_and_then_two_hundred_is_sent_once() -> None:
    waits: list[float] = []
    with web_server([Reply(status=500), Reply()]) as server:
        assert attempt(lambda: send_webhook(hook("wecom", server.url), None, MESSAGE), waits.append) == Sent()
    assert len(server.requests) == 2
    assert len(waits) == 1


def test_attempts_are_bounded_and_a_final_refusal_is_not_repeated() -> None:
    waits: list[float] = []
    with web_server([Reply(status=503)]) as server:
        answer = attempt(lambda: send_webhook(hook("wecom", server.url), None, MESSAGE), waits.append)
    assert answer == Sent("答复 HTTP 503", True)
    assert len(server.requests) == 3
    assert sum(waits) < 4
    with web_server([Reply(body='{"errcode": 93000}')]) as server:
        attempt(lambda: send_webhook(hook("wecom", server.url), None, MESSAGE), waits.append)
    assert len(server.requests) == 1


def test_no_new_attempt_after_the_time_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sent, "_SECONDS_FOR_ALL", 0)
    with web_server([Reply(status=503)]) as server:
        attempt(lambda: send_webhook(hook("wecom", server.url), None, MESSAGE), lambda _: None)
    assert len(server.requests) == 1


# mail


def mail(server: MailServer, security: str = "none", user: str = "", host: str = "localhost") -> Mail:
    return Mail(
        host, server.port, security, user, Secret(TOKEN if user else ""), Address("公开统计", "news", "example.org"),
        (Address("值班", "duty", "example.org"), Address("", "office", "example.org")),
    )  # fmt: skip


def test_a_mail_has_a_chinese_subject_text_and_html() -> None:
    with mail_server(MailServer()) as server:
        assert send_mail(mail(server), None, MESSAGE) == Sent()
    (got,) = server.mails
    assert got["Subject"] == "公开统计日报"
    assert got["From"] == "公开统计 <news@example.org>"
    assert got["To"] == "值班 <duty@example.org>, office@example.org"
    assert server.recipients == [["duty@example.org", "office@example.org"]]
    assert got["Message-ID"].endswith("@example.org>")
    plain, page = got.get_body(("plain",)), got.get_body(("html",))
    assert plain is not None
    assert page is not None
    assert plain.get_content().splitlines() == [
        "公开统计日报", "扣留 1 份", "【扣留】", "・甲局：错误 2 处", "打开网页：https://pages/index.html",
    ]  # fmt: skip
    assert "<h2>扣留</h2><ul><li>甲局：错误 2 处</li></ul>" in page.get_content()


def test_a_mail_is_ascii_on_the_wire() -> None:
    raw = bytes(mime(mail(MailServer(port=25)), MESSAGE))
    assert b"Subject: =?utf-8?" in raw
    assert raw.isascii()


def test_a_line_break_in_a_subject_adds_no_header() -> None:
    with mail_server(MailServer()) as server:
        assert send_mail(mail(server), None, Message("日报\r\nBcc: evil@example.org", "")) == Sent()
    assert server.mails[0]["Bcc"] is None
    assert server.mails[0]["Subject"] == "日报 Bcc: evil@example.org"


@pytest.mark.parametrize("security", ["starttls", "ssl"])
def test_login_over_an_encrypted_line(tmp_path: Path, security: str) -> None:
    tls = certificate(tmp_path)
    with mail_server(MailServer(), tls=tls, security=security) as server:
        refused = send_mail(mail(server, security, "me"), None, MESSAGE)
        assert refused.problem.startswith("服务器的证书不可信")
        assert server.logins == []
        assert send_mail(mail(server, security, "me"), str(tls[0]), MESSAGE) == Sent()
    assert server.logins == [("me", TOKEN)]
    assert len(server.mails) == 1


def test_a_wrong_password_is_told_without_it() -> None:
    with mail_server(MailServer(accepts_login=False)) as server:
        answer = send_mail(mail(server, "none", "me"), None, MESSAGE)
    assert answer == Sent("服务器答复 535（用户名或密码不对）")
    assert server.logins == [("me", TOKEN)] * len(server.logins)


def test_a_server_without_encryption_is_not_trusted_with_a_password() -> None:
    with mail_server(MailServer()) as server:
        answer = send_mail(mail(server, "starttls", "me"), None, MESSAGE)
    assert answer.problem.startswith("服务器不支持所配置的加密")
    assert (server.logins, server.mails) == ([], [])


def test_one_refused_recipient_is_told_and_the_others_have_it() -> None:
    with mail_server(MailServer(refused=frozenset({"duty@example.org"}))) as server:
        assert send_mail(mail(server), None, MESSAGE) == Sent(remark="有 1 个收件人被服务器拒绝")
        server.refused = frozenset({"duty@example.org", "office@example.org"})
        assert send_mail(mail(server), None, MESSAGE) == Sent("服务器答复 550（服务器不接受收件人或发件人）")
    assert server.recipients == [["office@example.org"]]


def test_a_busy_mail_server_is_tried_again() -> None:
    with mail_server(MailServer(data_replies=["451 try again later"])) as server:
        assert attempt(lambda: send_mail(mail(server), None, MESSAGE), lambda _: None) == Sent()
    assert len(server.mails) == 1


def test_no_mail_server_at_all() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    answer = send_mail(mail(MailServer(port=port), host="127.0.0.1"), None, MESSAGE)
    assert answer == Sent("连不上服务器，或中途断开、超时", is_transient=True)


def test_what_mail_raises_is_what_is_caught() -> None:
    # the order of the handlers depends on it
    assert issubclass(smtplib.SMTPException, OSError)
    assert issubclass(ssl.SSLError, OSError)
