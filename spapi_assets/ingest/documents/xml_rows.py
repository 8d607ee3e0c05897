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

    path: Path
    in_row: bool
    rows_before: int
    leaves: dict[str, list[str]] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)
    held: list[Callable[[], None]] = field(default_factory=list)


@dataclass
class _Node:
    """An open element: its name, its own frame if it has one, and its path below the nearest frame if not."""

    frame: _Frame | None
    leaf: str
    text: list[str] = field(default_factory=list)
    has_children: bool = False


class Walker:
    """The parser's target. `hand_on` takes each finished row: dataset, number, cells, leaves, columns with several values."""

    def __init__(self, shape: XmlShape, hand_on: Callable[[Row], None], *, hold: bool) -> None:
        self._shape, self._hand_on, self._hold = shape, hand_on, hold
        self._nodes: list[_Node] = []
        self._frames: list[_Frame] = []
        self.root: str | None = None
        self.rows: dict[str, int] = {d.dataset.name: 0 for d in shape.datasets}
        self.found: set[Path] = set()
        self.new: dict[str, set[str]] = {}
        """Unknown leaves by dataset; those of elements above its rows begin with ../"""
        self.barren: dict[str, int] = {}
        """How many elements hold values for rows but no row, by path."""
        self._count = 0
        self.lost: dict[str, str] = {}
        """Leaves above all rows that nothing claims, with the first text of each."""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag)
        if not self._nodes:
            self.root = name
            node = _Node(self._open(()), "")
        else:
            above = self._nodes[-1]
            above.has_children = True
            path = (*above.frame.path, name) if above.frame else None
            if path in self._shape.frames and path is not None:
                node = _Node(self._open(path), "")
            else:
                node = _Node(None, name if above.frame else f"{above.leaf}.{name}")
        self._nodes.append(node)
        for key, value in attributes.items():
            if not key.startswith(_SCHEMA_INSTANCE):
                self._add(f"{node.leaf}.@{_local(key)}" if node.leaf else f"@{_local(key)}", value)

    def data(self, text: str) -> None:
        self._nodes[-1].text.append(text)

    def end(self, tag: str) -> None:
        node = self._nodes.pop()
        text = "".join(node.text)
        if text.strip() or (node.frame is None and not node.has_children):
            self._add(node.leaf or ".", text)
        if node.frame is not None:
            self._close(node.frame)

    def doctype(self, name: str | None, public: str | None, system: str | None) -> None:
        raise DocumentType(name or "")

    def comment(self, text: str) -> None:
        """Comments say nothing to us."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Neither do instructions to other programs."""

    def close(self) -> Walker:
        return self

    def _open(self, path: Path) -> _Frame:
        frame = _Frame(path, self._shape.in_row(path), self._count)
        self.found.add(path)
        self._frames.append(frame)
        return frame

    def _add(self, leaf: str, text: str) -> None:
        frame = self._frames[-1]
        whole = ".".join((*frame.path, leaf))
        if frame.in_row or whole in self._shape.claims:
            frame.leaves.setdefault(leaf, []).append(text)
        elif text.strip() and not self._shape.is_settled(whole):
            self._unclaimed(frame, leaf, whole, text)

    def _unclaimed(self, frame: _Frame, leaf: str, whole: str, text: str) -> None:
        if len(self.lost) < _SHOWN:
            self.lost.setdefault(whole, text.strip()[:200])
        if frame.path and (dataset := self._shape.below(frame.path)):
            up = UP * (len(dataset.section) - len(frame.path))
            self.new.setdefault(dataset.dataset.name, set()).add(up + leaf)

    def _close(self, frame: _Frame) -> None:
        for dataset in self._shape.rows.get(frame.path, ()):
            self._row(dataset, frame)
        for leaf, count in frame.used.items():
            if len(frame.leaves.get(leaf, ())) != count:
                raise Unsettled
        for finish in frame.held:
            finish()
        if not frame.in_row and frame.leaves and frame.rows_before == self._count:
            path = ".".join(frame.path)
            self.barren[path] = self.barren.get(path, 0) + 1
        self._frames.pop()
        if self._frames:
            self._pass_up(frame, self._frames[-1])

    def _pass_up(self, frame: _Frame, above: _Frame) -> None:
        """An element that is no row is part of the row around it; and rows elsewhere may refer to leaves of this one."""
        is_row = frame.path in self._shape.rows
        for leaf, texts in frame.leaves.items():
            whole = ".".join((*frame.path, leaf))
            if (above.in_row and not is_row) or self._shape.claims.get(whole, len(frame.path)) < len(frame.path):
                name = frame.path[-1] if leaf == "." else f"{frame.path[-1]}.{leaf}"
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
                elif any(map(str.strip, texts)) and not self._shape.is_settled(".".join((*frame.path, leaf))):
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
