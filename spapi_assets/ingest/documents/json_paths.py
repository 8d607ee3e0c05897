"""Where a dataset's rows and values stand in a JSON document: its section, its columns' paths, those of enclosing elements.
Plain structure from the registry; reading values by it is `json_rows.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from spapi_assets.datasets.model import ApiSource, Column, ColumnType, Dataset, Source
from spapi_assets.ingest.documents.json_reach import Reach, reach, reaches

SPECIFICATION = "reportSpecification"
PAGES = "pages"
"""The one member of an API's document: its pages, each with the answer in `response` and facts of the call beside it."""
PAGE_FACTS = frozenset(f"{PAGES}.{fact}" for fact in ("fetched_at", "request", "next_token", "missing", "unread"))
RECURSIVE = "*"
_UP = "../"
_PAGE = "/"


@dataclass(frozen=True)
class Elsewhere:
    """A column whose value is looked up: `up` array elements above the row (the document itself is the outermost), in the row
    itself (0: a path through an array, or into what another column keeps as JSON, or to one part of an interval), or in the
    member's own element around everything (PAGE)."""

    column: Column
    up: int
    keys: tuple[str | int, ...]

    PAGE: ClassVar[int] = -1

    def of(self, above: Sequence[Any], row: Any = None, page: Any = None) -> Any:
        """Its value; None where there are fewer levels or the path ends early."""
        if self.up > len(above):
            return None
        value = page if self.up == self.PAGE else above[-self.up] if self.up else row
        for i, key in enumerate(self.keys):
            if isinstance(key, int):
                value = value[key] if isinstance(value, list) and key < len(value) else None
                continue
            if not isinstance(value, Mapping):
                return None
            if (whole := ".".join(map(str, self.keys[i:]))) in value:
                return value[whole]
            value = value.get(key)
        return value


class Shape:
    """One dataset of a JSON report. `section` is its top-level member (None: the document), `steps` the way further down.

    The last step may be recursive (`breakdowns*`, or `amounts*breakdowns`): its rows are the elements of this array and of the
    arrays of the same name (or of the second name) in them, each before those nested in it. `../` is then the element that holds
    the outermost array, whatever the row's level.
    """

    def __init__(self, dataset: Dataset, report: Source) -> None:
        self.dataset = dataset
        self.path = section_path(dataset)
        star, nested = (dataset.section or "").partition(RECURSIVE)[1:]
        self.nested = nested or self.path[-1] if star else None
        self.section = self.path[0] if self.path else None
        self.steps = self.path[1:]
        # Filled from the request, not from the document, are columns with an option: they are the sink's.
        self.kept = tuple(c for c in dataset.columns if c.path is not None)
        self.required = tuple(c for c in self.kept if c.required)
        self.columns: dict[str, Column] = {}
        parents: list[Elsewhere] = []
        special: list[Reach] = []
        # What a column keeps as JSON is not taken apart: a value of it that has a column of its own is looked up.
        kept_whole = tuple(f"{p}." for c in self.kept if c.type is ColumnType.JSON for p in (c.path or "", *c.aliases))
        for column in self.kept:
            for path in (column.path or "", *column.aliases):
                if reaches(path):
                    special.append(reach(column, path, self.path, self.nested))
                elif path.startswith((_UP, _PAGE, *kept_whole)) or "[" in path or column.part:
                    parents.append(_elsewhere(column, path))
                else:
                    self.columns.setdefault(path, column)
        self.parents = tuple(parents)
        self.reaches = tuple(special)
        self.whole = frozenset(p for p, c in self.columns.items() if c.type is ColumnType.JSON)
        self._datasets = {section_path(d) for d in report.datasets}
        self.excluded = {p for d in report.datasets for p in _absolute(d)}
        if isinstance(report, ApiSource):
            self.excluded |= PAGE_FACTS | {f"{PAGES}.response.{key}" for key in report.excluded_sections}
        self._claimed = {p for d in report.datasets for p in _claims(d)}
        self._memo: dict[tuple[str, ...], bool] = {}
        self._own = frozenset(dataset.excluded) | ({self.nested} if self.nested else set())
        if not self.path:
            self._own |= {SPECIFICATION, *report.excluded_sections}

    def is_dataset(self, steps: Sequence[str]) -> bool:
        """Whether the level at which these steps are still to go has rows of its own."""
        return self.path[: len(self.path) - len(steps)] in self._datasets

    def is_claimed(self, path: str) -> bool:
        """True for a path below the row that another dataset reads or that is excluded."""
        key = (path,)
        if key not in self._memo:
            whole = ".".join((*self.path, path))
            deeper = {".".join(d) for d in self._datasets if len(d) > len(self.path) and d[: len(self.path)] == self.path}
            self._memo[key] = (
                covered(path, self._own)
                or covered(whole, self.excluded)
                or covered(whole, deeper)
                or whole in self._claimed
                # An array on the way to rows further down: what else it holds is noticed on that way.
                or any(section.startswith(f"{whole}.") for section in deeper)
            )
        return self._memo[key]

    def claimed_above(self, path: str, steps: Sequence[str]) -> bool:
        """True for a path of a level without rows of its own that some dataset refers to, goes through, or excludes."""
        key = (path, *steps)
        if key not in self._memo:
            level = self.path[: len(self.path) - len(steps)]
            whole = ".".join((*level, path))
            self._memo[key] = (
                covered(whole, self.excluded)
                or covered(whole, self._claimed)
                or any(d[: len(level)] == level and _touches(whole, ".".join(d)) for d in self._datasets)
            )
        return self._memo[key]


