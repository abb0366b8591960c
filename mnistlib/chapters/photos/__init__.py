"""Of the notebook on photographs alone."""
