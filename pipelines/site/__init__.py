"""The office's pages: what the published night says, for people who would rather look than query.

Belongs here: a folder of static pages built from the night's tables - ``frame`` (a page and what surrounds it),
``figure`` (tables, and charts that never come without one), ``charts`` (drawing), ``pages`` (one module a kind of
page), ``build`` (all of it into a folder). Does not belong here: computing a figure (``warehouse/sql``), the answers to
departments (``pipelines.answers``), the statutory report.

The pages need nothing but their folder: no script, no font, no address outside. They work from a file share, on paper,
in the dark and read aloud. Everything that came from outside is escaped.
"""
