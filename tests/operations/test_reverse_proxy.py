"""The nginx example as shipped - only names, paths and ports are others - before the real web servers."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import requests
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from pipelines.settings import Settings
from tests.integration.night import new_home
from tests.operations.services import GONGKAI, PROJECT, answers, environment, free_port, running, wait_for

EXAMPLE = PROJECT / "docs" / "operations" / "nginx.conf"
VIEWER, OPERATOR = ("li", "看得见的密码"), ("wang", "管得着的密码")
SITE = "/published/current/site/"
PAGE = "<!doctype html><title>总览</title>"
MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{}}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/gongkai.conf;
}}
"""
LAUNCH = """
mutation { launchRun(executionParams: {
    selector: {repositoryLocationName: "gongkai", repositoryName: "__repository__", jobName: "nightly"},
    runConfigData: "{}", mode: "default"
}) { __typename ... on LaunchRunSuccess { run { status } } ... on PythonError { message } } }
"""
SUBSCRIBE = """
subscription { pipelineRunLogs(runId: "RUN") {
    ... on PipelineRunLogsSubscriptionSuccess { messages { __typename ... on MessageEvent { message } } }
} }
"""

pytestmark = pytest.mark.skipif(shutil.which("nginx") is None, reason="no nginx here: apt-get install nginx-light")


@dataclass(frozen=True)
class Site:
    """What nginx serves, and how to ask it."""

    settings: Settings
    folder: Path
    port: int
    plain_port: int

    @property
    def certificate(self) -> str:
        return str(self.folder / "tls" / "server.crt")

    def ask(self, path: str, who: tuple[str, str] | None = None, method: str = "GET", **more: Any) -> requests.Response:
        auth = tuple(word.encode() for word in who) if who else None
        url = f"https://127.0.0.1:{self.port}{path}"
        return requests.request(
            method, url, auth=auth, verify=self.certificate, timeout=60, allow_redirects=False, **more
        )

    def raw(self, path: str) -> int:
        """The status of a path as it is: clients other than this one take dots out of it."""
        context = ssl.create_default_context(cafile=self.certificate)
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=60)
        connection.request("GET", path, headers={"Authorization": requests.auth._basic_auth_str(*VIEWER_BYTES)})
        return connection.getresponse().status


VIEWER_BYTES = tuple(word.encode() for word in VIEWER)


def password_line(name: str, password: str) -> str:
    command = ["openssl", "passwd", "-6", password]
    return f"{name}:{subprocess.run(command, check=True, capture_output=True, text=True).stdout}"


def written(site: Site, ports: tuple[int, int]) -> None:
    """The example with this machine's paths and ports, and the certificate and passwords that it names."""
    (site.folder / "tls").mkdir()
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"),
            *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(site.folder / "tls" / "server.key")),
            *("-out", site.certificate),
        ],
        check=True,
        capture_output=True,
    )
    (site.folder / "operators.htpasswd").write_text(password_line(*OPERATOR), encoding="utf-8")
    (site.folder / "viewers.htpasswd").write_text(password_line(*VIEWER) + password_line(*OPERATOR), encoding="utf-8")
    text = EXAMPLE.read_text(encoding="utf-8")
    for shipped, here in {
        "listen 80;": f"listen 127.0.0.1:{site.plain_port};",
        "listen 443 ssl": f"listen 127.0.0.1:{site.port} ssl",
        "/etc/gongkai/": f"{site.folder}/",
        "root /var/lib/gongkai;": f"root {site.settings.home};",
        "127.0.0.1:3000": f"127.0.0.1:{ports[0]}",
        "127.0.0.1:3001": f"127.0.0.1:{ports[1]}",
    }.items():
        assert shipped in text
        text = text.replace(shipped, here)
    (site.folder / "gongkai.conf").write_text(text, encoding="utf-8")
    user = "user root;" if os.getuid() == 0 else ""
    (site.folder / "nginx.conf").write_text(MAIN.format(folder=site.folder, user=user), encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("proxy")
    settings = new_home(folder / "home")
    (settings.published / "generations" / "1" / "site").mkdir(parents=True)
    (settings.published / "generations" / "1" / "site" / "index.html").write_text(PAGE, encoding="utf-8")
    (settings.published / "generations" / "1" / "disclosure.duckdb").write_text("not for the web", encoding="utf-8")
    (settings.published / "current").symlink_to("generations/1")
    (settings.outbox / "XM00126").mkdir(parents=True)
    (settings.outbox / "XM00126" / "R000001.html").write_text("<!doctype html><title>回执</title>", encoding="utf-8")
    (settings.archive).mkdir()
    (settings.archive / "journal.jsonl").write_text("not for the web", encoding="utf-8")
    ops, view, port, plain = (free_port() for _ in range(4))
    found = Site(settings, folder, port, plain)
    written(found, (ops, view))
    services = environment(settings.home)
    with ExitStack() as stack:
        for where, options in (("ops", ()), ("view", ("--read-only",))):
            listening = ("--port", str(ops if where == "ops" else view), "--path-prefix", f"/{where}")
            command = [*GONGKAI, "web", *listening, *options]
            stack.enter_context(running(command, services, folder / f"{where}.log"))
        stack.enter_context(
            running(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], services, folder / "nginx.out")
        )
        for where, behind in (("ops", ops), ("view", view)):
            url = f"http://127.0.0.1:{behind}/{where}/server_info"
            wait_for(lambda url=url: answers(url), 300, folder / f"{where}.log")
        yield found


