# Tools come from an environment with the extra `test` and the group `lint`:
#   uv sync --extra test --group lint && source .venv/bin/activate

# List the recipes.
default:
    @just --list --unsorted

# Everything that a change has to pass.
check: lint docs-check test

# Format, style, types and the rules of who imports whom.
lint:
    ruff format --check
    ruff check
    mypy
    lint-imports --no-logo

# Tests, on all cores.
test *args:
    pytest -q -n auto {{args}}

# Tests with the floor under branch coverage.
coverage:
    pytest -q -n auto --cov

# Write the generated pages of docs/.
docs:
    python tools/docs.py

# Fail if a generated page is out of date.
docs-check:
    python tools/docs.py --check

# Ingest a folder of logs into a new store, and say how fast and where the time goes.
bench logs:
    rm -rf build/bench && time cachestats ingest {{logs}} --store build/bench
    python tests/benchmarks/stages.py {{logs}}
