"""How a document writes numbers and dates: decided once from its own values and its marketplace, then applied value by value.
Single values as Python objects only; Arrow columns are `cells.py`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

from spapi_assets.spapi.marketplaces import Marketplace

_SPACES = r" '\u00a0\u202f\u2009’"
_DOT = re.compile(
    rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:(?P<g>[{_SPACES}])\d{{3}})(?:(?P=g)\d{{3}})*|[1-9]\d{{0,2}}(?:,\d{{2,3}})*,\d{{3}})?"
    r"(?:\.\d*)?",
    re.ASCII,
)
_COMMA = re.compile(rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:(?P<g>[{_SPACES}.])\d{{3}})(?:(?P=g)\d{{3}})*)?(?:,\d*)?", re.ASCII)
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPS = re.compile(rf"[{_SPACES}]")

_MONTHS = {m: i for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1)}
_DATE = re.compile(
    r"(?:(?P<y>\d{4})(?P<ys>[-/.])(?P<m>\d{1,2})(?P=ys)(?P<d>\d{1,2})"
    r"|(?P<a>\d{1,2})(?P<s>[./-])(?P<b>\d{1,2})(?P=s)(?P<c>\d{4}|\d{2})"
    r"|(?P<d2>\d{1,2})[- ](?P<mon2>[A-Za-z]{3,9})\.?,?[- ](?P<y2>\d{4})"
    r"|(?P<mon3>[A-Za-z]{3,9})\.? (?P<d3>\d{1,2}),? (?P<y3>\d{4}))"
    r"(?:(?:T|,? +)(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?)?"
    r" ?(?P<zone>Z|[A-Z]{2,5}|(?:UTC|GMT)?[+-]\d{1,2}(?::?\d{2})?)?",
    re.ASCII,
)
# Abbreviations with one meaning. IST and others with several are read only where the marketplace leaves one.
_ZONES = {
    **dict.fromkeys(("Z", "UTC", "GMT", "WET"), 0.0), **dict.fromkeys(("BST", "WEST", "CET", "MEZ", "MET"), 1.0),
    **dict.fromkeys(("CEST", "MESZ", "MEST", "EET"), 2.0), **dict.fromkeys(("EEST", "TRT"), 3.0),
    "PST": -8.0, "PDT": -7.0, "MST": -7.0, "MDT": -6.0, "CDT": -5.0, "EST": -5.0, "EDT": -4.0, "BRT": -3.0,
    "JST": 9.0, "AEST": 10.0, "AEDT": 11.0, "SGT": 8.0, "SAST": 2.0,
}  # fmt: skip
_ZONES_BY_MARKETPLACE = {("IST", "IN"): 5.5, ("IST", "IE"): 1.0, ("CST", "US"): -6.0, ("CST", "CA"): -6.0, ("CST", "MX"): -6.0}
_MONTH_FIRST = {"US"}
_YEAR_FIRST = {"JP", "SE"}
_UNCLEAR = {"CA"}


class DoesNotFit(ValueError):
    """The text is no value of the type, or could be two different ones; the message says which."""


@dataclass(frozen=True)
class Locale:
    """decimal: '.' or ',' or None (no evidence: only values with one reading are taken); date_order likewise."""

    decimal: str | None = "."
    date_order: str | None = None
    marketplaces: frozenset[str] = frozenset()
    evidence: dict[str, Any] = field(default_factory=dict, compare=False)

    def number(self, text: str) -> Decimal:
        value = text.strip()
        if self.decimal != "," and _PLAIN.fullmatch(value) and (self.decimal == "." or _has_one_reading(value)):
            return Decimal(value)
        dot, comma = _as_dot(value), _as_comma(value)
        reading = {".": dot, ",": comma, None: dot if comma is None else comma}[self.decimal]
        if self.decimal is None and dot is not None and comma is not None and dot != comma:
            raise DoesNotFit(f"could be {dot} or {comma}: the document does not show its decimal mark")
        if reading is None:
            raise DoesNotFit(f"not a number with the decimal mark {self.decimal!r}" if self.decimal else "not a number")
        return reading

    def moment(self, text: str) -> tuple[datetime, bool]:
        """The instant in UTC, and whether the text itself named its zone (UTC is taken otherwise)."""
        match = _DATE.fullmatch(text.strip())
        if match is None:
            raise DoesNotFit("not a date or time in a known form")
        day, clock = self._day(match), _clock(match)
        zone = match["zone"]
        try:
            return datetime.combine(day, clock, self._zone(zone)).astimezone(UTC), zone is not None
        except OverflowError:
            raise DoesNotFit("the instant is out of range") from None

    def day(self, text: str) -> date:
        """The calendar date as written, whatever its time and zone."""
        match = _DATE.fullmatch(text.strip())
        if match is None:
            raise DoesNotFit("not a date in a known form")
        return self._day(match)

    def _day(self, m: re.Match[str]) -> date:
        if m["y"]:
            return _date(m["y"], m["m"], m["d"])
        for number in ("2", "3"):
            if name := m[f"mon{number}"]:
                month = _MONTHS.get(name[:3].lower())
                if month is None:
                    raise DoesNotFit(f"{name!r} is no month in English")
                return _date(m[f"y{number}"], str(month), m[f"d{number}"])
        a, b, c = m["a"], m["b"], m["c"]
        order = self.date_order
        if order is None or (order == "ymd" and len(c) == 4):
            orders = _orders(a, m["s"], b, c)
            readings = {o: r for o in orders if (r := _in_order(a, b, c, o)) is not None}
            if len(set(readings.values())) > 1:
                raise DoesNotFit(f"could be {' or '.join(map(str, readings.values()))}: the document does not show which")
            order = next(iter(readings), "dmy")
        value = _in_order(a, b, c, order)
        if value is None:
            raise DoesNotFit(f"not a date in the order {order}")
        return value

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


def decide_locale(numbers: Iterable[str], dates: Iterable[str], marketplaces: Sequence[Marketplace]) -> Locale:
    """The locale from leading values. Values with one reading are evidence; the marketplace decides only without any."""
    dots = commas = 0
    for text in numbers:
        dot, comma = _as_dot(text.strip()), _as_comma(text.strip())
        dots += dot is not None and comma is None
        commas += comma is not None and dot is None
    english = bool(marketplaces) and all(m.locale.startswith("en_") for m in marketplaces)
    if dots and not commas:
        decimal, why = ".", f"{dots} values can only be read with a decimal point"
    elif commas and not dots:
        decimal, why = ",", f"{commas} values can only be read with a decimal comma"
    elif dots and commas:
        decimal, why = (
            None,
            f"mixed: {dots} values with a decimal point, {commas} with a comma; values with two readings are quarantined",
        )
    elif english:
        decimal, why = ".", f"no value shows it; marketplaces {_codes(marketplaces)} write a point"
    else:
        decimal, why = None, "no value shows it; values with two readings are quarantined"

    shown = {"dmy": 0, "mdy": 0, "ymd": 0}
    for text in dates:
        m = _DATE.fullmatch(text.strip())
        if m is None or m["a"] is None:
            continue
        readings = [o for o in _orders(m["a"], m["s"], m["b"], m["c"]) if _in_order(m["a"], m["b"], m["c"], o) is not None]
        if len(readings) == 1:
            shown[readings[0]] += 1
    seen = [o for o, n in shown.items() if n]
    habits = {_habit(m.code) for m in marketplaces}
    order: str | None = None
    if len(seen) == 1:
        order, date_why = seen[0], f"{shown[seen[0]]} values can only be read as {seen[0]}"
    elif seen:
        date_why = f"mixed: {shown}; values with two readings are quarantined"
    elif len(habits) == 1 and (order := habits.pop()):
        date_why = f"no value shows it; marketplaces {_codes(marketplaces)} write {order}"
    else:
        order, date_why = None, "no value shows it; values with two readings are quarantined"
    evidence = {"decimal": decimal, "decimal_evidence": why, "date_order": order, "date_evidence": date_why}
    return Locale(decimal, order, frozenset(m.code for m in marketplaces), evidence)


def _codes(marketplaces: Sequence[Marketplace]) -> str:
    return ", ".join(m.code for m in marketplaces)


def _habit(code: str) -> str | None:
    if code in _UNCLEAR:
        return None
    return "mdy" if code in _MONTH_FIRST else "ymd" if code in _YEAR_FIRST else "dmy"


def _has_one_reading(plain: str) -> bool:
    return _as_comma(plain) is None or "." not in plain


def _as_dot(text: str) -> Decimal | None:
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if not any(c.isdigit() for c in text) or _DOT.fullmatch(text) is None:
        return None
    return Decimal(_GROUPS.sub("", text).replace(",", ""))


def _as_comma(text: str) -> Decimal | None:
    if not any(c.isdigit() for c in text) or _COMMA.fullmatch(text) is None:
        return None
    return Decimal(_GROUPS.sub("", text).replace(".", "").replace(",", "."))


def _orders(a: str, separator: str, b: str, c: str) -> tuple[str, ...]:
    """Orders that the separator and the year's length leave. Points are only ever used day first."""
    if separator == ".":
        return ("dmy",)
    return ("dmy", "mdy") if len(c) == 4 else ("dmy", "mdy", "ymd")


def _in_order(a: str, b: str, c: str, order: str) -> date | None:
    day, month, year = {"dmy": (a, b, c), "mdy": (b, a, c), "ymd": (c, b, a)}[order]
    if len(day) == 4:
        return None
    try:
        return _date(year, month, day)
    except DoesNotFit:
        return None


def _date(year: str, month: str, day: str) -> date:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError as error:
        raise DoesNotFit(f"no such day: {error}") from None


def _clock(m: re.Match[str]) -> time:
    if m["H"] is None:
        return time()
    hour, fraction = int(m["H"]), (m["f"] or "").ljust(6, "0")
    if fraction[6:].strip("0"):
        raise DoesNotFit("finer than a microsecond")
    if m["half"]:
        if not 1 <= hour <= 12:
            raise DoesNotFit("not a time on a twelve-hour clock")
        hour = hour % 12 + (12 if m["half"] in "Pp" else 0)
    try:
        return time(hour, int(m["M"]), int(m["S"] or 0), int(fraction[:6]))
    except ValueError as error:
        raise DoesNotFit(f"no such time: {error}") from None
