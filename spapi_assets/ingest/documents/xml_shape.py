"""Where the rows and values of an XML report's datasets stand: sections, columns' paths, and what is claimed above the rows.
Plain structure from the registry and earlier readings; walking a document by it is `xml_rows.py`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spapi_assets.datasets import model
from spapi_assets.datasets.model import Column, ColumnType, Dataset

UP = "../"
Path = tuple[str, ...]

# Amazon's envelope around every XML report says nothing of the rows.
ENVELOPE = ("Header", "MessageType", "PurgeAndReplace", "EffectiveDate", "Message.MessageID", "Message.OperationType")


@dataclass(frozen=True)
class Source:
    """Where one column's value stands: `up` elements above the row's, at the dotted path `leaf` below that one."""

    up: int
    leaf: str


def source_of(path: str) -> Source:
    up = 0
    while path.startswith(UP):
        path, up = path[len(UP) :], up + 1
    return Source(up, path)


class XmlDataset:
    """One dataset of an XML report with the columns that an earlier reading found beside the registry's."""

    def __init__(self, dataset: Dataset, unknown: Sequence[str], names: Mapping[str, str]) -> None:
        self.dataset = dataset
        self.section: Path = tuple((dataset.section or "").split(".")) if dataset.section else ()
        self.columns: list[tuple[Column, str]] = [(c, c.name) for c in dataset.columns]
        sources = [[source_of(p) for p in (c.path or "", *c.aliases)] for c in dataset.columns]
        for path in unknown:
            text = Column(name="unknown", path=path, type=ColumnType.TEXT, description="Not in the registry")
            self.columns.append((text, names[path]))
            sources.append([source_of(path)])
        self.own: dict[str, int] = {}
        self.above: list[tuple[int, Source]] = []
        for i, alternatives in enumerate(sources):
            for source in alternatives:
                if source.up:
                    self.above.append((i, source))
                else:
                    self.own.setdefault(source.leaf, i)
        self.highest = max((source.up for _, source in self.above), default=0)


class XmlShape:
    """All datasets of one report. Paths are absolute below the root, as tuples of element names."""

    def __init__(self, report: model.Source, datasets: Sequence[XmlDataset]) -> None:
        self.datasets = tuple(datasets)
        self.rows: dict[Path, list[XmlDataset]] = {}
        self.frames: set[Path] = {()}
        self.claims: dict[str, int] = {}
        """Absolute leaf paths that rows below refer to, and the depth of the highest element they are looked up in."""
        self.excluded: set[str] = {*ENVELOPE, *report.excluded_sections}
        for found in self.datasets:
            self.rows.setdefault(found.section, []).append(found)
            self.frames.update(found.section[:n] for n in range(len(found.section) + 1))
            for _, source in found.above:
                depth = len(found.section) - source.up
                if depth >= 0:
                    path = ".".join((*found.section[:depth], source.leaf))
                    self.claims[path] = min(depth, self.claims.get(path, depth))
            for path in found.dataset.excluded:
                source = source_of(path)
                self.excluded.add(".".join((*found.section[: len(found.section) - source.up], source.leaf)))

    def in_row(self, path: Path) -> bool:
        """True for an element that is a row or stands inside one."""
        return any(path[:n] in self.rows for n in range(len(path) + 1))

    def is_settled(self, leaf: str) -> bool:
        """True for an absolute leaf path that is claimed from below or excluded, alone or with what is around it."""
        return (
            leaf in self.claims or leaf in self.excluded or any(leaf[:i] in self.excluded for i, c in enumerate(leaf) if c == ".")
        )

    def below(self, path: Path) -> XmlDataset | None:
        """The first dataset whose rows stand below an element."""
        return next((d for d in self.datasets if len(d.section) > len(path) and d.section[: len(path)] == path), None)
