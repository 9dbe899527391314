"""Stories that turn out to be one. Entry point: `merge`; links and groups are re-pointed by `repoint`."""
