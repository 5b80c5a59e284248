"""Helpers: a mail server and a web server on loopback that answer as a test tells them, and remember what they got.

Belongs here: the servers and a certificate for them. Does not belong here: any expectation.
"""

from __future__ import annotations

import json
import ssl
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class Reply:
    """What the web server says to one request, after ``seconds``."""

    status: int = 200
    body: str = '{"errcode": 0, "errmsg": "ok"}'
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class WebServer:
    """Requests as they came: path with query, headers, body as JSON. Of ``replies`` the last is repeated."""

    url: str
    replies: list[Reply]
    requests: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    @property
    def bodies(self) -> list[Any]:
        return [body for _, _, body in self.requests]


@contextmanager
def web_server(replies: Sequence[Reply] = (Reply(),), tls: tuple[Path, Path] | None = None) -> Iterator[WebServer]:
    """A server on a free port of loopback; ``tls`` is (certificate, key)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            data = self.rfile.read(int(self.headers["Content-Length"]))
            told.requests.append((self.path, dict(self.headers.items()), json.loads(data)))
            reply = told.replies.pop(0) if len(told.replies) > 1 else told.replies[0]
            time.sleep(reply.seconds)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
    told = WebServer(f"{scheme}://{host}:{server.server_address[1]}", list(replies))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailServer:
    """Mails as they came, with their recipients; ``refused`` addresses get a 550, ``data_replies`` come first."""

    port: int = 0
    refused: frozenset[str] = frozenset()
    data_replies: list[str] = field(default_factory=list)
    mails: list[EmailMessage] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    logins: list[tuple[str, str]] = field(default_factory=list)
    accepts_login: bool = True

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 no such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        if self.data_replies:
            return self.data_replies.pop(0)
        content = cast("bytes", envelope.content)
        self.mails.append(cast("EmailMessage", message_from_bytes(content, policy=policy.default)))
        self.recipients.append(list(envelope.rcpt_tos))
        return "250 OK"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login.decode(), data.password.decode()))
        return AuthResult(success=self.accepts_login, handled=self.accepts_login)


class _LoopbackController(Controller):
    """The base class asks for port 0 and then cannot find itself: it is told which port it got."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]  # an asyncio server
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def mail_server(
    told: MailServer, *, tls: tuple[Path, Path] | None = None, security: str = "none"
) -> Iterator[MailServer]:
    """A mail server on a free port of loopback; ``security`` as in the settings, needs ``tls`` unless none."""
    context = None
    if tls is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
    options: dict[str, Any] = {"authenticator": told.authenticate}
    if security == "starttls":
        options |= {"tls_context": context, "require_starttls": True, "auth_require_tls": True}
    else:
        options |= {"auth_require_tls": False}
    controller = _LoopbackController(
        told, hostname="127.0.0.1", port=0, ssl_context=context if security == "ssl" else None, **options
    )
    controller.start()  # type: ignore[no-untyped-call]
    told.port = controller.port
    try:
        yield told
    finally:
        controller.stop()  # type: ignore[no-untyped-call]


def certificate(folder: Path) -> tuple[Path, Path]:
    """(certificate, key) for localhost, signed by itself."""
    made, key = folder / "server.pem", folder / "server.key"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", str(key), "-out", str(made)],
        check=True, capture_output=True,
    )  # fmt: skip
    return made, key
