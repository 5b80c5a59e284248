"""What analysts work with: the cookbook and its answers on the samples, and the recipes of ``docs/analysts.md``."""
