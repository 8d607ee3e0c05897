"""What Amazon allows for a report type: how it comes about, who may ask and how often, cool-down, caching, restriction.
The facts stand in report_type_table.py; what is in a report, and in which stores it exists, belongs to the renderer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from spapi_assets.simulator.report_type_table import TABLE

_PAUSES = {"nrt": timedelta(minutes=30), "daily": timedelta(hours=4), "once": timedelta(hours=24)}
_CACHED = timedelta(hours=1)
LIMIT_WINDOW = timedelta(hours=24)  # of `daily_limit`


@dataclass(frozen=True)
class TypeRules:
    """The rules of one type; the defaults are those of a type that the table does not know."""

    requestable: bool = True
    schedulable: bool = True
    kind: str = "either"  # seller | vendor | either
    cool_down: timedelta | None = None  # the shortest time between two generations for a seller and marketplace
    cached: timedelta = timedelta(0)
    restricted: bool = False
    brand: bool = False
    daily_limit: int | None = None  # createReport calls in 24 hours for a selling partner
    queues: bool = False  # beyond the limit reports wait in the queue; otherwise createReport answers 429
    schedule: str = ""  # types of one name share one schedule
    kept: timedelta = timedelta(days=90)


def _read(line: str) -> tuple[str, TypeRules]:
    name, how, *words = line.split()
    flags = {word for word in words if "=" not in word}
    values = dict(word.split("=") for word in words if "=" in word)
    pauses = [_PAUSES[flag] for flag in flags if flag in _PAUSES]
    rules = TypeRules(
        requestable="r" in how,
        schedulable="s" in how,
        kind=next((flag for flag in flags if flag in ("vendor", "either")), "seller"),
        cool_down=pauses[0] if pauses else None,
        cached=_CACHED if "cached" in flags else timedelta(0),
        restricted="rdt" in flags,
        brand="brand" in flags,
        daily_limit=int(values["limit"]) if "limit" in values else None,
        queues="queues" in flags,
        schedule=values.get("schedule", ""),
        kept=timedelta(days=int(values.get("kept", "90"))),
    )
    return name, rules


TYPES: dict[str, TypeRules] = dict(_read(line) for line in TABLE.splitlines() if line)
_UNKNOWN = TypeRules()


def rules_of(report_type: str) -> TypeRules:
    """The rules of a type; of one that is not in the table, no restriction at all."""
    return TYPES.get(report_type, _UNKNOWN)


def for_kind(report_type: str, kind: str) -> bool:
    """Whether a seller or vendor may ask for this type at all (otherwise 403)."""
    return rules_of(report_type).kind in ("either", kind)
