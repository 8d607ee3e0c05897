"""Amazon's swagger models read as they are: every operation with its parameters, usage plan and the schema of its answers.
Judging requests, making answers and serving them are the files beside this one; nothing of spapi_assets is imported here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

CUT = "*"  # ends the path of an object that contains itself: the path goes on for ever and is cut there
PLAN = re.compile(r"\|\s*(\d*\.?\d+)\s*\|\s*(\d+)\s*\|")


class ModelError(Exception):
    """A test asks for something that Amazon's models do not have."""


@dataclass(frozen=True, eq=False)
class Operation:
    """One operation of one model. `rate` is the text of the usage plan's table, as Amazon's header repeats it."""

    name: str
    file: str
    method: str
    path: str
    spec: dict[str, Any] = field(repr=False)
    model: dict[str, Any] = field(repr=False)
    parameters: tuple[dict[str, Any], ...] = field(repr=False)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path)))

    @property
    def description(self) -> str:
        return str(self.spec.get("description", ""))

    @cached_property
    def plan(self) -> tuple[str, int] | None:
        """(requests per second as Amazon writes it, burst), None when the model states no usage plan."""
        found = PLAN.search(self.description)
        return (found[1], int(found[2])) if found else None

    @cached_property
    def success(self) -> int:
        return min(int(status) for status in self.spec["responses"] if status.startswith("2"))

    @property
    def schema(self) -> dict[str, Any] | None:
        """What a successful answer looks like; None: it has no body."""
        schema: dict[str, Any] | None = self.spec["responses"][str(self.success)].get("schema")
        return schema

    def sends_rate(self, status: int) -> bool:
        """Whether the model promises x-amzn-RateLimit-Limit with this status."""
        return "x-amzn-RateLimit-Limit" in self.spec["responses"].get(str(status), {}).get("headers", {})

    def among(self, place: str) -> dict[str, dict[str, Any]]:
        """The parameters of the query, path, header or body by name."""
        return {parameter["name"]: parameter for parameter in self.parameters if parameter["in"] == place}

    def resolve(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with its $ref followed and its allOf merged. What stands beside a $ref is documentation."""
        while "$ref" in schema:
            schema = self.model["definitions"][reference(schema)]
        if "allOf" not in schema:
            return schema
        merged: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
        for part in [*schema["allOf"], {k: v for k, v in schema.items() if k != "allOf"}]:
            part = self.resolve(part)
            merged["properties"] |= part.get("properties", {})
            merged["required"] = [*merged["required"], *part.get("required", [])]
        return merged

    def walk(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """(dotted path, schema) of everything in a successful answer, objects and arrays before what they hold; an array and its
        elements share a path (and the array comes first)."""
        if self.schema is not None:
            yield from self._walk(self.schema, "", ())

    def _walk(self, schema: dict[str, Any], path: str, above: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
        name = reference(schema)
        if name in above:
            yield path + CUT, {}
            return
        inside = (*above, name) if name else above
        solid = self.resolve(schema)
        yield path, solid
        if solid.get("type") == "array":
            yield from self._walk(solid["items"], path, inside)
        for key, inner in (solid.get("properties") or {}).items():
            yield from self._walk(inner, f"{path}.{key}" if path else key, inside)

    @cached_property
    def leaves(self) -> set[str]:
        """Dotted paths of all values of a successful answer, arrays without brackets. A path that ends in `*` is an object that
        contains itself, cut where it does; a free-form object is one leaf."""
        found = set()
        for path, schema in self.walk():
            if path.endswith(CUT) or not (schema.get("properties") or schema.get("type") == "array"):
                found.add(path)
        return found - {""}

    @cached_property
    def arrays(self) -> set[str]:
        """Dotted paths of all arrays of a successful answer ('' when the answer itself is one)."""
        return {path for path, schema in self.walk() if schema.get("type") == "array"}

    @cached_property
    def list_path(self) -> str | None:
        """Where the answer's main list lies: the array of objects nearest to the top that is not `errors`."""
        lists = [
            path
            for path, schema in self.walk()
            if schema.get("type") == "array" and self.resolve(schema["items"]).get("properties") and "errors" not in path.lower()
        ]
        return min(lists, key=lambda path: path.count(".") if path else -1, default=None)

    @cached_property
    def token_path(self) -> str | None:
        """Where the next page's token lies in an answer."""
        return next((p for p in sorted(self.leaves, key=len) if p.rsplit(".", 1)[-1].lower().startswith("nexttoken")), None)

    @cached_property
    def token_parameter(self) -> str | None:
        """The query parameter that takes a token."""
        return next((name for name in self.among("query") if "token" in name.lower()), None)


def reference(schema: dict[str, Any]) -> str:
    """The definition a schema refers to, '' when it refers to none."""
    return str(schema.get("$ref", "")).rsplit("/", 1)[-1]


class Models:
    """All operations of a folder of models, by operationId. Where two versions of an API use the same one, the younger version
    has the bare name and the older is `name@file`."""

    def __init__(self, folder: Path) -> None:
        self.operations: dict[str, Operation] = {}
        files = sorted(
            folder.glob("*/*.json"), key=lambda f: (re.findall(r"\d{4}-\d\d-\d\d", f.stem) or ["0000"])[-1], reverse=True
        )
        for file in files:
            for operation in _operations(json.loads(file.read_text("utf-8")), file.stem):
                name = operation.name if operation.name not in self.operations else f"{operation.name}@{file.stem}"
                self.operations[name] = operation
        if not self.operations:
            raise ModelError(f"There are no models in {folder}.")
        # A literal path comes before one with a parameter in the same place.
        self._routes = sorted(self.operations.items(), key=lambda item: item[1].path.count("{"))

    def __getitem__(self, name: str) -> Operation:
        try:
            return self.operations[name]
        except KeyError:
            raise ModelError(f"Amazon's models have no operation {name!r}.") from None

    def route(self, method: str, raw_path: str) -> tuple[str, Operation, dict[str, str]] | None:
        """(name, operation, path parameters still percent-encoded) of a request."""
        for name, operation in self._routes:
            if operation.method == method and (match := operation.pattern.fullmatch(raw_path)):
                return name, operation, match.groupdict()
        return None


def _operations(model: dict[str, Any], file: str) -> Iterator[Operation]:
    for path, methods in model["paths"].items():
        for method, spec in methods.items():
            if not isinstance(spec, dict) or "operationId" not in spec:
                continue
            own = [_parameter(p, model) for p in spec.get("parameters", [])]
            known = {(p["name"], p["in"]) for p in own}
            shared = [_parameter(p, model) for p in methods.get("parameters", [])]
            parameters = (*own, *(p for p in shared if (p["name"], p["in"]) not in known))
            yield Operation(spec["operationId"], file, method.upper(), path, spec, model, parameters)


def _parameter(parameter: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = model["parameters"][reference(parameter)] if "$ref" in parameter else parameter
    return found


def leaves(model_file: Path, operation: str) -> set[str]:
    """All dotted paths of a successful answer of one model's operation (see `Operation.leaves`)."""
    for found in _operations(json.loads(model_file.read_text("utf-8")), model_file.stem):
        if found.name == operation:
            return found.leaves
    raise ModelError(f"{model_file.name} has no operation {operation!r}.")
