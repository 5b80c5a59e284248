"""Figures to files and back: every cell right, or a named doubt - never a silent guess.

Belongs here: the printed report as one value (``model``), what people do to it (``dirt_*``), how it becomes a file of
each kind (``writers``, ``office``), what must come back (``oracle``), and the rounds that put these together
(``rounds``; ``python -m tests.roundtrip`` prints their outcome). Does not belong here: cases about one reader alone.
"""
