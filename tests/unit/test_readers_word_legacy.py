"""A .doc: converted where LibreOffice is installed, answered elsewhere, and never more than that."""

from __future__ import annotations

import html
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from pipelines.readers import read_file
from pipelines.readers.model import Limits
from pipelines.readers.pool import read_many, reader_version
from pipelines.readers.word import legacy as word_legacy
from pipelines.templates.layout import lay_out
from schemas.form import CellKey, Form
from tests.unit.reader_files import FORMS, rejection, values_of, year_of
from tests.unit.word_files import compound, p, package, random_figures, report

DOC = compound(b"\xec\xa5\xc1\x00")
PROTECTED = compound(b"\xec\xa5\xc1\x00".ljust(10, b"\0") + b"\x00\x01")


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all there is to find programs in, but for the system's own."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in ("sh", "sleep", "cat", "cp", "env", "mkdir", "head", "pwd"):
        (folder / name).symlink_to(shutil.which(name) or name)
    monkeypatch.setenv("PATH", str(folder))
    return folder


def pretend(tools: Path, script: str, name: str = "soffice") -> None:
    """A LibreOffice of our own; its result is to be out/report.docx in the folder where it runs."""
    (tools / name).write_text(f"#!/bin/sh\n{script}\n")
    (tools / name).chmod(0o755)


@pytest.mark.usefixtures("tools")
def test_without_libreoffice_it_is_said_what_to_send() -> None:
    assert rejection(DOC, "年报.doc") == ("V01", "旧版 .doc 文件在这里读不了；请另存为 .docx 或 .xlsx 后重新放入")
    assert rejection(PROTECTED, "年报.doc") == ("V02", "文件受密码保护；请取消密码后重新放入")


def test_what_the_converter_makes_of_it_is_read(tools: Path, tmp_path: Path) -> None:
    form = FORMS["gb_2021"]
    printed = random_figures(form, "", 3)
    (tmp_path / "made.docx").write_bytes(report(form, "", printed))
    pretend(tools, f"mkdir out; cp {tmp_path}/made.docx out/report.docx", "libreoffice")
    (submission,) = read_file(DOC, "2024.doc").submissions
    assert {key: values_of(submission)[key] for key in printed} == {k: Decimal(v) for k, v in printed.items()}


