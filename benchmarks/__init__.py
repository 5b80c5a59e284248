"""Benchmarks: each prints ratios measured in one run, never a promise in seconds. ``make bench`` runs all."""
