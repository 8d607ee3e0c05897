"""How a document writes numbers and dates: decided once from its own values, the registry and its marketplace, then applied.
How single texts read is `numbers.py` and `dates.py`; Arrow columns are `cells.py`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

from spapi_assets.ingest.documents import numbers as figures
from spapi_assets.ingest.documents.dates import first_of_month, order_shown, orders_shown, written
from spapi_assets.ingest.documents.numbers import DoesNotFit, Dress, mark_shown, marks_shown
from spapi_assets.spapi.marketplaces import MARKETPLACES, Marketplace

__all__ = ["Contradicted", "DoesNotFit", "Locale", "decide_locale"]

# Abbreviations with one meaning. IST and others with several are read only where the marketplace leaves one.
_ZONES = {
    **dict.fromkeys(("Z", "UTC", "GMT", "WET", "WEZ"), 0.0), **dict.fromkeys(("BST", "WEST", "WESZ", "CET", "MEZ", "MET"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "MEST", "EET", "SAST"), 2.0), **dict.fromkeys(("EEST", "TRT"), 3.0),
    "PST": -8.0, "PDT": -7.0, "MST": -7.0, "MDT": -6.0, "CDT": -5.0, "EST": -5.0, "EDT": -4.0, "BRT": -3.0,
    "JST": 9.0, "AWST": 8.0, "ACST": 9.5, "ACDT": 10.5, "AEST": 10.0, "AEDT": 11.0, "SGT": 8.0,
}  # fmt: skip
_ZONES_BY_MARKETPLACE = {
    ("IST", "IN"): 5.5, ("IST", "IE"): 1.0, ("CST", "US"): -6.0, ("CST", "CA"): -6.0, ("CST", "MX"): -6.0, ("GST", "AE"): 4.0,
    ("AST", "SA"): 3.0, ("AST", "CA"): -4.0,
}  # fmt: skip
_MONTH_FIRST = {"US"}
_YEAR_FIRST = {"JP", "SE"}
_UNCLEAR = {"CA"}
# Languages whose numbers have a decimal comma. Spanish of Mexico writes a point; Arabic documents have been seen with neither.
_COMMA_LANGUAGES = {"de", "fr", "it", "es", "nl", "sv", "pl", "pt", "tr"}
_POINT_LANGUAGES = {"en", "ja"}
# So many values of one kind to a single other one are a rule with a slip: the slip is quarantined, the rule stays.
_RULE = 100


class Contradicted(Exception):
    """A later value proves another decimal mark or date order than was decided from few values or none: decide again with it."""

    def __init__(self, kind: Literal["numbers", "dates"], column: str, texts: Sequence[str]) -> None:
        super().__init__(f"{column}: {', '.join(texts[:3])}")
        self.kind, self.column, self.texts = kind, column, tuple(texts)


@dataclass(frozen=True)
class Locale:
    """decimal: '.' or ',' or None (no evidence: only values with one reading are taken); date_order likewise.

    `decimals` and `date_orders` hold what single columns prove where the document as a whole is mixed. The votes (theirs stand
    beside them) count the values that prove the decision.
    """

    decimal: str | None = "."
    date_order: str | None = None
    marketplaces: frozenset[str] = frozenset()
    evidence: dict[str, Any] = field(default_factory=dict, compare=False)
    decimals: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)
    date_orders: Mapping[str, tuple[str | None, int]] = field(default_factory=dict)
    decimal_votes: int = 0
    date_votes: int = 0
    decided: bool = False
    """False for a locale that is given, such as JSON's: no value can contradict it."""
    waiting: frozenset[str] = frozenset()
    """`numbers` and `dates`, where nothing has shown or said how they are written: the first value that proves it decides."""

    def of(self, column: str) -> Locale:
        """What holds in one column."""
        if column not in self.decimals and column not in self.date_orders:
            return self
        decimal, votes = self.decimals.get(column, (self.decimal, self.decimal_votes))
        order, date_votes = self.date_orders.get(column, (self.date_order, self.date_votes))
        return replace(
            self, decimal=decimal, decimal_votes=votes, date_order=order, date_votes=date_votes, decimals={}, date_orders={}
        )

    @property
    def currencies(self) -> frozenset[str]:
        return frozenset(MARKETPLACES[code].currency for code in self.marketplaces if code in MARKETPLACES)

    def number(self, text: str, dress: Dress = figures.PLAIN) -> Decimal:
        return figures.read(text, self.decimal, dress)

    def moment(self, text: str) -> tuple[datetime, bool]:
        """The instant in UTC, and whether the text itself named its zone (UTC is taken otherwise)."""
        found = written(text)
        if found is None:
            raise DoesNotFit("not a date or time in a known form")
        day, clock, zone = found.day(self.date_order), found.clock(), found.zone
        try:
            return datetime.combine(day, clock, self._zone(zone)).astimezone(UTC), zone is not None
        except OverflowError:
            raise DoesNotFit("the instant is out of range") from None

    def day(self, text: str) -> date:
        """The calendar date as written, whatever its time and zone; of a month alone its first day."""
        found = written(text)
        if found is not None:
            return found.day(self.date_order)
        month = first_of_month(text)
        if month is None:
            raise DoesNotFit("not a date in a known form")
        return month

    def contradicted(self, kind: Literal["numbers", "dates"], texts: Iterable[str]) -> list[str]:
        """The texts that prove another mark or order, if they outweigh what the decision rests on; else none."""
        decided, votes = (self.decimal, self.decimal_votes) if kind == "numbers" else (self.date_order, self.date_votes)
        if not self.decided or (decided is None and kind not in self.waiting):
            return []
        shown = mark_shown if kind == "numbers" else order_shown
        against = [text for text in texts if (proof := shown(text)) is not None and proof != decided]
        return against if len(against) * _RULE > votes else []

    def _zone(self, zone: str | None) -> timezone:
        if zone is None:
            return UTC
        if zone in _ZONES:
            return timezone(timedelta(hours=_ZONES[zone]))
        if match := re.fullmatch(r"(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?", zone):
            delta = timedelta(hours=int(match[2]), minutes=int(match[3] or 0))
            if delta >= timedelta(hours=24):
                raise DoesNotFit(f"{zone} is no offset from UTC")
            return timezone(-delta if match[1] == "-" else delta)
        offsets = {_ZONES_BY_MARKETPLACE.get((zone, code)) for code in self.marketplaces}
        if len(offsets) == 1 and (hours := offsets.pop()) is not None:
            return timezone(timedelta(hours=hours))
        raise DoesNotFit(f"the time zone {zone!r} is unknown or has several meanings")


