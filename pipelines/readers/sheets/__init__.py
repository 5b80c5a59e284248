"""Workbooks of every kind, and sheets and long tables saved as text."""
