"""The notebook on the data."""
