"""Compares every cell that a method wrote with the JSON document itself, read by json.loads: no code of the platform.
Texts must be equal, numbers the same value to the last digit; the document is held a piece at a time."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.json_generate import SECTION

_CHUNK = 60_000
_COLUMNS = {
    "departmentName": "department_name",
    "searchTerm": "search_term",
    "searchFrequencyRank": "search_frequency_rank",
    "clickedAsin": "clicked_asin",
    "clickedItemName": "clicked_item_name",
    "clickShareRank": "click_share_rank",
    "clickShare": "click_share",
    "conversionShare": "conversion_share",
}


def _source(document: Path) -> Iterator[list[dict[str, Any]]]:
    """The section's objects. The generator gives each the same indentation, so lines are enough to cut them."""
    with gzip.open(document, "rt", encoding="utf-8", newline="") as file:
        for line in file:
            if line.startswith(f'  "{SECTION}": ['):
                break
        lines: list[str] = []
        objects = 0
        for line in file:
            if line.startswith("  ]"):
                break
            lines.append(line)
            objects += line.startswith("    }")
            if objects == _CHUNK:
                yield json.loads(f"[{''.join(lines).rstrip().rstrip(',')}]", parse_float=Decimal)
                lines, objects = [], 0
        if lines:
            yield json.loads(f"[{''.join(lines)}]", parse_float=Decimal)


def differences(document: Path, written: pa.Table, names: dict[str, str]) -> tuple[int, int]:
    """(cells compared, cells that differ)."""
    cells = differing = start = 0
    for objects in _source(document):
        part = written.slice(start, len(objects))
        start += len(objects)
        for key, name in names.items():
            column = part.column(name).combine_chunks()
            values = [o[key] for o in objects]
            if pa.types.is_floating(column.type):
                want = pa.array([float(v) for v in values], column.type)
            else:
                want = pa.array(values, column.type)
            differing += len(values) - pc.fill_null(pc.equal(column, want), False).true_count
            cells += len(values)
    return cells, differing + abs(start - written.num_rows) * len(names)


def ours(document: Path, lake: Path) -> tuple[int, int]:
    """What the platform wrote, in the document's order by `_row`."""
    table = pq.read_table(lake / "raw" / "search_terms", partitioning=None)
    return differences(document, table.take(pc.sort_indices(table, sort_keys=[("_row", "ascending")])), _COLUMNS)


def theirs(document: Path, file: Path) -> tuple[int, int]:
    return differences(document, pq.read_table(file), {key: key for key in _COLUMNS})
