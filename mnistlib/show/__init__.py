"""One look for every figure, table and sentence."""
