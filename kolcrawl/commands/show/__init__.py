"""The commands that show what a network holds."""
