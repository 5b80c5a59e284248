"""The nightly assets, one module for each step of a file's walk; each reads what the step before it wrote."""
