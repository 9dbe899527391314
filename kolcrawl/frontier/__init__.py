"""ROOM sharing: which requests wait, which were made."""
