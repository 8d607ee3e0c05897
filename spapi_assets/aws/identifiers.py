"""The ASINs, SKUs and other identifiers that APIs must be asked about one by one, per account and marketplace, in DynamoDB.
Where they come from is `ingest/feeding.py` and `cli/identifiers.py`; which of them wait to be read again is `refreshes.py`."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, get_args

from spapi_assets.aws.changing import LONGEST, Change, change_items, plain
from spapi_assets.aws.table import Table
from spapi_assets.datasets.calls import IdentifierKind

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients

Fact = str | bool | Decimal
KINDS = (*get_args(IdentifierKind), "fnsku", "seller_id")
_FEW = 2000  # identifiers fetched one by one; for more, reading all of the account and marketplace is cheaper
_WEEK = 7


@dataclass(frozen=True)
class Found:
    """An identifier somebody named. `listed` None: the source cannot tell.

    `facts`: what later requests need (`price`, `currency`, `afn`, `asin`); if any are given, they replace those known.
    `seen`: the first and the last day on which the source named it; None: the day that `put` is given.
    """

    value: str
    listed: bool | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)
    seen: tuple[date, date] | None = None


@dataclass(frozen=True)
class Identifier:
    """What is known of an identifier. Days lag: an item is rewritten once in one to two weeks unless something else changes.

    `sources`: who named it, and on which day last. `listed`: whether the newest whole list of listings holds it; None: none was
    loaded since. `missing_since`: since then Amazon has answered requests for it without it.
    """

    value: str
    first_seen: date
    last_seen: date
    sources: Mapping[str, date]
    listed: bool | None = None
    missing_since: datetime | None = None
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """What `put` did: identifiers that are new, changed (listed again is a change), no longer listed; `known`: named, not new."""

    new: int = 0
    changed: int = 0
    unlisted: int = 0
    known: int = 0


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Identifiers:
    """The store. Every method may be repeated after a crash, and called by several processes at once. Raises AwsError."""

    def __init__(self, clients: AwsClients, table: str, now: Callable[[], datetime] = _utc_now) -> None:
        self.table = Table(clients, table)
        self.now = now

    def put(
        self,
        kind: str,
        account: str,
        marketplace: str | None,
        found: Iterable[Found],
        source: str,
        *,
        day: date | None = None,
        whole: bool = False,
        gaps: bool = False,
    ) -> Written:
        """Remember identifiers that `source` named on `day` (default: today); only what is new or changed is written.

        `whole`: they are all that is listed on that day. Those it names are listed, all others no more; unless a later whole list
        of the source was put before: an old list only adds what was not known, as not listed. `gaps`: parts of the list cannot be
        read, so the others stay as they are. ValueError: an impossible value.
        """
        day = day or self.now().date()
        named = {one.value: _checked(one) for one in found}
        pk, head = _pk(kind, account, marketplace), {"pk": f"IDHEAD#{_pk(kind, account, marketplace)}", "sk": source}
        newest = self.table.get(head) if whole else None
        late = newest is not None and newest["as_of"] > day.isoformat()
        known = self._known(pk, len(named), whole=whole)
        counts = {"new": 0, "changed": 0, "unlisted": 0}
        outcome: dict[str, str] = {}

        def change(value: str, item: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
            if value in named:
                one = named[value]
                if whole:
                    one = replace(one, listed=not late) if item is None or not late else replace(one, listed=None, facts={})
                after: Mapping[str, Any] | None = _merged(item, one, source, day)
            else:
                after = item and {**item, "listed": False}
            outcome[value] = "" if after == item else "new" if item is None else "changed" if value in named else "unlisted"
            return after

        unlists = whole and not late and not gaps
        gone = [v for v, i in (known or {}).items() if v not in named and i.get("listed") is not False] if unlists else []
        change_items(self.table, pk, [*named, *gone], change, known=known)
        if whole and not late:  # last: killed before, the same list is put again
            values = {":day": day.isoformat()}
            self.table.put({**head, "as_of": day.isoformat()}, "attribute_not_exists(pk) OR as_of < :day", values)
        for what in filter(None, outcome.values()):
            counts[what] += 1
        return Written(**counts, known=len(named) - counts["new"])

    def all(self, kind: str, account: str, marketplace: str | None) -> Iterator[Identifier]:
        """Every identifier of a kind, listed or not, missing or not, sorted by value."""
        return map(_decode, self.table.partition(_pk(kind, account, marketplace)))

    def listed(self, kind: str, account: str, marketplace: str | None) -> list[str]:
        """The values of those that the newest whole list holds, sorted; a fraction of what `all` has to send and to read."""
        return [
            item["sk"] for item in self.table.partition(_pk(kind, account, marketplace), ("sk", "listed")) if item.get("listed")
        ]

    def some(self, kind: str, account: str, marketplace: str | None, values: Iterable[str]) -> dict[str, Identifier]:
        """Those of the named identifiers that are known."""
        pk = _pk(kind, account, marketplace)
        found = self.table.get_many({"pk": pk, "sk": v} for v in values if fits(v))
        return {str(item["sk"]): _decode(item) for item in found}

    def count(self, kind: str, account: str, marketplace: str | None) -> int:
        return self.table.count(_pk(kind, account, marketplace))

    def missing(self, kind: str, account: str, marketplace: str | None, values: Iterable[str], at: datetime | None = None) -> int:
        """Amazon answered without these (at `at`, default now). Those known are marked, once; returns how many newly are."""
        stamp = (at or self.now()).astimezone(UTC).isoformat()

        def change(_: str, item: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
            return item if item is None or "missing" in item else {**item, "missing": stamp}

        return self._change(_pk(kind, account, marketplace), values, change)

    def found_again(self, kind: str, account: str, marketplace: str | None, values: Iterable[str]) -> int:
        """Amazon answered with these; returns how many of them were missing before."""

        def change(_: str, item: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
            return None if item is None else {name: value for name, value in item.items() if name != "missing"}

        return self._change(_pk(kind, account, marketplace), values, change)

    def forget(self, kind: str, account: str, marketplace: str | None, values: Iterable[str]) -> int:
        """Remove identifiers; returns how many were known. A report that names one brings it back when it is loaded next."""
        return self._change(_pk(kind, account, marketplace), values, lambda _, __: None)

    def _change(self, pk: str, values: Iterable[str], change: Change) -> int:
        possible = [value for value in values if fits(value)]
        return change_items(self.table, pk, possible, change, known=self._known(pk, len(possible)))

    def _known(self, pk: str, asked: int, *, whole: bool = False) -> dict[str, Mapping[str, Any]] | None:
        """All items of the partition where that is cheaper than fetching those asked for."""
        return {item["sk"]: item for item in self.table.partition(pk)} if whole or asked > _FEW else None


def fits(value: str) -> bool:
    """Whether a value can be an identifier at all: not blank, whole characters, no longer than DynamoDB's keys may be."""
    try:
        return bool(value.strip()) and len(value.encode()) <= LONGEST
    except UnicodeEncodeError:  # half a character
        return False


