"""From a .zip of files to what is in each of them.

Belongs here: one level of archive - the members' names, what is no file of a person's, and the bounds on what unpacks.
Does not belong here: reading a member, which is read as if it had been sent alone.

Nothing is unpacked to disk, so a member's name is only a name: folders, ``..`` and drives in it lead nowhere.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

from pipelines.readers.detect import DAMAGED
from pipelines.readers.model import FileReading, Limits, Problem, ReadCell, ReadSubmission
from pipelines.readers.reject import DAMAGED_PACKAGE, RejectedError
from schemas.narrative import NARRATIVE_SHEET

Reader = Callable[[bytes, str], FileReading]
"""reads one member by its bytes and its name without folders"""

_IS_UTF8: Final = 0x800
_IS_ENCRYPTED: Final = 0x1
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""the methods that need no memory by what the archive claims"""
_LITTER: Final = re.compile(r"\.DS_Store|Thumbs\.db|desktop\.ini|\._.*|~\$.*", re.IGNORECASE)
_LITTER_FOLDER: Final = "__MACOSX"
_PARTS_LIST: Final = "[Content_Types].xml"
_LONGEST_NAME: Final = 100
ZIP_IN_ZIP: Final = "压缩包里又有压缩包，没有打开；请解开后只打一层压缩包，或直接放入里面的文件"


def read_members(data: bytes, limits: Limits, read: Reader) -> FileReading:
    """The submissions of all members, each with the member's name before the sheet, and every member's problems.

    A member that is not read is a problem of the file; the others count. Raises RejectedError where there is none.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED_PACKAGE as error:
        raise RejectedError("V01", DAMAGED) from error
    with archive:
        members = list(_members(archive))
        if not members:
            raise RejectedError("V01", "压缩包里没有文件；请放入报表后重新压缩")
        if any(name == _PARTS_LIST for _, name, _ in members):
            # a workbook that was unpacked, and packed again with its folder
            raise RejectedError("V01", DAMAGED)
        if len(members) > limits.max_members:
            raise RejectedError("V01", f"压缩包里的文件超过 {limits.max_members} 个，未读取；请分成几个压缩包")
        readings = list(_readings(archive, members, limits, read))
    submissions = tuple(submission for reading in readings for submission in reading.submissions)
    if len(submissions) > limits.max_submissions:
        raise RejectedError("V01", f"压缩包里超过 {limits.max_submissions} 份报表，未读取；请分成几个压缩包")
    problems = tuple(problem for reading in readings for problem in reading.problems)
    return FileReading(submissions, problems, all(reading.is_final for reading in readings))


def _members(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, zipfile.ZipInfo]]:
    """(name to tell a person, name without folders, entry) of every file that a person put in."""
    entries = [(_path(entry), entry) for entry in archive.infolist()]
    files = [(path, entry) for path, entry in entries if path and not entry.is_dir() and not _is_litter(path)]
    # of two members with one name the folders tell which is meant, and of two with one path their order
    names = Counter(path[-1].lower() for path, _ in files)
    seen = Counter[str]()
    for path, entry in files:
        told = "/".join(path) if names[path[-1].lower()] > 1 else path[-1]
        seen[told] += 1
        number = f"（第{seen[told]}个）" if seen[told] > 1 else ""
        cut = "…" if len(told) > _LONGEST_NAME else ""
        yield f"{cut}{told[-_LONGEST_NAME:]}{number}", path[-1], entry


def _path(entry: zipfile.ZipInfo) -> list[str]:
    """The folders and the name of an entry as its packer meant them, without what leads nowhere."""
    name = entry.filename
    if not entry.flag_bits & _IS_UTF8:
        # without the mark of UTF-8 a name is in the packer's own encoding: here UTF-8 all the same, or GBK
        for encoding in ("utf-8", "gb18030"):
            try:
                name = name.encode("cp437").decode(encoding)
                break
            except UnicodeError:
                continue
    shown = "".join(char if char.isprintable() else "�" for char in name)
    return [part.strip() for part in re.split(r"[/\\]", shown) if part.strip() not in ("", ".", "..")]


def _is_litter(path: list[str]) -> bool:
    return _LITTER_FOLDER in path or _LITTER.fullmatch(path[-1]) is not None


def _readings(
    archive: zipfile.ZipFile, members: list[tuple[str, str, zipfile.ZipInfo]], limits: Limits, read: Reader
) -> Iterator[FileReading]:
    budget = limits.max_expanded_bytes
    for told, name, entry in members:
        try:
            content = _unpacked(archive, entry, min(budget, limits.max_bytes))
            budget -= len(content)
            reading = read(content, name)
        except RejectedError as rejection:
            reading = FileReading.refused(rejection)
        yield _told(reading, told)


def _unpacked(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """The bytes of a member, as many as there really are. Raises RejectedError."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG):
        raise RejectedError("V01", "压缩包里的这一项是链接或设备，不是文件；请放入文件本身")
    if entry.flag_bits & _IS_ENCRYPTED:
        raise RejectedError("V02", "压缩包受密码保护；请取消密码后重新压缩")
    if entry.compress_type not in _PACKED:
        raise RejectedError("V01", "压缩方法不能读取；请用系统自带的“压缩(zipped)文件夹”重新压缩")
    try:
        with archive.open(entry) as stream:
            content = stream.read(most + 1)
    except DAMAGED_PACKAGE as error:
        raise RejectedError("V01", "在压缩包里已损坏，打不开；请重新压缩") from error
    if len(content) > most:
        raise RejectedError("V01", "展开后过大，未读取；请只保留统计表后重报")
    return content


def _told(reading: FileReading, member: str) -> FileReading:
    return replace(
        reading,
        submissions=tuple(_submission(submission, member) for submission in reading.submissions),
        problems=tuple(_problem(problem, member) for problem in reading.problems),
    )


def _submission(submission: ReadSubmission, member: str) -> ReadSubmission:
    return replace(
        submission,
        cells=tuple(_cell(cell, member) for cell in submission.cells),
        problems=tuple(_problem(problem, member) for problem in submission.problems),
    )


def _cell(cell: ReadCell, member: str) -> ReadCell:
    sheet, address = _place(cell.sheet, cell.address, member)
    return replace(cell, sheet=sheet, address=address)


def _problem(problem: Problem, member: str) -> Problem:
    sheet, address = _place(problem.sheet, problem.address, member)
    return replace(problem, message=f"{member}：{problem.message}", sheet=sheet, address=address)


def _place(sheet: str, address: str, member: str) -> tuple[str, str]:
    """Where it stands; running text keeps its name, by which it is known, and is told apart by its address."""
    if not sheet:
        return sheet, address
    return (sheet, f"{member} {address}") if sheet == NARRATIVE_SHEET else (f"{member}：{sheet}", address)
