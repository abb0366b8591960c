"""The scoreboard of the papers' claims."""