def _checked(found: Found) -> Found:
    if not fits(found.value):
        raise ValueError(
            f"{found.value[:60]!r} cannot be an identifier: it is blank, longer than {LONGEST} bytes, or broken text."
        )
    return found


def _pk(kind: str, account: str, marketplace: str | None) -> str:
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of identifier; known kinds: {', '.join(KINDS)}.")
    return f"ID#{kind}#{account}#{marketplace or '-'}"


def _merged(item: Mapping[str, Any] | None, found: Found, source: str, day: date) -> Mapping[str, Any]:
    """The item with what the source says. Days alone are a reason to write once in 7 to 13 days, spread over the identifiers."""
    first, last = found.seen or (day, day)
    told: dict[str, Any] = {} if found.listed is None else {"listed": found.listed}
    if found.facts:
        told["facts"] = dict(found.facts)
    if item is None:
        return {"first": first.isoformat(), "last": last.isoformat(), "sources": {source: last.isoformat()}, **told}
    said, stale = item["sources"].get(source), _WEEK + zlib.crc32(found.value.encode()) % _WEEK
    behind = said is None or (last - date.fromisoformat(said)).days >= stale
    before = (date.fromisoformat(item["first"]) - first).days >= stale
    if behind or before or any(item.get(name) != value for name, value in told.items()):
        told["sources"] = {**item["sources"], source: max(last.isoformat(), said or "")}
        told["first"], told["last"] = min(item["first"], first.isoformat()), max(item["last"], last.isoformat())
    return {**item, **told}


def _decode(item: Mapping[str, Any]) -> Identifier:
    held = plain(item)
    return Identifier(
        str(item["sk"]),
        date.fromisoformat(held["first"]),
        date.fromisoformat(held["last"]),
        {source: date.fromisoformat(day) for source, day in held["sources"].items()},
        held.get("listed"),
        datetime.fromisoformat(held["missing"]) if "missing" in held else None,
        held.get("facts", {}),
    )
