"""The network of raut, and the errors of all systems."""
