"""Edits of a Dockerfile that change what is cached, and not what is built."""
