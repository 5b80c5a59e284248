"""What is true: forms, rules, the register of organs and the contracts of tables.

Belongs here: data about the statutory forms and the code that loads, validates and renders it. Does not belong here:
anything that reads a submission, opens a database or knows of a scheduler; neither dagster nor duckdb is imported.
"""
