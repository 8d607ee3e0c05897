"""Walks an XML document as it is parsed: leaves gather at the elements on the way to rows, each row is handed on when it ends.
Nothing of a document is kept beyond the open elements; typing and partitions are `xml_document.py` and what it calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from spapi_assets.ingest.documents.xml_shape import UP, Path, XmlDataset, XmlShape

_SCHEMA_INSTANCE = "{http://www.w3.org/2001/XMLSchema-instance}"
_SHOWN = 20

Row = tuple[XmlDataset, int, list[str | None], dict[str, list[str]], set[int]]


class DocumentType(Exception):
    """The document declares a document type; its name is the argument."""


class Unsettled(Exception):
    """A row used a value of an enclosing element that came again, or came only after the row: hold rows until that ends."""


@dataclass
class _Frame:
    """An open element on the way to rows, or a row itself, with the leaves met below it so far."""

    state: _State
    rows_before: int
    leaves: dict[str, list[str]] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    held: list[Callable[[], None]] = field(default_factory=list)


class _State:
    """What the registry says of elements of one name at one place: looked up once, for documents repeat the same few places."""

    __slots__ = ("in_row", "is_frame", "is_row", "leaf", "leaves", "path", "shape", "steps")

    def __init__(self, shape: XmlShape, path: Path, leaf: str) -> None:
        self.shape, self.path, self.leaf = shape, path, leaf
        self.is_frame = not leaf
        self.is_row = self.is_frame and path in shape.rows
        self.in_row = shape.in_row(path)
        self.steps: dict[str, _State] = {}
        self.leaves: dict[str, bool | None] = {}

    def step(self, tag: str) -> _State:
        """The place of a child element. `path` and `leaf` tell the nearest frame and the way from it."""
        found = self.steps.get(tag)
        if found is None:
            name = _local(tag)
            path = (*self.path, name)
            if self.is_frame and path in self.shape.frames:
                found = _State(self.shape, path, "")
            else:
                found = _State(self.shape, self.path, f"{self.leaf}.{name}" if self.leaf else name)
            self.steps[tag] = found
        return found

    def keeps(self, leaf: str) -> bool | None:
        """True for a leaf that rows need, False for one that nobody asks for, None for one that nobody knows."""
        if leaf not in self.leaves:
            whole = ".".join((*self.path, leaf))
            known = self.in_row or whole in self.shape.claims
            self.leaves[leaf] = True if known else False if self.shape.is_settled(whole) else None
        return self.leaves[leaf]


class Walker:
    """The parser's target. `hand_on` takes each finished row: dataset, number, cells, leaves, columns with several values."""

    def __init__(self, shape: XmlShape, hand_on: Callable[[Row], None], *, hold: bool) -> None:
        self._shape, self._hand_on, self._hold = shape, hand_on, hold
        self._states: list[_State] = []
        self._texts: list[list[str]] = []
        self._has_children: list[bool] = []
        self._frames: list[_Frame] = []
        self.root: str | None = None
        self.rows: dict[str, int] = {d.dataset.name: 0 for d in shape.datasets}
        self.new: dict[str, set[str]] = {}
        """Unknown leaves by dataset; those of elements above its rows begin with ../"""
        self.lost: dict[str, str] = {}
        """Leaves above all rows that nothing claims, with the first text of each."""
        self.barren: dict[str, int] = {}
        """How many elements hold values for rows but no row, by path."""
        self._count = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if self._states:
            self._has_children[-1] = True
            state = self._states[-1].step(tag)
        else:
            self.root = _local(tag)
            state = _State(self._shape, (), "")
        self._states.append(state)
        self._texts.append([])
        self._has_children.append(False)
        if state.is_frame:
            self._frames.append(_Frame(state, self._count))
        for key, value in attributes.items():
            if not key.startswith(_SCHEMA_INSTANCE):
                self._add(f"{state.leaf}.@{_local(key)}" if state.leaf else f"@{_local(key)}", value)

    def data(self, text: str) -> None:
        self._texts[-1].append(text)

    def end(self, tag: str) -> None:
        state, parts, parent = self._states.pop(), self._texts.pop(), self._has_children.pop()
        text = parts[0] if len(parts) == 1 else "".join(parts)
        if text.strip() or not (parent or state.is_frame):
            self._add(state.leaf or ".", text)
        if state.is_frame:
            self._close(self._frames[-1])

    def doctype(self, name: str | None, public: str | None, system: str | None) -> None:
        raise DocumentType(name or "")

    def comment(self, text: str) -> None:
        """Comments say nothing to us."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Neither do instructions to other programs."""

    def close(self) -> Walker:
        return self

    def _add(self, leaf: str, text: str) -> None:
        frame = self._frames[-1]
        keeps = frame.state.keeps(leaf)
        if keeps:
            if leaf in frame.leaves:
                frame.leaves[leaf].append(text)
            else:
                frame.leaves[leaf] = [text]
        elif keeps is None and text.strip():
            self._unclaimed(frame.state.path, leaf, text)

    def _unclaimed(self, path: Path, leaf: str, text: str) -> None:
        if len(self.lost) < _SHOWN:
            self.lost.setdefault(".".join((*path, leaf)), text.strip()[:200])
        if path and (dataset := self._shape.below(path)):
            up = UP * (len(dataset.section) - len(path))
            self.new.setdefault(dataset.dataset.name, set()).add(up + leaf)

    def _close(self, frame: _Frame) -> None:
        path = frame.state.path
        if frame.state.is_row:
            for dataset in self._shape.rows[path]:
                self._row(dataset, frame)
        for leaf, count in frame.used.items():
            if len(frame.leaves.get(leaf, ())) != count:
                raise Unsettled
        for finish in frame.held:
            finish()
        if not frame.state.in_row and frame.leaves and frame.rows_before == self._count:
            self.barren[".".join(path)] = self.barren.get(".".join(path), 0) + 1
        self._frames.pop()
        if self._frames and frame.leaves:
            self._pass_up(frame, self._frames[-1])

    def _pass_up(self, frame: _Frame, above: _Frame) -> None:
        """An element that is no row is part of the row around it; and rows elsewhere may refer to leaves of this one."""
        path, is_part = frame.state.path, above.state.in_row and not frame.state.is_row
        if not is_part and not self._shape.claims:
            return
        for leaf, texts in frame.leaves.items():
            if is_part or self._shape.claims.get(".".join((*path, leaf)), len(path)) < len(path):
                name = path[-1] if leaf == "." else f"{path[-1]}.{leaf}"
                above.leaves.setdefault(name, []).extend(texts)

    def _row(self, dataset: XmlDataset, frame: _Frame) -> None:
        name = dataset.dataset.name
        self.rows[name] += 1
        self._count += 1
        number, frames = self.rows[name], self._frames[:]

        def finish() -> None:
            cells: list[str | None] = [None] * len(dataset.columns)
            several: set[int] = set()
            for leaf, texts in frame.leaves.items():
                column = dataset.own.get(leaf)
                if column is not None:
                    _put(cells, several, column, texts)
                elif any(map(str.strip, texts)) and not self._shape.is_settled(".".join((*frame.state.path, leaf))):
                    self.new.setdefault(name, set()).add(leaf)
            for column, source in dataset.above:
                if source.up < len(frames):
                    above = frames[-1 - source.up]
                    texts = above.leaves.get(source.leaf, [])
                    if not self._hold:
                        above.used[source.leaf] = len(texts)
                    _put(cells, several, column, texts)
            self._hand_on((dataset, number, cells, frame.leaves, several))

        if self._hold and dataset.highest and dataset.highest < len(frames):
            frames[-1 - dataset.highest].held.append(finish)
        else:
            finish()


def _put(cells: list[str | None], several: set[int], column: int, texts: list[str]) -> None:
    """One value as it is, blank ones as none; several as a JSON list."""
    if len(texts) == 1:
        if texts[0].strip():
            cells[column] = texts[0]
        return
    present = [text for text in texts if text.strip()]
    if len(present) > 1:
        several.add(column)
    if present:
        cells[column] = present[0] if len(present) == 1 else json.dumps(present, ensure_ascii=False)


def shown(leaves: dict[str, list[str]], masked: Callable[[str], Any]) -> str:
    """A row's leaves as JSON, for the quarantine; `masked` gives what replaces a leaf, or None to show it."""
    return json.dumps(
        {leaf: masked(leaf) or (texts[0] if len(texts) == 1 else texts) for leaf, texts in leaves.items()}, ensure_ascii=False
    )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
