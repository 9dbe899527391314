"""Reaching a MongoDB: the client, and the embedded server where none is given. Entry point: `client.open_store`."""
