"""Which causes are right for what was done to a build, and which confidence is sure of itself."""

from __future__ import annotations

__all__ = ["OPEN", "RIGHT", "SURE"]

RIGHT = {
    "content": {"content_change"},
    "instruction": {"instruction_edit", "environment_change", "volatile_value"},
    "build-arg": {"environment_change", "volatile_value"},
    "base-image": {"base_image_update"},
    "cold": {"cold_builder", "import_empty", "not_exported"},
    "evicted": {"evicted"},
    "no-cache": {"no_cache_flag", "evicted"},
    "import-failed": {"import_failed"},
    "first-build": {"first_seen", "cold_builder"},
    "previous-failure": {"previous_failure"},
}
OPEN = {"upstream-stage", "undecidable"}
SURE = {"certain", "high"}
