"""One module a kind of page, each with ``pages(connection)``: it asks the night's tables and yields its pages.

Belongs here: which figures a page shows and the sentences around them. Does not belong here: layout (``templates``),
computing what a table of the warehouse could say.
"""
