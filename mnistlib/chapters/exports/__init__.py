"""The notebook on files and a service to take along, from the results of the bench."""
