"""A kept restatement in words, for the UI and the tables; needs no Parquet.
Finding out what changed is `restatement.py`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def changes_in_words(item: Mapping[str, Any]) -> str:
    """What a newer report changed (`Changes.as_item`), as a sentence."""
    if "added" in item:
        counts = [(int(item[name]), name) for name in ("changed", "added", "removed")]
        told = ", ".join(f"{n} rows {name}" for n, name in counts if n) or "the same rows"
    else:
        told = f"{int(item['rows_before'])} rows before, {int(item['rows_after'])} now"
    moved = [f"{name} {before} -> {after}" for name, (before, after) in item.get("totals", {}).items()]
    return "; ".join([told, *moved])
