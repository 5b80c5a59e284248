"""Saved web pages: ``html`` and ``mht`` are the ways in."""
