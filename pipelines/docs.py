"""The generated pages of ``docs/``: ``python -m pipelines.docs docs``.

Belongs here: writing what is rendered elsewhere to where readers look for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from schemas.render import dictionary
from schemas.tables import TABLES


def write_docs(folder: Path) -> None:
    """Write the data dictionary."""
    (folder / "dictionary.md").write_text(dictionary(TABLES), encoding="utf-8")


if __name__ == "__main__":
    write_docs(Path(sys.argv[1]))
