"""The fewest errors: our own recipe, what it costs, and which images are left."""
