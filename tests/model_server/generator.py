"""Answers made from a model's schemas alone: every optional field filled, different values, the same for the same seed.
Which items a request gets, and on which page, is answers.py; text is written here because numbers keep the zeros at their end."""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from .models import ModelError, Operation, reference

DEPTH = 3  # how often an object that contains itself is repeated
CURRENCIES = ("EUR", "GBP", "USD", "JPY", "SEK")
COUNTRIES = ("DE", "GB", "US", "JP", "SE")
# Free text is not tame; identifiers and codes are.
DECORATIONS = ("", " Kännchen", ' "quoted", with comma', " 茶碗 🫖", "\nsecond line", " \\ / & <b>", " ’tab\t’")
TAME = re.compile(r"(id|ids|asin|asins|sku|skus|code|number|type|status|channel)$", re.IGNORECASE)
INTERVALS = {"interval", "shipwindow", "deliverywindow"}

Value = Any
Override = Value | Callable[["Slot"], Value]


@dataclass(frozen=True)
class Slot:
    """Where a value is wanted: for overrides that depend on it."""

    path: str
    key: str
    ordinal: int
    random: random.Random


@dataclass
class Generator:
    """Makes the values of one answer. `window` holds all its instants; `without` are names of members that were not asked for;
    `overrides` replaces what is generated at a dotted path; `lean` leaves out what the model does not require."""

    operation: Operation
    seed: int
    window: tuple[datetime, datetime]
    marketplaces: tuple[str, ...] = ("A1PA6795UKMFR9",)
    without: frozenset[str] = frozenset()
    overrides: Mapping[str, Override] = field(default_factory=dict)
    lean: bool = False

    def leads_to_override(self, path: str) -> bool:
        return any(at == path or at.startswith(f"{path}.") for at in self.overrides)

    def make(self, schema: dict[str, Any], path: str, key: str, ordinal: int = 0) -> Value:
        """A value of the schema that lies at `path` of the answer; `key` and `ordinal` make it differ from its neighbours."""
        chance = random.Random(f"{self.seed}/{self.operation.name}/{key}")
        return _Making(self, chance, key, ordinal).value(schema, path, Counter())


