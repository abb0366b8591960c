"""The optimizer comparison."""
