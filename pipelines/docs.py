"""What is generated from the contracts and the SELECTs: ``python -m pipelines.docs docs`` (``make docs``).

Belongs here: writing what is rendered or traced elsewhere to where readers look for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from schemas.diagram import drawing, mermaid_page
from schemas.dictionary import dictionary
from schemas.tables import TABLES
from schemas.views import views
from warehouse.lineage import write_lineage
from warehouse.macros import macros
from warehouse.trace import trace


def pages() -> dict[str, str]:
    """File below ``docs/`` -> what it holds: the data dictionary, and the entity diagram as text and as a drawing."""
    return {
        "dictionary.md": dictionary(TABLES, views().values(), macros()),
        "entity-diagram.md": mermaid_page(),
        "entity-diagram.svg": drawing(),
    }


def write_docs(folder: Path) -> None:
    """Write every page."""
    for name, page in pages().items():
        (folder / name).write_text(page, encoding="utf-8")


if __name__ == "__main__":
    write_docs(Path(sys.argv[1]))
    traced, _ = trace()
    write_lineage(traced)
