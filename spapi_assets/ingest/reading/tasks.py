"""The tasks of a reading: each is a chain of pages that can be asked for by itself, with everything its calls need.
Pure, and JSON in and out, so that a reading killed half way goes on with exactly the tasks it began with."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any

from spapi_assets.datasets.calls import Batch, Span
from spapi_assets.datasets.model import ApiSource
from spapi_assets.ingest.windows import DAY, midnight, zone
from spapi_assets.settings import Account
from spapi_assets.spapi.marketplaces import MARKETPLACES

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_LAST = timedelta(microseconds=1)
# Placeholders that do not come from what is known of an identifier.
_OF_PLACE = frozenset(
    {"marketplace_id", "marketplace_ids", "country", "currency", "time_zone", "selling_partner_id", "identifier", "identifiers"}
)


@dataclass(frozen=True)
class Task:
    """One chain of pages. `single`: the operation for one identifier is used instead of the one for many."""

    number: int
    params: Mapping[str, Any] = field(default_factory=dict)
    identifiers: tuple[str, ...] = ()
    facts: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    single: bool = False

    def as_item(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Task:
        return cls(**{**item, "identifiers": tuple(item["identifiers"])})


@dataclass(frozen=True)
class Wanted:
    """An identifier to be read, with what is known of it beyond its name (`price`, `afn`)."""

    value: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def for_window(source: ApiSource, start: date, end: date, marketplace: str | None) -> list[Task]:
    """The task that reads whole days (inclusive); one for each time the API knows them by, where it knows several."""
    assert source.call is not None
    assert source.call.span is not None
    span = source.call.span
    spans = [span, *(span.model_copy(update={"after": after, "before": before}) for after, before in span.also)]
    return [Task(number, window_params(source, one, start, end, marketplace)) for number, one in enumerate(spans, 1)]


def since_instant(span: Span, since: datetime, now: datetime) -> Task:
    """The one task that reads what changed from an instant up to now, or to as near to it as Amazon allows."""
    until = now - timedelta(seconds=span.settle_seconds)
    return Task(1, {span.after: instant(since), **({span.before: instant(until)} if span.before else {})})


def window_params(source: ApiSource, span: Span, start: date, end: date, marketplace: str | None) -> dict[str, Any]:
    """Days as the operation's parameters: from the first one's midnight up to, and where the API can say so without, the next."""
    first, after = midnight(source, start, marketplace), midnight(source, end + DAY, marketplace)
    if span.form == "dates":
        return {span.after: start.isoformat(), **({span.before: end.isoformat()} if span.before else {})}
    if span.form == "interval":
        local = zone(source, marketplace)
        return {span.after: f"{first.astimezone(local).isoformat()}--{after.astimezone(local).isoformat()}"}
    until = after - _LAST if span.inclusive else after
    return {span.after: instant(first), **({span.before: instant(until)} if span.before else {})}


def instant(at: datetime) -> str:
    """ISO 8601 in UTC; fractions only where there are any."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def for_identifiers(source: ApiSource, wanted: Iterable[Wanted]) -> tuple[list[Task], list[str]]:
    """Tasks that name these identifiers, as many as fit into a call, and the identifiers that lack a fact the call needs.

    An identifier with a comma cannot stand in a list of them, so it is asked for alone.
    """
    assert source.call is not None
    assert source.call.batch is not None
    call, batch = source.call, source.call.batch
    needed = set(_PLACEHOLDER.findall(repr(batch.element))) - _OF_PLACE
    lists = batch.param is not None or batch.body is not None
    alone: list[Wanted] = []
    together: list[Wanted] = []
    lacking: list[str] = []
    for one in {w.value: w for w in wanted}.values():
        if any(one.facts.get(name) is None for name in needed):
            lacking.append(one.value)
        elif not lists or (batch.param is not None and "," in one.value and call.single is not None):
            alone.append(one)
        else:
            together.append(one)
    groups = list(_groups(together, batch))
    if len(groups) == 1 and len(together) == 1 and call.single is not None:
        alone, groups = [*alone, *together], []
    tasks = [(group, False) for group in groups] + [([one], True) for one in alone]
    return [
        Task(
            number,
            identifiers=tuple(w.value for w in group),
            facts={w.value: {name: _sendable(w.facts[name]) for name in needed} for w in group} if needed else {},
            single=single,
        )
        for number, (group, single) in enumerate(tasks, 1)
    ], lacking


def _sendable(fact: Any) -> Any:
    """The fact as it can stand in a task's JSON and in a request: Amazon takes a price as a number, never as a text. A float's
    shortest spelling is the decimal's own digits, as long as there are no more than fifteen."""
    if isinstance(fact, Decimal):
        return int(fact) if fact == fact.to_integral_value() else float(fact)
    return fact


def sendable(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as JSON has them: prices are kept as exact decimals, and 19.99 as a float is written 19.99 again."""
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in facts.items()}


def _groups(wanted: Sequence[Wanted], batch: Batch) -> Iterator[list[Wanted]]:
    rest = iter(wanted)
    while group := list(islice(rest, batch.size)):
        yield group


def facts_of(source: ApiSource, account: Account, marketplace: str | None) -> dict[str, Any]:
    """What the placeholders of a call mean for this account and marketplace."""
    places = [MARKETPLACES[m] for m in ([marketplace] if marketplace else account.places(source))]
    facts: dict[str, Any] = {"selling_partner_id": account.selling_partner_id, "marketplace_ids": [p.id for p in places]}
    if len(places) == 1 or marketplace:
        place = places[0]
        facts |= {
            "marketplace_id": place.id,
            "country": place.code,
            "currency": place.currency,
            "time_zone": place.time_zone,
        }
    return facts


def filled(value: Any, facts: Mapping[str, Any]) -> Any:
    """A template with its placeholders replaced; one that is nothing but a placeholder becomes the fact itself, of any type."""
    if isinstance(value, str):
        if whole := _PLACEHOLDER.fullmatch(value):
            return facts.get(whole[1], value)
        return _PLACEHOLDER.sub(lambda m: str(facts.get(m[1], m[0])), value)
    if isinstance(value, Mapping):
        return {key: filled(inner, facts) for key, inner in value.items()}
    return [filled(inner, facts) for inner in value] if isinstance(value, list) else value