def test_the_converter_runs_on_its_own(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy")
    seen = tmp_path / "seen"
    (tmp_path / "made.docx").write_bytes(package(p("1")))
    keep = f"cp report.doc profile/user/registrymodifications.xcu {seen}; cp {tmp_path}/made.docx out/report.docx"
    pretend(
        tools,
        f'mkdir {seen} out; env > {seen}/env; pwd > {seen}/pwd; echo "$@" > {seen}/call; ulimit -S -a > {seen}/bounds;'
        + keep,
    )
    assert [paragraph.text for paragraph in word_legacy.read_doc(DOC, Limits()).paragraphs] == ["1"]
    folder = (seen / "pwd").read_text().strip()
    environment = dict(line.split("=", 1) for line in (seen / "env").read_text().splitlines())
    assert (environment["HOME"], environment["TMPDIR"], "HTTP_PROXY" in environment) == (folder, folder, False)
    assert (seen / "call").read_text().split() == [
        f"-env:UserInstallation=file://{folder}/profile",
        *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard"),
        *("--convert-to", "docx:MS", "Word", "2007", "XML", "--outdir", f"{folder}/out", f"{folder}/report.doc"),
    ]
    assert (seen / "report.doc").read_bytes() == DOC
    profile = (seen / "registrymodifications.xcu").read_text()
    assert '<prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value>' in profile
    bounds = {line.split("(")[0].strip(): line.split()[-1] for line in (seen / "bounds").read_text().splitlines()}
    assert [value for name, value in bounds.items() if name.startswith(("time", "cpu time"))] == ["60"]
    assert str(2 * 1024**2) in bounds.values()
    assert not Path(folder).exists()


@pytest.mark.parametrize(
    "script",
    [
        "exit 1",
        "kill -SEGV $$",
        "mkdir out; echo damaged > out/report.docx",
        "mkdir out; cp report.doc out/report.docx",
    ],
)
def test_a_conversion_that_fails_is_answered(tools: Path, script: str) -> None:
    pretend(tools, script)
    reading = read_file(DOC, "年报.doc")
    assert (reading.problems[0].rule_id, reading.is_final) == ("V01", True)


def test_a_result_without_end_is_cut_off(tools: Path) -> None:
    pretend(tools, "mkdir out; cat /dev/zero > out/report.docx")
    started = time.monotonic()
    rule, _ = rejection(DOC, "年报.doc", Limits(max_expanded_bytes=1024**2))
    assert (rule, time.monotonic() - started < 30) == ("V01", True)


def test_a_conversion_that_hangs_is_ended_with_all_it_started(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(word_legacy, "_SECONDS", 2)
    pretend(tools, f"sleep 1000 & echo $! > {tmp_path}/child; sleep 1000")
    reading = read_file(DOC, "年报.doc")
    assert "没有在规定时间内转换完" in reading.problems[0].message
    assert not reading.is_final
    child = int((tmp_path / "child").read_text())
    deadline = time.monotonic() + 10
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(child)


def _runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


def test_the_readers_version_knows_the_converter(tools: Path) -> None:
    versions = [reader_version()]
    pretend(tools, "exit 0")
    versions += [reader_version(), reader_version()]
    (tools / "versionrc").write_text("buildid=1")
    versions.append(reader_version())
    (tools / "libswlo.so").write_text("the Writer, which is a package of its own")
    versions.append(reader_version())
    assert versions[1] == versions[2]
    assert len(set(versions)) == 4


OFFICE = shutil.which("soffice")
needs_writer = pytest.mark.skipif(
    OFFICE is None or not any(Path(OFFICE).resolve().parent.glob("libswlo*")),
    reason="LibreOffice with its Writer is not installed",
)


def converted(files: Mapping[str, bytes], kind: str, folder: Path, *options: str) -> list[bytes]:
    """What LibreOffice itself makes of some files."""
    for name, data in files.items():
        (folder / name).write_bytes(data)
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    command = [str(OFFICE), profile, "--headless", *options, "--convert-to", kind, "--outdir", str(folder / "out")]
    environment = os.environ | {"HOME": str(folder)}
    subprocess.run([*command, *(str(folder / name) for name in files)], check=True, env=environment, timeout=300)
    suffix = kind.partition(":")[0]
    return [(folder / "out" / name).with_suffix(f".{suffix}").read_bytes() for name in files]


ROUND_TRIP = [("gb_2021", "one_row_other"), ("gb_2019", ""), ("fj_annex_2017", "")]


def as_html(form: Form, variant: str, printed: Mapping[CellKey, str]) -> str:
    """The edition as one table of a web page."""
    boxes = lay_out(form, variant=variant, report_year=year_of(form)).boxes
    lines: dict[int, list[str]] = {}
    for box in sorted(boxes, key=lambda box: (box.row, box.column)):
        text = html.escape(printed.get(box.key, "") if box.key else box.text)
        lines.setdefault(box.row, []).append(f'<td rowspan="{box.rows}" colspan="{box.columns}">{text}</td>')
    rows = "".join(f"<tr>{''.join(cells)}</tr>" for cells in lines.values())
    return f'<html><head><meta charset="utf-8"></head><body><table border="1">{rows}</table></body></html>'


@needs_writer
def test_what_libreoffice_writes_comes_back_cell_for_cell(tmp_path: Path) -> None:
    figures = {key: random_figures(FORMS[key[0]], key[1], 7) for key in ROUND_TRIP}
    reports = {f"{code}.docx": report(FORMS[code], variant, figures[code, variant]) for code, variant in ROUND_TRIP}
    pages = {
        f"{code}.html": as_html(FORMS[code], variant, figures[code, variant]).encode() for code, variant in ROUND_TRIP
    }
    docs = converted(reports, "doc:MS Word 97", tmp_path)
    from_pages = converted(pages, "docx:MS Word 2007 XML", tmp_path, "--infilter=HTML (StarWriter)")
    items = []
    for (code, variant), doc, docx in zip(ROUND_TRIP, docs, from_pages, strict=True):
        for data, kind in ((doc, "doc"), (docx, "docx")):
            path = tmp_path / f"{code}-{kind}"
            path.write_bytes(data)
            items.append(((code, variant), path, f"{year_of(FORMS[code])}.{kind}"))
    # in the worker processes of a night, under their bounds
    for key, reading in read_many(items, Limits(), workers=1):
        (submission,) = reading.submissions
        assert (submission.form_code, submission.variant) == key
        read = values_of(submission)
        assert {cell: read[cell] for cell in figures[key]} == {
            cell: Decimal(text) for cell, text in figures[key].items()
        }
        assert submission.problems == ()


@pytest.fixture
def asked() -> Iterator[tuple[int, list[str]]]:
    """A web server's port, and what it has been asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_PROPFIND = do_GET  # noqa: N815 - names that the base class looks for

        def log_message(self, *_: object) -> None: ...

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port, paths
    server.shutdown()
    server.server_close()


LINKED = """<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.text"><office:body><office:text>
<text:p>前<draw:frame text:anchor-type="as-char" svg:width="2cm" svg:height="2cm"><draw:image
  xlink:href="http://127.0.0.1:{port}/a.png" xlink:type="simple"/></draw:frame>后</text:p>
</office:text></office:body></office:document>"""


@needs_writer
def test_what_a_doc_links_to_is_not_asked_for(
    tmp_path: Path, asked: tuple[int, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    port, paths = asked
    (linked,) = converted({"a.fodt": LINKED.format(port=port).encode()}, "doc:MS Word 97", tmp_path)
    assert "/a.png" in paths
    assert f"http://127.0.0.1:{port}/a.png".encode() in linked
    paths.clear()
    # by the profile alone, where the system does not cut off the network
    monkeypatch.setattr(word_legacy, "_BOUNDED", 'shift 3; exec "$@"')
    (paragraph,) = word_legacy.read_doc(linked, Limits()).paragraphs
    assert "".join(paragraph.text.split()) == "前后"
    assert paths == []
