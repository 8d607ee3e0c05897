"""Which column of the registry each column of a flat file is, whatever its spelling, language or position.
Reading the lines below the header is `lines.py`."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from spapi_assets.datasets.model import PARTITION_COLUMNS, Column, ColumnType, Dataset
from spapi_assets.lake.parquet import LINEAGE


@lru_cache(maxsize=1 << 14)
def normalise(header: str) -> str:
    """Case, spaces, hyphens, underscores, byte order marks and surrounding quotes carry no meaning in Amazon's headers."""
    return re.sub(r"[\s\-_]+", "", header.strip("\ufeff \t\r\n").strip("\"'").casefold())


def snake_case(header: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", header.strip("\ufeff \"'"))
    return re.sub(r"[^\w]+", "_", words).strip("_").lower()


class Names:
    """Hands out column names that are not taken yet."""

    def __init__(self, taken: Collection[str]) -> None:
        self._taken = {*taken, *PARTITION_COLUMNS, *(f.name for f in LINEAGE)}

    def unique(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self._taken:
            number += 1
            name = f"{wanted}_{number}"
        self._taken.add(name)
        return name


@dataclass(frozen=True)
class Field:
    """One column of the document: its header as written, the name it gets, and whether it may reach the lake."""

    header: str
    name: str
    column: Column
    known: bool
    kept: bool
    personal: bool = False
    """Personal data that must not reach the lake, nor any quarantined line."""


@dataclass(frozen=True)
class HeaderPlan:
    """The document's columns in its order, and what the registry expected but did not find."""

    fields: tuple[Field, ...]
    missing: tuple[Column, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(f.name for f in self.fields if not f.known and f.kept)

    @property
    def kept(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.kept)

    @property
    def known(self) -> int:
        return sum(f.known for f in self.fields)

    def record(self) -> dict[str, Any]:
        return {
            "columns": {f.header if n == 1 else f"{f.header} [{n}]": f.name for f, n in self._numbered()},
            "unknown": list(self.unknown),
            "missing": [c.name for c in self.missing],
            "dropped_pii": [f.name for f in self.fields if f.personal],
            "excluded": [f.header for f in self.fields if not f.kept and not f.personal],
        }

    def _numbered(self) -> list[tuple[Field, int]]:
        seen: dict[str, int] = {}
        for field in self.fields:
            seen[field.header] = seen.get(field.header, 0) + 1
        count: dict[str, int] = {}
        result = []
        for field in self.fields:
            count[field.header] = count.get(field.header, 0) + 1
            result.append((field, count[field.header]))
        return result


def match_header(headers: Sequence[str], dataset: Dataset, dropped: Collection[str]) -> HeaderPlan:
    """Matches headers and aliases. The first of repeated headers takes the column; the others are unknown, by position. Headers
    that the registry excludes are known and not kept."""
    by_spelling: dict[str, Column] = {}
    for column in dataset.columns:
        for spelling in (column.header or column.name, *column.aliases, column.name):
            by_spelling.setdefault(normalise(spelling), column)
    excluded = {normalise(spelling) for spelling in dataset.excluded}
    taken: set[str] = set()
    names = Names({c.name for c in dataset.columns})
    fields: list[Field] = []
    for position, header in enumerate(headers, 1):
        spelling = normalise(header)
        match = by_spelling.get(spelling)
        if match is not None and match.name not in taken:
            taken.add(match.name)
            personal = match.name in dropped
            fields.append(Field(header, match.name, match, True, not personal, personal))
            continue
        name = names.unique(snake_case(header) or f"column_{position}")
        text = Column(name="unknown", header=header, type=ColumnType.TEXT, description="Not in the registry")
        # A repeated header of a PII column is still personal data.
        personal = match is not None and match.name in dropped
        fields.append(Field(header, name, text, False, not personal and spelling not in excluded, personal))
    return HeaderPlan(tuple(fields), tuple(c for c in dataset.columns if c.name not in taken))