Samples = Mapping[str, Iterable[str]] | Iterable[str]


def decide_locale(
    numbers: Samples,
    dates: Samples,
    marketplaces: Sequence[Marketplace],
    *,
    localised: Collection[str] | None = None,
    date_order: str | None = None,
) -> Locale:
    """The locale from leading values (by column, if known). Values with one reading are evidence; what the registry says of the
    report (`localised`, `date_order`) and the marketplace's habit decide only without any."""
    codes = ", ".join(m.code for m in marketplaces)
    marks, orders = _tally(numbers, marks_shown), _tally(dates, orders_shown)
    prior, reason = _decimal_habit(marketplaces, localised, codes)
    point = "." if localised is not None and "numbers" not in localised else None
    decimal, decimal_votes, why = _decide(marks, prior, point, {".": "with a decimal point", ",": "with a decimal comma"}, reason)
    prior, reason = _order_habit(marketplaces, localised, date_order, codes)
    order, date_votes, date_why = _decide(orders, prior, date_order, {}, reason)
    decimals = _by_column(marks) if decimal is None and _sum(marks) and not point else {}
    date_orders = _by_column(orders) if order is None and _sum(orders) and not date_order else {}
    evidence: dict[str, Any] = {"decimal": decimal, "decimal_evidence": why, "date_order": order, "date_evidence": date_why}
    if decimals:
        evidence["decimal_by_column"] = {c: mark for c, (mark, _) in decimals.items()}
    if date_orders:
        evidence["date_order_by_column"] = {c: found for c, (found, _) in date_orders.items()}
    names = frozenset(m.code for m in marketplaces)
    waiting = {kind for kind, found, tally in (("numbers", decimal, marks), ("dates", order, orders)) if not found and not tally}
    return Locale(decimal, order, names, evidence, decimals, date_orders, decimal_votes, date_votes, True, frozenset(waiting))


