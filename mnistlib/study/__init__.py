"""Run notebooks, build the book, the command line."""
