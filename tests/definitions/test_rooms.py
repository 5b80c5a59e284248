"""The house: imports go one way, pipelines -> warehouse -> schemas."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
FORBIDDEN = {
    "schemas": {"dagster", "duckdb", "warehouse", "pipelines", "samples", "tests"},
    "warehouse": {"dagster", "pipelines", "samples", "tests"},
    "pipelines": {"samples", "tests"},
}
DUCKDB_ROOMS = {"warehouse", "pipelines", "tests"}


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("room", sorted(FORBIDDEN))
def test_a_room_imports_nothing_from_above(room: str) -> None:
    modules = sorted((PROJECT / room).rglob("*.py"))
    assert len(modules) > 3
    offences = {
        str(path.relative_to(PROJECT)): sorted(bad) for path in modules if (bad := imported(path) & FORBIDDEN[room])
    }
    assert offences == {}


def test_the_check_itself_finds_an_offence(tmp_path: Path) -> None:
    module = tmp_path / "offender.py"
    module.write_text("def f():\n    from dagster import asset\n    import pipelines.cli\n", encoding="utf-8")
    assert imported(module) & FORBIDDEN["schemas"] == {"dagster", "pipelines"}


def test_every_module_opens_with_its_charter() -> None:
    missing = [
        str(path.relative_to(PROJECT))
        for room in FORBIDDEN
        for path in sorted((PROJECT / room).rglob("*.py"))
        if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert missing == []


def test_top_level_holds_only_what_the_house_allows() -> None:
    allowed = {
        "pyproject.toml", "pipelines", "schemas", "warehouse", "tests", "workspace.yaml", "README.md", "Makefile",
        "requirements.lock", ".ci", "samples", "benchmarks", "docs", ".gitignore", ".gitattributes", ".git", ".github",
    }  # fmt: skip
    made_at_run_time = {"data", ".venv", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis", "build"}
    found = {path.name for path in PROJECT.iterdir() if not path.name.endswith(".egg-info")}
    assert found - allowed - made_at_run_time == set()
