"""Tables that the rooms read; no code."""
