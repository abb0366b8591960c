"""The notebook on what training costs, from the results of the bench."""
