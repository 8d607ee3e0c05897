"""API sources against Amazon's models: every value of an answer has a column of its type or a reason, and loads."""

from __future__ import annotations

import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from model_server import CUT, Models, Operation
from model_server.generator import Generator, to_text

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import ApiSource, Column, Dataset, Scope
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import make_context, quarantine, rows

REGISTRY = load_registry()
SOURCES = [source for source in REGISTRY.apis.values() if source.call is not None]
each_source = pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
DAY = date(2026, 11, 20)
# Inside one day of UTC and of every marketplace asked for here.
WINDOW = (datetime(2026, 11, 20, 2, tzinfo=UTC), datetime(2026, 11, 20, 21, tzinfo=UTC))
PREFIX = "pages.response"
# What is read although the model does not have it, with who says so.
BEYOND: dict[str, set[str]] = {}


class Shape:
    """The answer of a source's operation as its documents hold it: a source of single calls wraps the answer into a list."""

    def __init__(self, source: ApiSource, operation: Operation) -> None:
        call = source.call
        assert call is not None
        self.operation = operation
        alone = call.single if call.single is not None and call.single.operation == call.operation else None
        self.wrap = alone.wrap if alone else ""
        self.schemas: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.definitions: dict[str, str] = {}
        for path, schema in operation.walk():
            self.schemas[self._at(path)].append(schema)
        self.arrays = {self._at(path) for path in operation.arrays} | ({self.wrap} if self.wrap else set())
        self.leaves = {self._at(path) for path in operation.leaves}

    def _at(self, path: str) -> str:
        return ".".join(part for part in (self.wrap, path) if part)

    def content(self, seed: int) -> Any:
        made = Generator(self.operation, seed, WINDOW).make(self.operation.schema or {}, "", f"seed {seed}")
        for key in reversed(self.wrap.split(".")) if self.wrap else ():
            made = {key: [made]} if key == self.wrap.rsplit(".", 1)[-1] else {key: made}
        return made


@pytest.fixture(scope="module")
def shapes(amazon_models: Models) -> dict[str, Shape]:
    return {s.name: Shape(s, amazon_models[s.call.operation]) for s in SOURCES if s.call}


def section_of(dataset: Dataset) -> tuple[str, str | None]:
    """(path of the rows in the answer, name of the array in which they repeat themselves)."""
    section = (dataset.section or "").removeprefix(PREFIX).lstrip(".")
    path, star, nested = section.partition("*")
    return path, (nested or path.rsplit(".", 1)[-1]) if star else None


def read_by(dataset: Dataset, path: str, arrays: set[str]) -> Iterator[str]:
    """The paths of the answer that a column's path reads; none when it reads facts of the page or positions."""
    if path.startswith("/"):
        if path.startswith("/response."):
            yield path.removeprefix("/response.")
        return
    base = section_of(dataset)[0]
    while path.startswith("../"):
        path = path.removeprefix("../")
        above = [a for a in arrays if a != base and (base.startswith(f"{a}.") or a == "")]
        base = max(above, key=len, default="")
    if path.startswith("%"):
        if "." not in path:
            return
        path = path.split(".", 1)[1]
    yield ".".join(p for p in (base, _plain(path)) if p)


def _plain(path: str) -> str:
    return re.sub(r"\[[^\]]*\]", "", path)


def readers(source: ApiSource, shape: Shape) -> dict[str, list[tuple[Dataset, Column]]]:
    found: dict[str, list[tuple[Dataset, Column]]] = defaultdict(list)
    for dataset in source.datasets:
        if not (dataset.section or "").startswith(PREFIX):
            continue
        for column in dataset.columns:
            for path in read_by(dataset, column.path or "", shape.arrays):
                found[path].append((dataset, column))
    return found


def excluded(source: ApiSource) -> dict[str, str]:
    found = dict(source.excluded_sections)
    for dataset in source.datasets:
        base = section_of(dataset)[0]
        found |= {".".join(p for p in (base, path) if p): why for path, why in dataset.excluded.items()}
    return found


def under(path: str, whole: str) -> bool:
    return path == whole or path.startswith(f"{whole}.")


def lost_values(source: ApiSource, shape: Shape) -> list[str]:
    """What an answer may hold and neither a column nor an exclusion names."""
    read, out = readers(source, shape), excluded(source)
    kept = {path for path, columns in read.items() if any(column.type == "json" for _, column in columns)}
    repeated = {f"{base}.{nested}" for base, nested in map(section_of, source.datasets) if nested}
    lost = []
    for leaf in shape.leaves:
        path = leaf.removesuffix(CUT)
        if any(under(path, whole) for whole in out) or any(under(path, whole) for whole in kept):
            continue
        if leaf.endswith(CUT):
            if path not in repeated:
                lost.append(leaf)
        elif path not in read and len(shape.schemas[path][0].get("enum", "..")) != 1:
            lost.append(leaf)  # an enumeration of one value says nothing
    return sorted(lost)


@each_source
def test_every_value_of_the_model_reaches_a_column_or_a_declared_exclusion(source: ApiSource, shapes: dict[str, Shape]) -> None:
    assert lost_values(source, shapes[source.name]) == []


