"""News by mail: the message as MIME, and handing it to the city's own mail server.

Belongs here: SMTP. Does not belong here: what is told, when it is tried again another minute (``pipelines.news.post``).
"""

from __future__ import annotations

import smtplib
import ssl
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Final
from zoneinfo import ZoneInfo

from pipelines.news.message import Message, as_html, one_line, render
from pipelines.news.sent import SECONDS_TO_ANSWER, Sent
from pipelines.news.settings import Mail
from pipelines.settings import TIMEZONE

LABEL: Final = "邮件"
_MOST_BYTES: Final = 64_000
_TRANSIENT_FROM, _PERMANENT_FROM = 400, 500
"""SMTP replies between them: try again later"""
_ADVICE: Final = {
    530: "服务器要求登录，或要求先加密",
    534: "服务器要求别的登录方式",
    535: "用户名或密码不对",
    550: "服务器不接受收件人或发件人",
    552: "邮件太大",
    553: "服务器不接受这个发件地址",
    554: "服务器拒收",
}


def mime(mail: Mail, message: Message) -> EmailMessage:
    """The message as plain text and HTML; a Chinese subject is encoded as RFC 2047 says."""
    made = EmailMessage()
    made["Subject"] = one_line(message.subject)
    made["From"] = mail.sender
    made["To"] = mail.recipients
    made["Date"] = format_datetime(datetime.now(ZoneInfo(TIMEZONE)))
    # with the sender's domain: the machine's own name would be looked up, and told to everybody
    made["Message-ID"] = make_msgid(domain=mail.sender.domain)
    made["Auto-Submitted"] = "auto-generated"
    # not every old server takes eight bits
    made.set_content(render(message, "text", _MOST_BYTES), cte="base64")
    made.add_alternative(as_html(message), subtype="html", cte="base64")
    return made


def send_mail(mail: Mail, ca_file: str | None, message: Message) -> Sent:
    """One attempt to hand ``message`` to the mail server."""
    try:
        refused = _hand_over(mail, mime(mail, message), ca_file)
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return _replied(min(codes))
    except smtplib.SMTPResponseException as error:
        return _replied(error.smtp_code)
    except smtplib.SMTPNotSupportedError:
        return Sent("服务器不支持所配置的加密或登录方式，请检查 GONGKAI_NEWS_SMTP_SECURITY")
    except ssl.SSLError:
        return Sent("服务器的证书不可信，或加密方式不对；自建证书请配置 GONGKAI_NEWS_CA_FILE")
    except (OSError, smtplib.SMTPException):  # a broken connection is an OSError or an SMTPServerDisconnected
        return Sent("连不上服务器，或中途断开、超时", is_transient=True)
    return Sent(remark=f"有 {len(refused)} 个收件人被服务器拒绝" if refused else "")


def _hand_over(mail: Mail, made: EmailMessage, ca_file: str | None) -> dict[str, tuple[int, bytes]]:
    context = ssl.create_default_context(cafile=ca_file)
    if mail.security == "ssl":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, mail.sender.domain, timeout=SECONDS_TO_ANSWER, context=context
        )
    else:
        server = smtplib.SMTP(mail.host, mail.port, mail.sender.domain, timeout=SECONDS_TO_ANSWER)
    with server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, mail.password.reveal())
        return server.send_message(made)


def _replied(code: int) -> Sent:
    advice = f"（{_ADVICE[code]}）" if code in _ADVICE else ""
    return Sent(f"服务器答复 {code}{advice}", is_transient=_TRANSIENT_FROM <= code < _PERMANENT_FROM)
