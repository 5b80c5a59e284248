"""The answer's page in a real Chromium: it fetches nothing, keeps text as text, prints on A4."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM, FLAGS, needs_chromium
from tests.unit.answer_world import HEX, ORGAN, RECEIPT, Night
from tests.unit.test_receipts import TAGS_OF_THE_PAGE

pytestmark = needs_chromium
PORTRAIT, LANDSCAPE = (595, 842), (842, 595)
INJECTED = (
    '<img src="/image"><script src="/script"></script><script>document.title="ran"</script>'
    '<link rel="stylesheet" href="/style"><iframe src="/frame"></iframe><style>@import "/import";</style>'
)


class Served:
    """One page on a server of its own that remembers what was asked for."""

    def __init__(self, page: bytes) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                self.wfile.write(page if self.path == "/page" else b"")

            def log_message(self, *_: object) -> None:
                """Nothing: what was asked for is remembered."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/page"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A held report on the wide form, with markup wherever a file can bring text."""
    outbox = tmp_path_factory.mktemp("home") / "outbox"
    night = Night()
    night.file(f"{ORGAN}/x", count=1)
    night.submission(INJECTED, form_code="gb_2021", report_year=2024, status="held", is_official=False)
    night.finding(form_code="gb_2021", message=INJECTED, mend=INJECTED, decision_note=INJECTED)
    night.cell(1, indicator_code="req_new", applicant_kind="total", printed=INJECTED, sheet=INJECTED)
    night.explanation("likelier_wrong", INJECTED)
    for number, kind in enumerate(("natural_person", "total")):
        night.read_cell("req_new", f"<b>{number}", Decimal(number), applicant_kind=kind, form_code="gb_2021")
    for number in range(12):
        night.finding(f"{number:012x}", form_code="gb_2021", rule_id="F02", severity="warning")
    night.write(outbox)
    assert HEX in (outbox / ORGAN / f"{RECEIPT}.html").read_text(encoding="utf-8")
    page = Served((outbox / ORGAN / f"{RECEIPT}.html").read_bytes())
    yield page
    page.server.shutdown()


def chromium(home: Path, *arguments: str) -> bytes:
    environment = {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "PATH": "/usr/bin:/bin"}
    command = [str(CHROMIUM), "--headless", *FLAGS, f"--user-data-dir={home / 'profile'}", *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=60, env=environment).stdout


def test_the_page_asks_for_nothing_and_injected_markup_stays_text(served: Served, tmp_path: Path) -> None:
    served.asked.clear()
    dom = chromium(tmp_path, "--dump-dom", served.url).decode()
    assert served.asked == ["/page"]
    assert f"<title>回执 {RECEIPT}</title>" in dom
    assert set(re.findall(r"<([a-z][a-z0-9]*)", dom)) <= TAGS_OF_THE_PAGE
    assert dom.count('&lt;iframe src="/frame"&gt;') == 7  # file, sheet, figure, sentence, explanation, advice, decision


def test_it_prints_on_a4_and_the_wide_matrix_lies_across(served: Served, tmp_path: Path) -> None:
    printed = tmp_path / "page.pdf"
    served.asked.clear()
    chromium(tmp_path, "--no-pdf-header-footer", f"--print-to-pdf={printed}", served.url)
    assert served.asked == ["/page"]
    boxes = re.findall(rb"/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]", printed.read_bytes())
    sizes = [(round(float(width)), round(float(height))) for width, height in boxes]
    assert set(sizes) == {PORTRAIT, LANDSCAPE}
    # the matrix and the table of disputes share the one sheet that lies across, the last
    assert (sizes.count(LANDSCAPE), sizes[-1]) == (1, LANDSCAPE)