def covered(path: str, by: frozenset[str] | set[str]) -> bool:
    """True when the path or an object around it is among them."""
    if path in by:
        return True
    return any(path[:i] in by for i, c in enumerate(path) if c == ".")


def _touches(path: str, section: str) -> bool:
    """The path lies on the way to the section, or in it."""
    return path == section or section.startswith(f"{path}.") or path.startswith(f"{section}.")


def _elsewhere(column: Column, path: str) -> Elsewhere:
    up = 0
    while path.startswith(_UP):
        path, up = path[len(_UP) :], up + 1
    if path.startswith(_PAGE):
        path, up = path[len(_PAGE) :], Elsewhere.PAGE
    keys = [int(index) if index else key for key, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path)]
    return Elsewhere(column, up, tuple(keys))


def _above(section: tuple[str, ...], path: str) -> str:
    if path.startswith(_PAGE):
        return ".".join((*section[:1], path[len(_PAGE) :]))
    up = 0
    while path.startswith(_UP):
        path, up = path[len(_UP) :], up + 1
    return ".".join((*section[: max(0, len(section) - up)], path))


def section_path(dataset: Dataset) -> tuple[str, ...]:
    """The keys of its section. ValueError if any but the last is recursive: rows in rows of many levels have no grain."""
    whole, _, nested = (dataset.section or "").partition(RECURSIVE)
    if "." in nested or RECURSIVE in nested:
        raise ValueError(f"dataset {dataset.name}: only the last step of the section {dataset.section!r} may be recursive")
    return tuple(whole.split(".")) if whole else ()


def _absolute(dataset: Dataset) -> list[str]:
    return [_above(section_path(dataset), p) for p in dataset.excluded]


def _claims(dataset: Dataset) -> list[str]:
    paths = [(p, c.part) for c in dataset.columns if c.path for p in (c.path, *c.aliases) if "%" not in p]
    # An array that a path goes through belongs to that column; the array's other members are the other columns' business.
    looked_up = [p.partition("[")[0] for p, part in paths if p.startswith((_UP, _PAGE)) or "[" in p or part]
    return [_above(section_path(dataset), p) for p in looked_up]
