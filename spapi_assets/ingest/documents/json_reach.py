"""Columns of a JSON row that stand at no plain path below it: its place, the chain of its recursion, a chosen element.
Plain paths and those of enclosing elements are `json_paths.py`; walking down to the rows is `json_rows.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from spapi_assets.datasets.model import Column
from spapi_assets.ingest.documents.json_values import Number, text_of

UP = "../"
_STEP = re.compile(r"([^.\[\]]+)(?:\[(?:([^\[\]=]+)=([^\[\]]*))?\])?(?:\.|$)")
_CHOICE = re.compile(r"\[(?!\d+\])")  # `name[0]` is an index, which needs no more than the path
_WORDS = ("number", "level", "leaf", "place", "path", "parent", "top")
_WITH_KEY = ("path", "parent", "top")


class Found(NamedTuple):
    """One row's element and where it stands."""

    value: Any
    above: Sequence[Any]
    """The elements of the arrays around it, the document first."""
    numbers: tuple[int, ...]
    """Positions of those elements in their arrays, from 1; 0 for one whose array is read in blocks and not counted."""
    chain: tuple[Any, ...]
    """From the outermost element of a recursive section down to the row itself; the row alone in any other section."""
    places: tuple[int, ...]
    """Position of each element of the chain among its siblings, from 1."""


@dataclass(frozen=True)
class Step:
    """A key; with `chosen`, the key of an array of which the first element is meant that has the value (and what follows)."""

    key: str
    chosen: bool = False
    where: str | None = None
    equals: str | None = None


@dataclass(frozen=True)
class Reach:
    """A column by its special path. Below `up` enclosing array elements:

    `contexts[].sku` is the first `sku` among the array's elements, `ids[name=ORDER].value` the first of those whose `name` is so;
    `%number` is the element's position in its array, from 1. In a recursive section (`breakdowns*`): `%level` from 1, `%leaf`
    whether nothing is nested below, `%place` the positions from the outermost (`1.2`), `%path.key` the values of `key` from the
    outermost joined by `/`, `%parent.key` the same without the row's own (null on level 1), `%top.path` a value of the outermost.
    """

    column: Column
    up: int
    word: str | None
    steps: tuple[Step, ...]
    nested: str

    def of(self, found: Found) -> Any:
        """Its value as JSON has it; None where nothing stands there."""
        match self.word:
            case None if self.up > len(found.above):
                return None
            case None:
                return _value(found.above[-self.up] if self.up else found.value, self.steps)
            case "number":
                numbers = (*found.numbers, found.places[-1])
                number = numbers[-1 - self.up] if self.up < len(numbers) else 0
                return Number(number) if number else None
            case "level":
                return Number(len(found.chain))
            case "leaf":
                return not (isinstance(found.value, dict) and found.value.get(self.nested))
            case "place":
                return ".".join(map(str, found.places))
            case "top":
                return _value(found.chain[0], self.steps)
        chain = found.chain[:-1] if self.word == "parent" else found.chain
        return "/".join(text_of(_value(each, self.steps)) or "" for each in chain) or None


def reaches(path: str) -> bool:
    """Whether a column's path is one for this module."""
    return "%" in path or _CHOICE.search(path) is not None


def reach(column: Column, path: str, section: Sequence[str], nested: str | None) -> Reach:
    """The column's way to its value. ValueError for a path that means nothing in this section."""
    rest = path
    while rest.startswith(UP):
        rest = rest[len(UP) :]
    up, word = (len(path) - len(rest)) // len(UP), None
    if rest.startswith("%"):
        word, _, rest = rest[1:].partition(".")
        if word not in _WORDS or bool(rest) != (word in _WITH_KEY):
            raise _wrong(column, path, f"there are %{', %'.join(_WORDS)}, and those of {', '.join(_WITH_KEY)} go on with a key")
        if word != "number" and (up or nested is None):
            raise _wrong(column, path, "it is for the rows of a recursive section (`name*`) themselves")
    # The outermost array of a document is read in blocks, in several threads: its elements have no number.
    if up > len(section) - 1 or (word == "number" and up == len(section) - 1):
        raise _wrong(column, path, "it goes above the outermost array's elements")
    steps = tuple(_steps(rest)) if rest else ()
    if rest and not steps:
        raise _wrong(column, path, "keys and choices such as `ids[name=ORDER].value` are expected")
    return Reach(column, up, word, steps, nested or "")


def _wrong(column: Column, path: str, why: str) -> ValueError:
    return ValueError(f"column {column.name}: its path {path!r} cannot be read: {why}")


def _steps(text: str) -> list[Step]:
    steps, at = [], 0
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None or found.end() == at:
            return []
        key, where, equals = found.groups()
        steps.append(Step(key, "[" in found[0], where, equals))
        at = found.end()
    return steps


def _value(value: Any, steps: Sequence[Step]) -> Any:
    """The value at the end of the steps; of a chosen array's elements, the first that has one."""
    for i, step in enumerate(steps):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step.key)
        if step.chosen:
            for each in value if isinstance(value, list) else ():
                fits = step.where is None or (isinstance(each, Mapping) and each.get(step.where) == step.equals)
                if fits and (found := _value(each, steps[i + 1 :])) is not None:
                    return found
            return None
    return value