def test_a_column_or_a_dataset_that_is_taken_away_is_missed(shapes: dict[str, Shape]) -> None:
    orders = REGISTRY.apis["orders_api"]
    first, *others = orders.datasets
    poorer = first.model_copy(update={"columns": tuple(c for c in first.columns if c.path != "salesChannel.channelName")})
    fewer = orders.model_copy(update={"datasets": (poorer, *others)})
    assert lost_values(fewer, shapes["orders_api"]) == ["orders.salesChannel.channelName"]
    transactions = REGISTRY.apis["finance_transactions"]
    flat = transactions.model_copy(update={"datasets": tuple(d for d in transactions.datasets if d.name != "finance_breakdowns")})
    assert "payload.transactions.breakdowns.breakdowns*" in lost_values(flat, shapes["finance_transactions"])


@each_source
def test_columns_read_what_the_model_has_and_in_its_type(source: ApiSource, shapes: dict[str, Shape]) -> None:
    shape = shapes[source.name]
    wrong = []
    for path, columns in readers(source, shape).items():
        if path in BEYOND.get(source.name, ()):
            continue
        schemas = shape.schemas.get(path) or shape.schemas.get(path + CUT)
        for dataset, column in columns:
            place = f"{dataset.name}.{column.name} ({path})"
            if schemas is None:
                if not inside_what_repeats(path, shape):
                    wrong.append(f"{place} is not in Amazon's model")
            elif str(column.type) not in types_of(schemas[0], path, shape) and column.part is None:
                wrong.append(f"{place} is {column.type}, Amazon says {schemas[0].get('type')} {schemas[0].get('format', '')}")
    assert not wrong, "\n".join(wrong)


def inside_what_repeats(path: str, shape: Shape) -> bool:
    """Whether a path goes on below an object that contains itself, or into a free-form one."""
    return any(
        under(path, p.removesuffix(CUT)) for p in shape.leaves if p.endswith(CUT) or not shape.schemas[p][0].get("type")
    ) or any(under(path, p) for p in shape.leaves if shape.schemas[p][0].get("type") == "object")


def types_of(schema: dict[str, Any], path: str, shape: Shape) -> set[str]:
    kind, form = schema.get("type"), schema.get("format")
    if form == "date-time":
        return {"timestamp"}
    if form == "date":
        return {"date"}
    if kind == "string":
        exact = "number representation" in schema.get("description", "")
        return {"decimal"} if exact else {"text"}
    if kind in ("array", "object", None) and "enum" not in schema:
        return {"json"}
    return {"integer": {"integer"}, "number": {"decimal"}, "boolean": {"boolean"}, None: {"text"}}[kind]


@each_source
def test_an_exclusion_names_what_the_model_has_and_says_why(source: ApiSource, shapes: dict[str, Shape]) -> None:
    known = shapes[source.name].schemas
    for path, why in excluded(source).items():
        assert path in known, f"{source.name} excludes {path}, which Amazon's model does not have"
        assert len(why) > 20, f"{source.name}: why is {path} excluded?"


@each_source
@pytest.mark.parametrize("seed", [1, 2])
def test_a_whole_answer_loads_and_every_value_of_it_is_in_a_row(
    source: ApiSource, seed: int, shapes: dict[str, Shape], tmp_path: Path
) -> None:
    """Proved with values, not with paths: each value of an answer with every field filled is found again in the lake."""
    shape, lake = shapes[source.name], Lake(tmp_path / "lake")
    content = shape.content(seed)
    document = (
        '{"pages": [{"fetched_at": "2026-11-20T21:30:00.123Z", "request": {"marketplaceIds": "A1PA6795UKMFR9"}, '
        f'"next_token": null, "missing": [{{"identifier": "GONE"}}], "response": {to_text(content)}}}]}}'
    )
    result = load_document([gzip.compress(document.encode())], context_of(source), lake)
    assert result.warnings == []
    assert {name: d.unknown_columns for name, d in result.datasets.items() if d.unknown_columns} == {}
    assert {n: quarantine(lake, n)[:1] for n, d in result.datasets.items() if d.quarantined} == {}
    held = {text for dataset in source.datasets for row in rows(lake, dataset.name) for text in texts_of(row)}
    out = excluded(source)
    for path, value in values_of(json.loads(to_text(content), parse_float=Decimal)):
        if not any(under(path, whole) for whole in out):
            assert spelt(value) in held, f"{source.name}: {path} = {value!r} is in no row"


def context_of(source: ApiSource) -> Any:
    pii = frozenset(f"{d.name}.{c.name}" for d in source.datasets for c in d.columns if c.pii)
    place = "DE" if source.scope is Scope.MARKETPLACE else None
    return make_context(source, marketplace=place, start=DAY, end=DAY, pii_columns=pii, created=WINDOW[1], loaded_at=WINDOW[1])


def values_of(content: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict):
        for key, inner in content.items():
            yield from values_of(inner, f"{path}.{key}" if path else key)
    elif isinstance(content, list):
        for inner in content:
            yield from values_of(inner, path)
    elif isinstance(content, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\S+--\d{4}-\d\d-\d\dT\S+", content):
        yield from ((path, part) for part in content.split("--"))
    else:
        yield path, content


def texts_of(row: dict[str, Any]) -> Iterator[str]:
    for value in row.values():
        whole = json.loads(value, parse_float=Decimal) if isinstance(value, str) and value[:1] in ("{", "[") else value
        yield from (spelt(inner) for _, inner in values_of(whole))


def spelt(value: Any) -> str:
    """One spelling for what is the same: instants in UTC, numbers without zeros at their end."""
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value):
        value = Decimal(value)
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, Decimal)):
        return f"{Decimal(value).normalize():f}"
    return str(value)
