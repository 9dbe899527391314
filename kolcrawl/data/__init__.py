"""Tables that the other packages read; no code."""
