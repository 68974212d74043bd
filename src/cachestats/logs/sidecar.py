"""The JSON file beside a log that says what the log does not."""

from __future__ import annotations

from codecs import BOM_UTF8
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

__all__ = ["decode_sidecar"]


class Sidecar(BaseModel):
    """The keys that are read; others may stand beside them."""

    model_config = ConfigDict(str_strip_whitespace=True)

    project: str | None = None
    branch: str | None = None
    commit: str | None = None
    ci: str | None = None
    job: Annotated[str | None, Field(coerce_numbers_to_str=True)] = None
    runner: str | None = None
    started_at: str | None = None


def decode_sidecar(data: bytes) -> dict[str, str | None]:
    """Decode the bytes of a sidecar: each fact as the text it is written in, None if it is not.

    Raises:
        ValueError: They are no JSON object, or a fact in it is no text.
    """
    try:
        return Sidecar.model_validate_json(data.removeprefix(BOM_UTF8)).model_dump()
    except ValidationError as error:
        raise ValueError(_on_one_line(error)) from None


def _on_one_line(error: ValidationError) -> str:
    return "; ".join(": ".join([*map(str, fault["loc"]), fault["msg"]]) for fault in error.errors())
