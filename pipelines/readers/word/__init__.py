"""Word files, new and old: one module a concern, ``document`` and ``legacy`` are the ways in."""
