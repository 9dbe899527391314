"""Checking and migrating a database. Entry points: `check`, `migrate`."""
