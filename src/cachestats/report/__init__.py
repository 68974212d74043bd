"""The weekly report: every number first, then HTML, Markdown and JSON of the same numbers."""
