"""The public functions: they join logs, store and analyses, and hold no logic of their own."""
