"""What everything stands on: folders, errors, validation, the machine, the backend."""
