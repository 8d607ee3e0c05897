"""What every part of a registry entry has in common: it is frozen, and a key it does not know is an error.
The parts themselves are `model.py` and `calls.py`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class Entry(BaseModel):
    """One mapping of a YAML file."""

    model_config = ConfigDict(frozen=True, extra="forbid")
