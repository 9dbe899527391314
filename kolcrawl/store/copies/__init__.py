"""Which stories are copies of which. Entry point: `grouping`; the pure rules are in `placing`."""
