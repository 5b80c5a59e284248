"""What happens: reading files, the nightly assets and checks, the command line.

Belongs here: everything that moves bytes or is scheduled; the only room that imports dagster.
"""

import os

# openpyxl takes lxml where it is installed: other bytes for the same workbook, and errors that no process can hand over
os.environ["OPENPYXL_LXML"] = "False"
