"""Analyses: frames of `schema.py` in, frames of `schema.py` out."""
