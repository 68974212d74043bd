"""Build logs: found, read, split into lines, decoded to the tables of `schema.py`."""
