"""Stories that turn out to be one. Entry point: `merge`; `repoint` re-points links and groups, `undo` undoes merges."""
