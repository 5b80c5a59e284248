"""The journal survives a crash in the middle of a line and notices damage."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.journal import FILE_NAME, Journal, JournalError


def test_entries_are_numbered_and_read_back(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    journal.append([{"event": "a"}, {"event": "b", "name": "年报"}])
    journal.append([{"event": "a"}])
    again = Journal(tmp_path)
    assert [entry["sequence"] for entry in again.entries] == [1, 2, 3]
    assert again.of("b")[0]["name"] == "年报"
    assert len(again.of("a")) == 2


def test_a_half_written_line_is_cut_off_before_the_next(tmp_path: Path) -> None:
    Journal(tmp_path).append([{"event": "a"}])
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes() + b'{"event": "torn", "seq')
    journal = Journal(tmp_path)
    assert [entry["event"] for entry in journal.entries] == ["a"]
    journal.append([{"event": "next"}])
    assert [(e["sequence"], e["event"]) for e in Journal(tmp_path).entries] == [(1, "a"), (2, "next")]


def test_an_undecodable_name_survives(tmp_path: Path) -> None:
    Journal(tmp_path).append([{"event": "a", "path": "x/\udcff.csv"}])
    assert Journal(tmp_path).entries[0]["path"] == "x/\udcff.csv"


@pytest.mark.parametrize("damage", [b"not json\n", b'{"event": "a", "sequence": 7}\n'])
def test_damage_in_the_middle_stops_everything(tmp_path: Path, damage: bytes) -> None:
    Journal(tmp_path).append([{"event": "a"}])
    path = tmp_path / FILE_NAME
    path.write_bytes(path.read_bytes() + damage)
    with pytest.raises(JournalError, match="line 2"):
        Journal(tmp_path)