Tally = dict[str, dict[str, int]]


def _tally(samples: Samples, shown: Callable[[Sequence[str]], dict[str, int]]) -> Tally:
    by_column = samples if isinstance(samples, Mapping) else {"": samples}
    tally = {column: shown(list(texts)) for column, texts in by_column.items()}
    return {column: counts for column, counts in tally.items() if counts}


def _sum(tally: Tally) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in tally.values():
        for kind, count in counts.items():
            total[kind] = total.get(kind, 0) + count
    return total


def _is_rule(counts: Mapping[str, int], kind: str) -> bool:
    return counts.get(kind, 0) >= _RULE * (sum(counts.values()) - counts.get(kind, 0)) and counts.get(kind, 0) > 0


def _decide(
    tally: Tally, prior: str | None, firm: str | None, words: Mapping[str, str], reason: str
) -> tuple[str | None, int, str]:
    """The decision, the values that prove it, and why. `firm` is the registry's word: evidence against it leaves it open."""
    total = _sum(tally)
    if not total:
        return prior, 0, reason
    best = max(total, key=lambda kind: total[kind])
    how = words.get(best, f"as {best}")
    if not _is_rule(total, best):
        shown = ", ".join(f"{n} values {words.get(kind, kind)}" for kind, n in sorted(total.items(), key=lambda item: -item[1]))
        return None, 0, f"mixed: {shown}; values with two readings are quarantined"
    why = f"{total[best]} values can only be read {how}"
    if firm and best != firm:
        return None, 0, f"the registry says {firm}, but {why}; values with two readings are quarantined"
    others = sum(total.values()) - total[best]
    return best, total[best], why + (f"; {others} can only be read otherwise and are quarantined" if others else "")


def _by_column(tally: Tally) -> dict[str, tuple[str | None, int]]:
    """Each column's own evidence, where the columns of a document differ, and how many values prove it."""
    rules = {c: next((kind for kind in counts if _is_rule(counts, kind)), None) for c, counts in tally.items() if c}
    return {c: (kind, tally[c][kind] if kind else 0) for c, kind in rules.items()}


def _decimal_habit(marketplaces: Sequence[Marketplace], localised: Collection[str] | None, codes: str) -> tuple[str | None, str]:
    if localised is not None and "numbers" not in localised:
        return ".", "no value shows it; the registry says that the report writes a point everywhere"
    if marketplaces and all(m.locale.startswith("en_") for m in marketplaces):
        return ".", f"no value shows it; marketplaces {codes} write a point"
    if localised is not None and marketplaces:
        habits = {_decimal_mark(m) for m in marketplaces}
        if len(habits) == 1 and (mark := habits.pop()):
            word = "point" if mark == "." else "comma"
            return mark, f"no value shows it; the registry says that numbers follow the marketplace, and {codes} write a {word}"
    return None, "no value shows it; values with two readings are quarantined"


def _decimal_mark(marketplace: Marketplace) -> str | None:
    language = marketplace.locale[:2]
    if language in _POINT_LANGUAGES or marketplace.code == "MX":
        return "."
    return "," if language in _COMMA_LANGUAGES else None


def _order_habit(
    marketplaces: Sequence[Marketplace], localised: Collection[str] | None, date_order: str | None, codes: str
) -> tuple[str | None, str]:
    if date_order:
        return date_order, f"no value shows it; the registry says that the report writes {date_order} everywhere"
    habits = {_habit(m.code, "dates" in (localised or ())) for m in marketplaces}
    if len(habits) == 1 and (order := habits.pop()):
        return order, f"no value shows it; marketplaces {codes} write {order}"
    return None, "no value shows it; values with two readings are quarantined"


def _habit(code: str, localised: bool) -> str | None:
    if code in _UNCLEAR:
        # Both orders occur in Canada's documents; those known to follow the marketplace (seller feedback) are day first.
        return "dmy" if localised else None
    return "mdy" if code in _MONTH_FIRST else "ymd" if code in _YEAR_FIRST else "dmy"
