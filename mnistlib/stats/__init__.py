"""Numbers in, numbers out; knows no paper."""
