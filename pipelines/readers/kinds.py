"""Which function opens which kind of file.

Belongs here: the one table of the kinds that become a document. Does not belong here: CSV (its long layout is no
document) and archives of several files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from pipelines.readers.detect import Kind
from pipelines.readers.document import Document
from pipelines.readers.model import Limits
from pipelines.readers.spreadsheet import read_xlsx
from pipelines.readers.word import read_docx
from pipelines.readers.word_legacy import read_doc

Opener = Callable[[bytes, Limits], Document]
"""raises RejectedError with what to send instead"""

OPENERS: Final[Mapping[Kind, Opener]] = {
    Kind.XLSX: read_xlsx,
    Kind.DOCX: read_docx,
    Kind.DOC: read_doc,
}
