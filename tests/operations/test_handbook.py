"""docs/operations.md keeps up with what it tells: every check with its consequence, every sign, unit and command."""

from __future__ import annotations

import re

import pytest

from pipelines.cli import main
from pipelines.definitions import build_defs
from pipelines.settings import Settings
from tests.operations.services import HANDBOOK, PROJECT, section

DEFINITIONS = build_defs(Settings(home=PROJECT / "nowhere"))
CHECKS = [spec for asset in DEFINITIONS.resolve_asset_graph().assets_defs for spec in asset.check_specs]


def names(table: str) -> set[str]:
    """What stands in the first column of the tables in a piece of the page."""
    cells = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    return {name for cell in cells for name in re.findall(r"`([^`]+)`", cell)}


@pytest.mark.parametrize(("heading", "is_blocking"), [("### 阻断（红）", True), ("### 提示（黄）", False)])
def test_every_check_is_explained_where_it_belongs(heading: str, is_blocking: bool) -> None:
    told = names(section(heading))
    assert {check.name for check in CHECKS if check.blocking is is_blocking} - told == set()
    assert told & {check.name for check in CHECKS if check.blocking is not is_blocking} == set()


def test_every_sign_of_health_is_explained() -> None:
    assert names(section("## 2. 每天看什么")) == {"name", "daemon", "published", "last_run", "lock", "disk", "home"}


def test_every_unit_is_listed_and_every_command_is_one() -> None:
    told = names(section("### 1.5 服务"))
    units = {path.stem for path in (PROJECT / "docs" / "operations" / "systemd").glob("*.service")}
    assert {re.sub(r"\.timer$", "", name) for name in told} == units
    text = HANDBOOK.read_text(encoding="utf-8")
    assert set(re.findall(r"(?<!-[ug] )\bgongkai ([a-z]+)\b", text)) - {"gongkai"} <= main.commands.keys()
