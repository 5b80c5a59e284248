"""What is generated from the contracts and the SELECTs: ``python -m pipelines.docs docs`` (``make docs``).

Belongs here: writing what is rendered or traced elsewhere to where readers look for it.
"""

from __future__ import annotations

import sys
from pathlib import Path

from schemas.render import dictionary
from schemas.tables import TABLES
from warehouse.lineage import write_lineage
from warehouse.trace import trace


def write_docs(folder: Path) -> None:
    """Write the data dictionary."""
    (folder / "dictionary.md").write_text(dictionary(TABLES), encoding="utf-8")


if __name__ == "__main__":
    write_docs(Path(sys.argv[1]))
    traced, _ = trace()
    write_lineage(traced)
