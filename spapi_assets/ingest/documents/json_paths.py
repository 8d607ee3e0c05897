"""Where a dataset's rows and values stand in a JSON document: its section, its columns' paths, those of enclosing elements.
Plain structure from the registry; reading values by it is `json_rows.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spapi_assets.datasets.model import Column, Dataset, Report

SPECIFICATION = "reportSpecification"
_UP = "../"


@dataclass(frozen=True)
class ParentPath:
    """A column whose value stands `up` array elements above the row (the document itself is the outermost)."""

    column: Column
    up: int
    keys: tuple[str, ...]

    def of(self, above: Sequence[Any]) -> Any:
        """Its value; None where there are fewer levels or the path ends early."""
        if self.up > len(above):
            return None
        value = above[-self.up]
        for i, key in enumerate(self.keys):
            if not isinstance(value, Mapping):
                return None
            if (whole := ".".join(self.keys[i:])) in value:
                return value[whole]
            value = value.get(key)
        return value


class Shape:
    """One dataset of a JSON report. `section` is its top-level member (None: the document), `steps` the way further down."""

    def __init__(self, dataset: Dataset, report: Report) -> None:
        self.dataset = dataset
        self.path = tuple(dataset.section.split(".")) if dataset.section else ()
        self.section = self.path[0] if self.path else None
        self.steps = self.path[1:]
        # Filled from the request, not from the document, are columns with an option: they are the sink's.
        self.kept = tuple(c for c in dataset.columns if c.path is not None)
        self.required = tuple(c for c in self.kept if c.required)
        self.columns: dict[str, Column] = {}
        parents: list[ParentPath] = []
        for column in self.kept:
            for path in (column.path or "", *column.aliases):
                if path.startswith(_UP):
                    parents.append(_parent(column, path))
                else:
                    self.columns.setdefault(path, column)
        self.parents = tuple(parents)
        self._datasets = {tuple((d.section or "").split(".")) if d.section else () for d in report.datasets}
        self.excluded = {p for d in report.datasets for p in _absolute(d)}
        self._claimed = {p for d in report.datasets for p in _claims(d)}
        self._memo: dict[tuple[str, ...], bool] = {}
        self._own = frozenset(dataset.excluded)
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
            self._memo[key] = covered(path, self._own) or covered(whole, self.excluded) or covered(whole, deeper)
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


def _parent(column: Column, path: str) -> ParentPath:
    up = 0
    while path.startswith(_UP):
        path, up = path[len(_UP) :], up + 1
    return ParentPath(column, up, tuple(path.split(".")))


def _above(section: tuple[str, ...], path: str) -> str:
    up = 0
    while path.startswith(_UP):
        path, up = path[len(_UP) :], up + 1
    return ".".join((*section[: max(0, len(section) - up)], path))


def _absolute(dataset: Dataset) -> list[str]:
    section = tuple(dataset.section.split(".")) if dataset.section else ()
    return [_above(section, p) for p in dataset.excluded]


def _claims(dataset: Dataset) -> list[str]:
    section = tuple(dataset.section.split(".")) if dataset.section else ()
    paths = [p for c in dataset.columns if c.path for p in (c.path, *c.aliases)]
    return [_above(section, p) for p in paths if p.startswith(_UP)]
