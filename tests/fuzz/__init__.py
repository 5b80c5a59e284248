"""Files broken by chance, read in bounded processes: an answer for each, whatever is in it.

Belongs here: small valid files of every kind (``seeds``), what breaks them (``mutations``), the campaign that has them
read and counts (``campaign``); ``python -m tests.fuzz`` (``make fuzz``) runs one. Does not belong here: hostile files
with a name of their own, which the readers' tests have.
"""
