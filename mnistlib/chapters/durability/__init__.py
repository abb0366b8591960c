"""The page "What the records bear"."""
