"""The page "What it costs"."""
