"""The command line: the first user of the public API."""
