"""The notebook on what the records bear, from the results of the bench."""
