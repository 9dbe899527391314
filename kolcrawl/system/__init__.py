"""The machine: processes, locks, logs, standard output, HTTP to the user's own services. Knows nothing of stories."""
