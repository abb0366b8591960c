"""The training loops that are compared, one script each, run in processes of their own."""
