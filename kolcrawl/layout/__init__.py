"""Where the nodes of a network stand on a map, and which belong together. Pure; knows numbers alone, no stories.

Entry points: `map_layout.layout_network` and `map_layout.communities` (extra `view` or `export`).
"""
