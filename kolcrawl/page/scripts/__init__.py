"""The data that a page carries for its scripts: read without running any of them.

`script_values.py` reads literals to plain values, `script_story.py` finds the page's own story in them by its shape,
`script_data.py` is what the readers of facts ask. `script_lists.py` finds lists of related stories, `hidden_markup.py`
unpacks markup that scripts are to show. Names of keys are data (`data/script_keys.toml`).
"""
