"""The workbooks of a statutory form, rendered from ``schemas.form`` alone.

Belongs here: blank and filled workbooks - the template that an office fills in, and the same layout as typed by hand.
Does not belong here: reading them back (``pipelines.readers``), receipts, and anything about one edition in particular.
"""

from pipelines.templates.statutory import write_statutory
from pipelines.templates.workbook import write_template

__all__ = [
    "write_statutory",
    "write_template",
]
