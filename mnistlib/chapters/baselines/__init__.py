"""The comparison with classical baselines."""
