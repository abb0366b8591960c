"""Of the notebook on tuning alone."""