class _Making:
    """One value in the making: what has been used of enumerations and names so far."""

    def __init__(self, generator: Generator, chance: random.Random, key: str, ordinal: int) -> None:
        self.by, self.random, self.key, self.ordinal = generator, chance, key, ordinal
        self.turns: Counter[str] = Counter()

    def value(self, schema: dict[str, Any], path: str, inside: Counter[str]) -> Value:
        if path in self.by.overrides:
            override = self.by.overrides[path]
            return override(Slot(path, self.key, self.ordinal, self.random)) if callable(override) else override
        names = []
        while "$ref" in schema:
            names.append(reference(schema))
            schema = self.by.operation.model["definitions"][names[-1]]
        inside = inside + Counter(names)
        solid = self.by.operation.resolve(schema)
        if solid.get("enum"):
            return self._next(path, solid["enum"])
        kind = solid.get("type", "object" if "properties" in solid else "string")
        make = getattr(self, f"_{kind}")
        return make(solid, path, inside, names[-1] if names else "")

    def _object(self, schema: dict[str, Any], path: str, inside: Counter[str], name: str) -> Value:
        made = {}
        for key, inner in schema.get("properties", {}).items():
            at = f"{path}.{key}" if path else key
            if self.by.lean and key not in schema.get("required", ()) and not self.by.leads_to_override(at):
                continue
            if self._is_wanted(key, inner, inside):
                made[key] = self.value(inner, at, inside)
        more = schema.get("additionalProperties")
        if isinstance(more, dict):
            made |= {f"{n}-{self.random.randrange(1000)}": self.value(more, f"{path}.{n}", inside) for n in ("one", "two")}
        elif more or not schema.get("properties"):
            made |= self._free_form()
        return made

    def _is_wanted(self, key: str, schema: dict[str, Any], inside: Counter[str]) -> bool:
        if key in self.by.without:
            return False
        below = schema.get("items", schema) if not schema.get("$ref") else schema
        for _ in range(4):  # a list definition may stand between an object and itself
            target = reference(below)
            if not target:
                return True
            if inside[target] >= DEPTH:
                return False
            below = self.by.operation.model["definitions"][target]
            below = below.get("items", below) if not below.get("properties") else {}
        return True

    def _free_form(self) -> Value:
        number, market = self.random.randrange(1000), self.by.marketplaces[0]
        return {
            "item_name": [{"value": f"Thing {number} 茶", "language_tag": "de_DE", "marketplace_id": market}],
            "item_weight": [{"value": Decimal(f"{number}.10"), "unit": "grams", "marketplace_id": market}],
            "batteries_required": [{"value": number % 2 == 0, "marketplace_id": market}],
        }

    def _array(self, schema: dict[str, Any], path: str, inside: Counter[str], name: str) -> Value:
        count = 1 if self.by.lean else 2 + self.random.randrange(2)
        count = max(schema.get("minItems", 0), min(count, schema.get("maxItems", count)))
        items = self.by.operation.resolve(schema["items"])
        if items.get("enum"):
            count = min(count, len(items["enum"]))
        return [self.value(schema["items"], path, inside) for _ in range(count)]

    def _string(self, schema: dict[str, Any], path: str, inside: Counter[str], definition: str) -> str:
        name = path.rsplit(".", 1)[-1] or definition
        if definition == "Decimal":
            return str(self._decimal())
        if schema.get("format") in ("date-time", "date"):
            return self._time(schema["format"])
        text = self._named(name, definition) or self._text(name)
        if len(text) > schema.get("maxLength", 10**6):
            text = f"{self.random.randrange(10**6):06d}{text}"[: schema["maxLength"]]
        text = text.ljust(schema.get("minLength", 0), "x")
        if "pattern" in schema and not re.search(schema["pattern"], text):
            raise ModelError(f"No value for {path} fits its pattern {schema['pattern']}: teach the generator one.")
        return text

    def _named(self, name: str, definition: str) -> str | None:
        low, chance = name.lower(), self.random
        if low in ("marketplaceid", "marketplaceids", "granularityid") or definition == "MarketplaceId":
            return chance.choice(self.by.marketplaces)
        if low.endswith("currencycode"):
            return chance.choice(CURRENCIES)
        if low.endswith(("countrycode", "countryoforigin")):
            return chance.choice(COUNTRIES)
        if low.endswith("languagecode"):
            return "de"
        if low in ("asin", "asins", "childasins", "parentasins"):
            return "B0" + "".join(chance.choices("0123456789ABCDEFGHJKLMNPQRSTUVWXYZ", k=8))
        if low in INTERVALS or definition == "DateTimeInterval":
            return "--".join(sorted((self._time("date-time"), self._time("date-time")), key=datetime.fromisoformat))
        if low.endswith(("link", "url")):
            return f"https://m.media-amazon.com/images/I/{chance.randrange(10**6)}.jpg"
        if low == "arn":
            return "arn:aws:sqs:eu-west-1:123456789012:queue"
        return None

    def _text(self, name: str) -> str:
        text = f"{name}-{self.random.randrange(10**6):06d}"
        return text if TAME.search(name) else text + self.random.choice(DECORATIONS)

    def _time(self, form: str) -> str:
        start, end = self.by.window
        # Whole seconds, and never the window's end, which does not belong to it.
        seconds = max(1, int((end - start).total_seconds()))
        at = start.astimezone(UTC) + timedelta(seconds=self.random.randrange(seconds))
        if form == "date":
            return at.date().isoformat()
        style = self.random.randrange(3)
        if style == 0:
            return at.strftime("%Y-%m-%dT%H:%M:%SZ")
        if style == 1:
            return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        return at.strftime("%Y-%m-%dT%H:%M:%S+00:00")

    def _integer(self, schema: dict[str, Any], path: str, inside: Counter[str], name: str) -> int:
        low = int(schema.get("minimum", 0))
        return self.random.randint(low, int(schema.get("maximum", low + 9999)))

    def _number(self, schema: dict[str, Any], path: str, inside: Counter[str], name: str) -> Decimal:
        if "minimum" in schema or "maximum" in schema:
            return Decimal(self.random.randint(int(schema.get("minimum", 0)), int(schema.get("maximum", 100))))
        return -self._decimal() if name == "BigDecimal" and self.random.random() < 0.3 else self._decimal()

    def _boolean(self, schema: dict[str, Any], path: str, inside: Counter[str], name: str) -> bool:
        return bool(self._next(path, [True, False]))

    def _decimal(self) -> Decimal:
        return Decimal(f"{self.random.randrange(1000)}.{self.random.randrange(10)}0")

    def _next(self, path: str, choices: list[Any]) -> Any:
        """Enumerations are walked through, beginning elsewhere for every item."""
        self.turns[path] += 1
        return choices[(self.ordinal + self.turns[path] - 1) % len(choices)]


def to_text(value: Value) -> str:
    """JSON as Amazon might write it; a Decimal keeps its zeros (12.10)."""
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json.dumps(str(k))}:{to_text(v)}" for k, v in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(to_text, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
