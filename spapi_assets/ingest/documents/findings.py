"""What earlier readings of a document found out, so that its next reading decides better: unknown keys, charset, locale.
The readers raise what they met; `load.py` keeps it here and reads again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from spapi_assets.ingest.documents.charset import Weights
from spapi_assets.ingest.documents.locale import Contradicted


@dataclass
class Findings:
    """Empty before the first reading."""

    unknown: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Unknown paths by dataset."""
    root: dict[str, Any] | None = None
    """A JSON document's own members, where rows refer to one that comes after them."""
    charset: Weights | None = None
    """The lines of the whole document weighed, once the first block's decision was doubted."""
    hold_rows: bool = False
    """An XML document has values for its rows after them: rows wait for the end of the elements around them."""
    broken_text: bool = False
    """An XML document has bytes that are no text: they are replaced, and their rows go to the quarantine."""
    numbers: dict[str, list[str]] = field(default_factory=dict)
    dates: dict[str, list[str]] = field(default_factory=dict)
    """Values by column that proved another decimal mark or date order than the leading ones."""

    def add(self, met: Contradicted) -> None:
        kept = self.numbers if met.kind == "numbers" else self.dates
        kept.setdefault(met.column, []).extend(met.texts)
