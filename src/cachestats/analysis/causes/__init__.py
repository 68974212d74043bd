"""Why each step missed the cache: lineage, comparison, roots, evidence, causes."""
