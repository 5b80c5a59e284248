"""A .doc of Word 97 to 2003, which LibreOffice turns into a .docx where it is installed; elsewhere it is answered.

Belongs here: finding the converter, and running it on a file from outside: a profile and a home of its own that are
thrown away, no macros, no links, no network, bounded in time, memory and size. The worker that reads the file bounds
itself as well (``pipelines.bounded``); LibreOffice starts in half a gigabyte of address space and takes two seconds.
Does not belong here: what the converted file says (``word``).
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import olefile

from pipelines.readers.detect import DAMAGED, Kind, kind_of
from pipelines.readers.document import Document
from pipelines.readers.model import Limits
from pipelines.readers.reject import RejectedError
from pipelines.readers.word.document import read_docx

_INSTEAD: Final = "请另存为 .docx 或 .xlsx 后重新放入"
_OLD: Final = f"旧版 .doc 文件在这里读不了；{_INSTEAD}"
_FAILED: Final = f"旧版 .doc 文件转换失败，文件可能损坏；{_INSTEAD}"
_SLOW: Final = f"旧版 .doc 文件没有在规定时间内转换完；{_INSTEAD}"
_PROTECTED: Final = "文件受密码保护；请取消密码后重新放入"
_NAMES: Final = ("soffice", "libreoffice")
_SECONDS: Final = 90
"""for one conversion; well below what a worker may take in all"""
_FLAGS: Final = slice(10, 12)
_ENCRYPTED: Final = 0x0100
"""bit of the flags at the beginning of a Word stream"""
_BOUNDED: Final = """
ulimit -S -t "$1"; ulimit -S -v "$2"; ulimit -S -f "$3"; ulimit -S -c 0; shift 3
if unshare --map-root-user --net true 2>/dev/null; then exec unshare --map-root-user --net "$@"; fi
exec "$@"
"""
"""bounds, then the command: where the system allows it, without any network"""
_BLOCK: Final = 512
"""bytes that ``ulimit -f`` counts in"""
_ITEM: Final = (
    '<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}" oor:op="fuse"><value>{value}</value></prop></item>'
)
_PROFILE: Final = (
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "0"),
    # a proxy that is not there
    ("Inet/Settings", "ooInetProxyType", "2"),
    *(("Inet/Settings", f"ooInet{kind}ProxyName", "127.0.0.1") for kind in ("HTTP", "HTTPS", "FTP")),
    *(("Inet/Settings", f"ooInet{kind}ProxyPort", "9") for kind in ("HTTP", "HTTPS", "FTP")),
)


def read_doc(data: bytes, limits: Limits) -> Document:
    """The document as LibreOffice reads it. Raises RejectedError: V02 under a password, V01 for everything else."""
    if _is_encrypted(data):
        raise RejectedError("V02", _PROTECTED)
    office = _office()
    if office is None:
        raise RejectedError("V01", _OLD)
    converted = _converted(data, office, limits)
    if kind_of(converted, limits) is not Kind.DOCX:
        raise RejectedError("V01", _FAILED)
    return read_docx(converted, limits)


def converter_identity() -> str:
    """Which converter reads a .doc on this machine: the same text only where it reads the same; '' where none does.

    LibreOffice is known by its build and by whether its Writer, which is a package of its own, is there.
    """
    office = _office()
    if office is None:
        return ""
    program = Path(office).resolve()
    digest = hashlib.sha256(str(program).encode())
    for build in (program, program.parent / "versionrc", program.parent / "version.ini"):
        if build.is_file() and os.access(build, os.R_OK):
            digest.update(build.read_bytes())
    for part in sorted(program.parent.glob("libsw*")):
        digest.update(f"{part.name}:{part.stat().st_size}\0".encode())
    return digest.hexdigest()


def _office() -> str | None:
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def _is_encrypted(data: bytes) -> bool:
    try:
        with olefile.OleFileIO(io.BytesIO(data)) as compound:
            head = compound.openstream("WordDocument").read(_FLAGS.stop)
    except Exception as error:
        # whatever a damaged allocation table makes of it
        raise RejectedError("V01", DAMAGED) from error
    return bool(int.from_bytes(head[_FLAGS], "little") & _ENCRYPTED)


def _converted(data: bytes, office: str, limits: Limits) -> bytes:
    with tempfile.TemporaryDirectory(prefix="gongkai-doc-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        (home / "report.doc").write_bytes(data)
        profile = home / "profile"
        (profile / "user").mkdir(parents=True)
        (profile / "user" / "registrymodifications.xcu").write_text(_profile(), encoding="utf-8")
        bounds = (limits.max_cpu_seconds, limits.max_memory_bytes // 1024, limits.max_expanded_bytes // _BLOCK)
        command = [
            *("/bin/sh", "-c", _BOUNDED, "sh", *map(str, bounds)),
            *(office, f"-env:UserInstallation={profile.as_uri()}"),
            *("--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard"),
            *("--convert-to", "docx:MS Word 2007 XML", "--outdir", str(home / "out"), str(home / "report.doc")),
        ]
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8"}
        _run(command, environment, home)
        result = home / "out" / "report.docx"
        if not result.is_file() or result.stat().st_size > limits.max_expanded_bytes:
            raise RejectedError("V01", _FAILED)
        return result.read_bytes()


def _run(command: list[str], environment: dict[str, str], folder: Path) -> None:
    """Run the converter and whatever it starts, and leave none of it behind. Raises RejectedError."""
    quiet = subprocess.DEVNULL
    with subprocess.Popen(  # noqa: S603 - the command is ours, and the file is at a path that is ours
        command, cwd=folder, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    ) as process:
        try:
            process.wait(_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise RejectedError("V01", _SLOW, is_final=False) from error
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _profile() -> str:
    items = "".join(_ITEM.format(path=path, name=name, value=value) for path, name, value in _PROFILE)
    return (
        '<?xml version="1.0" encoding="UTF-8"?><oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        f'xmlns:xs="http://www.w3.org/2001/XMLSchema">{items}</oor:items>'
    )