@pytest.mark.parametrize("path", [SITE, "/outbox/", "/view/", "/view/graphql", "/ops/", "/ops/graphql"])
def test_nothing_is_shown_without_a_password(site: Site, path: str) -> None:
    assert site.ask(path).status_code == 401
    assert site.ask(path, ("li", "猜的")).status_code == 401


def test_plain_http_only_points_to_https(site: Site) -> None:
    answer = requests.get(f"http://127.0.0.1:{site.plain_port}/view/?a=1", timeout=60, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, "https://127.0.0.1/view/?a=1")


def test_the_offices_pages_are_files_and_look_to_nobody_else(site: Site) -> None:
    assert site.ask("/").headers["Location"].endswith(SITE + "index.html")
    page = site.ask(SITE, VIEWER)
    assert (page.status_code, page.content.decode()) == (200, PAGE)
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["Server"] == "nginx"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000"
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert site.ask(SITE, VIEWER, "POST").status_code == 403
    # the headers stand on errors too
    assert site.ask(SITE + "nothing", VIEWER).headers["X-Content-Type-Options"] == "nosniff"


def test_receipts_are_for_operators(site: Site) -> None:
    receipt = "/outbox/XM00126/R000001.html"
    assert site.ask(receipt, VIEWER).status_code == 401
    assert site.ask(receipt, OPERATOR).status_code == 200
    assert "R000001.html" in site.ask("/outbox/XM00126/", OPERATOR).text


@pytest.mark.parametrize(
    "path",
    [
        "/archive/journal.jsonl",
        "/published/current/disclosure.duckdb",
        f"{SITE}../disclosure.duckdb",
        f"{SITE}../../../archive/journal.jsonl",
        f"{SITE}%2e%2e/%2e%2e/%2e%2e/archive/journal.jsonl",
        f"{SITE}..%2fdisclosure.duckdb",
        "/published/current/site../disclosure.duckdb",
        "/../../../../etc/passwd",
    ],
)
def test_no_path_leads_out_of_the_pages(site: Site, path: str) -> None:
    assert site.raw(SITE) == 200
    assert site.raw(path) in {400, 404}


def test_a_link_of_somebody_else_is_not_followed(site: Site) -> None:
    link = site.settings.outbox / "XM00126" / "link.html"
    link.symlink_to(site.settings.archive / "journal.jsonl")
    assert site.ask("/outbox/XM00126/link.html", OPERATOR).status_code == 200
    if os.getuid() != 0:
        pytest.skip("only root can give a link to somebody else")
    os.lchown(link, 65534, 65534)
    assert site.ask("/outbox/XM00126/link.html", OPERATOR).status_code == 403


@pytest.mark.parametrize(("path", "who"), [("/view/", VIEWER), ("/view/runs", VIEWER), ("/ops/", OPERATOR)])
def test_the_schedulers_pages_come_through(site: Site, path: str, who: tuple[str, str]) -> None:
    page = site.ask(path, who)
    assert page.status_code == 200
    assert f'"assetPrefix":"/{path.split("/")[1]}"' in page.text
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]


def test_viewers_do_not_reach_the_operators_pages(site: Site) -> None:
    assert site.ask("/ops/", VIEWER).status_code == 401
    assert site.ask("/ops/graphql", VIEWER, "POST", json={"query": LAUNCH}).status_code == 401


def test_viewers_start_nothing_and_operators_do(site: Site) -> None:
    def launched(path: str, who: tuple[str, str]) -> Any:
        return site.ask(path, who, "POST", json={"query": LAUNCH}).json()["data"]["launchRun"]

    with dg.DagsterInstance.from_config(str(site.settings.dagster_home)) as instance:
        assert launched("/view/graphql", OPERATOR) == {"__typename": "UnauthorizedError"}
        assert instance.get_runs_count() == 0
        # no daemon is here: it stays in the queue
        assert launched("/ops/graphql", OPERATOR) == {"__typename": "LaunchRunSuccess", "run": {"status": "QUEUED"}}
        assert instance.get_runs_count() == 1


def test_more_than_a_page_ever_sends_is_refused(site: Site) -> None:
    assert site.ask("/ops/graphql", OPERATOR, "POST", data=b"x" * 1_100_000).status_code == 413


def test_the_pages_hear_of_new_events(site: Site) -> None:
    """As a run's page does: it subscribes and is told what happens later."""
    site.ask("/ops/graphql", OPERATOR, "POST", json={"query": LAUNCH})
    headers = {"Authorization": requests.auth._basic_auth_str(*VIEWER_BYTES)}
    context = ssl.create_default_context(cafile=site.certificate)
    url = f"wss://127.0.0.1:{site.port}/view/graphql"
    with (
        dg.DagsterInstance.from_config(str(site.settings.dagster_home)) as instance,
        connect(url, ssl=context, subprotocols=[Subprotocol("graphql-ws")], additional_headers=headers) as socket,
    ):
        run = instance.get_runs(limit=1)[0]
        socket.send(json.dumps({"type": "connection_init", "payload": {}}))
        assert json.loads(socket.recv(timeout=30))["type"] == "connection_ack"
        query = SUBSCRIBE.replace("RUN", run.run_id)
        socket.send(json.dumps({"id": "1", "type": "start", "payload": {"query": query}}))
        assert "RunEnqueuedEvent" in str(socket.recv(timeout=30))
        instance.report_engine_event("某事发生了", run)
        assert "某事发生了" in json.dumps(json.loads(socket.recv(timeout=30)), ensure_ascii=False)
