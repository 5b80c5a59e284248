"""The workbooks of a statutory form, rendered from ``schemas.form`` alone.

Belongs here: blank and filled workbooks - the template that an office fills in, and the same layout as typed by hand.
Does not belong here: reading them back (``pipelines.readers``), receipts, and anything about one edition in particular.
"""

from pipelines.templates.helps import Helps, Opening, Sum, openings_of, sums_of
from pipelines.templates.statutory import write_statutory
from pipelines.templates.workbook import write_template

__all__ = [
    "Helps",
    "Opening",
    "Sum",
    "openings_of",
    "sums_of",
    "write_statutory",
    "write_template",
]
