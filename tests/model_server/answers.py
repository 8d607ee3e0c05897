"""What a legal request gets: the identifiers it names or a list of some items, page by page, in the parts it asks for.
The values themselves come from generator.py; quotas, faults and HTTP are server.py."""

from __future__ import annotations

import copy
import secrets
import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import rules
from .asked import Request, batched, marketplaces, named_items, refused, window
from .generator import Generator, Override, to_text
from .models import Models, Operation

DEFAULT_ITEMS = 3


@dataclass(frozen=True)
class Reply:
    """An answer as it goes over the wire. `cut` sends only so many bytes of it and closes; a negative one sends nothing."""

    status: int = 200
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    delay: float = 0.0

    @classmethod
    def error(cls, status: int, code: str, message: str) -> Reply:
        return cls(status, to_text({"errors": [{"code": code, "message": message, "details": ""}]}))


@dataclass
class _Chain:
    """What a token stands for: the request it belongs to, how much of its list was given, and when it was made."""

    request: Request
    offset: int
    at: float


class Answers:
    """Makes answers. A test sets `counts` (items an unrestricted list has), `missing` (identifiers Amazon does not know),
    `values` (what stands at a dotted path instead of something generated) and `lean` (required members only: quick)."""

    def __init__(self, models: Models, seed: int) -> None:
        self.models, self.seed = models, seed
        self.lean = False
        self.counts: dict[str, int] = {}
        self.missing: set[str] = set()
        self.values: dict[str, dict[str, Override]] = defaultdict(dict)
        self.own_items: dict[str, list[Any]] = {}
        self._chains: dict[str, _Chain] = {}

    def token_problems(self, request: Request) -> list[str]:
        """What is wrong with a page's token, by the prose of the models."""
        operation = self.models[request.operation]
        name = operation.token_parameter
        if name is None or name not in request.query:
            return []
        chain = self._chains.get(request.query[name])
        if chain is None or (chain.request.operation, chain.request.identity) != (request.operation, request.identity):
            return [f"The {name} is not one of ours."]
        seconds = rules.TOKEN_SECONDS.get(request.operation, (float("inf"), ""))[0]
        if request.at - chain.at > seconds:
            return [f"The {name} has expired."]
        others = {n: v for n, v in request.query.items() if n != name}
        if request.operation in rules.TOKEN_ALONE:
            return [f"{name} must be the only parameter."] if others else []
        first = {n: v for n, v in chain.request.query.items() if n != name}
        if request.operation in rules.PAGE_SIZE_MAY_CHANGE:
            others.pop("pageSize", None), first.pop("pageSize", None)
        same = others == first and request.path == chain.request.path
        return [] if same else [f"The parameters do not match the provided {name}."]

    def answer(self, request: Request) -> Reply:
        """The answer of the model's world to a legal request."""
        operation = self.models[request.operation]
        if operation.schema is None:
            return Reply(operation.success)
        if unknown := sorted(set(request.path.values()) & self.missing):
            return Reply.error(404, "NotFound", f"{unknown[0]} does not exist.")
        token = request.query.get(operation.token_parameter or "")
        chain = self._chains.get(token) if token else None
        asked = chain.request if chain else request
        generator = self._generator(operation, asked)
        content = self._content(operation, asked, generator, chain.offset if chain else 0)
        return Reply(operation.success, to_text(content))

    def _generator(self, operation: Operation, request: Request) -> Generator:
        overrides: dict[str, Override] = {}
        for name, value in request.path.items():  # the thing that was asked for has the name it was asked by
            same = sorted((p for p in operation.leaves if p.rsplit(".", 1)[-1] == name), key=lambda p: (p.count("."), len(p)))
            overrides |= dict.fromkeys(same[:1], value)
        overrides |= self.values[operation.name]
        return Generator(
            operation, self.seed, window(request), marketplaces(request), _unwanted(operation, request), overrides, self.lean
        )

    def _content(self, operation: Operation, request: Request, generator: Generator, offset: int) -> Any:
        schema, key = operation.schema or {}, to_text(request.path)
        paged = bool(operation.token_path and operation.token_parameter)
        if not paged and named_items(operation.name, request) is None and operation.name not in self.own_items:
            content = generator.make(schema, "", key)
            if operation.token_path and operation.token_path not in generator.overrides:
                self._set_token(operation, request, content, None)
            return content
        items = self._items(operation, request, generator)
        size = _page_size(operation, request) if paged else len(items)
        page = [make() for make in items[offset : offset + size]]
        generator.overrides = {**generator.overrides, operation.list_path or "": page, "numberOfResults": len(items)}
        content = generator.make(schema, "", key)
        if paged:
            self._set_token(operation, request, content, offset + size if offset + size < len(items) else None)
        return content

    def _items(self, operation: Operation, request: Request, generator: Generator) -> list[Callable[[], Any]]:
        """How to make each item of the whole list."""
        if rules.window_is_empty(operation.name, request.query, request.now):
            return []
        if operation.name in self.own_items:
            return [lambda item=item: copy.deepcopy(item) for item in self.own_items[operation.name]]
        asked = named_items(operation.name, request)
        if asked is None:
            count = self.counts.get(operation.name, DEFAULT_ITEMS)
            asked = [(f"#{n}", {}) for n in range(count)]
        elif not batched(request):
            asked = [(key, values) for key, values in asked if key not in self.missing]
        return [lambda n=n, a=a: self._item(operation, generator, n, *a) for n, a in enumerate(asked)]

    def _item(self, operation: Operation, generator: Generator, n: int, key: str, values: dict[str, Override]) -> Any:
        path = operation.list_path or ""
        array = next(schema for at, schema in operation.walk() if at == path and schema.get("type") == "array")
        own = Generator(
            operation,
            self.seed,
            generator.window,
            generator.marketplaces,
            generator.without,
            {**values, **generator.overrides},
            self.lean,
        )
        # A thing named by an identifier is the same wherever in a list it stands.
        item = own.make(array["items"], path, key, n if key.startswith("#") else zlib.crc32(key.encode()))
        return refused(operation.name, item, key) if key in self.missing else item

    def _set_token(self, operation: Operation, request: Request, content: Any, offset: int | None) -> None:
        *above, last = (operation.token_path or "").split(".")
        holder = content
        for name in above:
            holder = holder.setdefault(name, {})
        holder.pop(last, None)
        holder.pop("previousToken", None)
        if offset is not None:
            holder[last] = token = f"{secrets.token_urlsafe(24)}+/=& ü"
            self._chains[token] = _Chain(request, offset, request.at)
        elif above and not holder:
            parent = content
            for name in above[:-1]:
                parent = parent[name]
            del parent[above[-1]]


def _unwanted(operation: Operation, request: Request) -> frozenset[str]:
    """Members that Amazon leaves out because nobody asked for them, and those of failures."""
    without = {"errors", "Error"}
    included = operation.among("query").get("includedData")
    if included:
        wanted = {_plain(v) for v in request.query.get("includedData", included.get("default", []))}
        names = {path.rsplit(".", 1)[-1] for path, _ in operation.walk()}
        parts = {_plain(v) for v in included["items"]["enum"]} - wanted
        without |= {name for name in names if _plain(name) in parts}
    if operation.name == "getInventorySummaries" and not request.query.get("details"):
        without.add("inventoryDetails")
    if operation.name == "getPurchaseOrders" and request.query.get("includeDetails") == "false":
        without.add("orderDetails")
    return frozenset(without)


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _page_size(operation: Operation, request: Request) -> int:
    for name, parameter in operation.among("query").items():
        if name.lower() in ("pagesize", "limit", "maxresultsperpage"):
            stated = rules.PAGE_SIZES.get(operation.name, (None, ""))[0]
            return int(request.query.get(name, parameter.get("default", stated or parameter.get("maximum"))))
    return rules.PAGE_SIZES.get(operation.name, (50, ""))[0]
