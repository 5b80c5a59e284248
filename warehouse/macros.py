"""The table macros of the published file: the usual questions, asked by name from any client.

Belongs here: reading ``sql/macros`` - one SELECT a file, headed by its call, a probe and both comments, with what
several have in common in ``parts`` - into statements. Does not belong here: views (``schemas.views``), the looks back
(``schemas.render.as_of_macro``).

They lie in schema ``main``, so that ``FROM series('req_new')`` is the whole question. A word that is a parameter's
name is the parameter, so every column in a macro is qualified. Arguments that are unknown raise an error that says what
there is; NULL gives no rows, which is how an empty warehouse is read back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from schemas.concept import concept_labels, thresholds
from schemas.render import literal

_FOLDER: Final = Path(__file__).parent / "sql" / "macros"
_HEADINGS: Final = ("macro", "probe", "zh", "en")


class MacroError(ValueError):
    """A file under ``sql/macros`` is not headed as it must be."""


@dataclass(frozen=True, slots=True)
class Macro:
    """A table macro: its call with defaults, a call that reads all of it, both languages and its SELECT."""

    name: str
    signature: str
    probe: str
    zh: str
    en: str
    select: str

    @property
    def comment(self) -> str:
        """The call and both languages in one line."""
        return f"{self.signature}。{self.zh} {self.en}"

    @property
    def statements(self) -> Iterator[str]:
        """What creates it, with its comment."""
        yield f"CREATE MACRO {self.signature} AS TABLE {self.select}"
        yield f"COMMENT ON MACRO TABLE {self.name} IS {literal(self.comment)}"


@cache
def macros() -> tuple[Macro, ...]:
    """Every macro, by name. Raises MacroError where a file lacks a heading."""
    return tuple(_read(path) for path in sorted(_FOLDER.glob("*.sql")))


def _read(path: Path) -> Macro:
    lines = path.read_text(encoding="utf-8").splitlines()
    said: dict[str, list[str]] = {heading: [] for heading in _HEADINGS}
    for line in lines:
        heading, colon, text = line.removeprefix("-- ").partition(": ")
        if not (line.startswith("-- ") and colon and heading in said):
            break
        said[heading].append(text)
    missing = [heading for heading, texts in said.items() if not texts]
    signature = "".join(said["macro"])
    if missing or signature.partition("(")[0] != path.stem:
        raise MacroError(f"{path.name}: headed by {', '.join(_HEADINGS)}, and the call by the file's name")
    select = "\n".join(lines)
    for word, term in _terms().items():
        select = select.replace(f"${word}", term)
    return Macro(
        name=path.stem,
        signature=signature,
        probe="".join(said["probe"]),
        zh="".join(said["zh"]),
        en=" ".join(said["en"]),
        select=select,
    )


@cache
def _terms() -> dict[str, str]:
    """What ``$word`` stands for in a macro: a threshold, the names of the families, a part that several macros have."""
    return {
        **{item.threshold_code: str(item.limit_value) for item in thresholds()},
        "concept_words": ", ".join(
            f"({literal(code)}, {literal(item.label)})" for code, item in concept_labels().items()
        ),
        **{path.stem: path.read_text(encoding="utf-8") for path in sorted((_FOLDER / "parts").glob("*.sql"))},
    }
