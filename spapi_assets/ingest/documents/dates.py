"""The forms in which documents write dates, months and times: one text to its parts, and its parts to a calendar day.
Which order `03/04/2026` is in, and what `CST` means where, is decided in `locale.py`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, time

from spapi_assets.ingest.documents.months import month_number
from spapi_assets.ingest.documents.numbers import DoesNotFit

_NAME = r"[^\W\d_]{3,12}"
_GAP = r"(?:\s?[-/]\s?|\s+de\s+|\s+)"
_CLOCK = (
    r"(?:(?:T|,?\s+)(?P<H>[0-9]{1,2}):(?P<M>[0-9]{2})(?::(?P<S>[0-9]{2})(?:[.,](?P<f>[0-9]{1,9}))?)?"
    r"(?:\s?(?P<half>[AaPp])\.?\s?[Mm]\.?)?)?"
    r"\s?\(?(?P<zone>Z|[A-Z]{2,5}|(?:UTC|GMT)?[+\-\u2212][0-9]{1,2}(?::?[0-9]{2})?)?\)?"
)
_DATE = re.compile(
    r"(?:(?P<y>[0-9]{4})(?P<ys>[-/.])(?P<m>[0-9]{1,2})(?P=ys)(?P<d>[0-9]{1,2})"
    r"|(?P<a>[0-9]{1,2})(?P<s>[./-])(?P<b>[0-9]{1,2})(?P=s)(?P<c>[0-9]{4}|[0-9]{1,2})"
    r"|(?P<y4>[0-9]{4})\s?年\s?(?P<m4>[0-9]{1,2})\s?月\s?(?P<d4>[0-9]{1,2})\s?日"
    rf"|(?P<d2>[0-9]{{1,2}})(?:\.|er|º|°)?{_GAP}(?P<mon2>{_NAME})\.?,?{_GAP}(?P<y2>[0-9]{{4}}|[0-9]{{2}})"
    rf"|(?P<mon3>{_NAME})\.? (?P<d3>[0-9]{{1,2}})(?:st|nd|rd|th)?,? (?P<y3>[0-9]{{4}})"
    rf"|(?P<y5>[0-9]{{4}})[-/ ](?P<mon5>{_NAME})\.?[-/ ](?P<d5>[0-9]{{1,2}}))" + _CLOCK
)
# What java.util.Date prints: Sun Nov 01 12:00:00 UTC 2026.
_JAVA = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?P<mon3>[A-Z][a-z]{2}) (?P<d3>[0-9]{2}) (?P<H>[0-9]{2}):(?P<M>[0-9]{2}):(?P<S>[0-9]{2})"
    r" (?P<zone>[A-Z]{2,5}|GMT[+-][0-9]{2}:[0-9]{2}) (?P<y3>[0-9]{4})"
)
_MONTH = re.compile(
    r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})|(?P<m2>[0-9]{1,2})[-/.](?P<y2>[0-9]{4})"
    rf"|(?P<mon3>{_NAME})\.?(?:[-/ ]|\s+de\s+)(?P<y3>[0-9]{{4}})|(?P<y4>[0-9]{{4}})[-/ ](?P<mon4>{_NAME})\.?"
    r"|(?P<y5>[0-9]{4})\s?年\s?(?P<m5>[0-9]{1,2})\s?月"
)


class Written:
    """A date or time as it stands in the text. `parts` are the three numbers of a date whose order the text leaves open."""

    def __init__(self, match: re.Match[str]) -> None:
        self._groups = match.groupdict()
        a, s, b, c = (self._groups.get(n) for n in "asbc")
        self.parts: tuple[str, str, str, str] | None = (a, s, b, c) if a and s and b and c else None

    @property
    def zone(self) -> str | None:
        zone = self._groups.get("zone")
        return zone.replace("\u2212", "-") if zone else None

    def day(self, order: str | None) -> date:
        """The calendar day; `order` (mdy, dmy, ymd) is looked at only where the text leaves it open."""
        if self.parts is not None:
            return _open_day(self.parts, order)
        g = self._groups
        for n in ("", "4"):
            if g.get(f"y{n}"):
                return a_day(g[f"y{n}"], g[f"m{n}"], g[f"d{n}"])
        for n in ("2", "3", "5"):
            if name := g.get(f"mon{n}"):
                return a_day(g[f"y{n}"], str(named_month(name)), g[f"d{n}"])
        raise DoesNotFit("not a date in a known form")

    def clock(self) -> time:
        g = self._groups
        if g["H"] is None:
            return time()
        hour, fraction = int(g["H"]), (g.get("f") or "").ljust(6, "0")
        if fraction[6:].strip("0"):
            raise DoesNotFit("finer than a microsecond")
        if half := g.get("half"):
            if not 1 <= hour <= 12:
                raise DoesNotFit("not a time on a twelve-hour clock")
            hour = hour % 12 + (12 if half in "Pp" else 0)
        try:
            return time(hour, int(g["M"]), int(g["S"] or 0), int(fraction[:6]))
        except ValueError as error:
            raise DoesNotFit(f"no such time: {error}") from None


def written(text: str) -> Written | None:
    """The parts of a date, with its time if it has one; None if the text has no known form."""
    value = text.strip()
    match = _DATE.fullmatch(value) or _JAVA.fullmatch(value)
    return Written(match) if match else None


def first_of_month(text: str) -> date | None:
    """The first day of a month written without a day: 2026-08, 08/2026, Aug 2026, 2026年8月."""
    match = _MONTH.fullmatch(text.strip())
    if match is None:
        return None
    g = match.groupdict()
    for n in ("", "2", "5"):
        if g[f"y{n}"]:
            return a_day(g[f"y{n}"], g[f"m{n}"], "1")
    n = "3" if g["y3"] else "4"
    return a_day(g[f"y{n}"], str(named_month(g[f"mon{n}"])), "1")


def named_month(name: str) -> int:
    number = month_number(name)
    if number is None:
        raise DoesNotFit(f"{name!r} is no month in a known language")
    return number


def a_day(year: str, month: str, day: str) -> date:
    try:
        return date(int(year) + (2000 if len(year) == 2 else 0), int(month), int(day))
    except ValueError as error:
        raise DoesNotFit(f"no such day: {error}") from None


def readings(parts: tuple[str, str, str, str]) -> dict[str, date]:
    """The days that open parts can be, by order. Points are only ever used day first; a four-digit year stands last."""
    a, separator, b, c = parts
    orders = ("dmy",) if separator == "." else ("dmy", "mdy") if len(c) == 4 else ("dmy", "mdy", "ymd")
    return {order: day for order in orders if (day := in_order(a, b, c, order)) is not None}


def in_order(a: str, b: str, c: str, order: str) -> date | None:
    day, month, year = {"dmy": (a, b, c), "mdy": (b, a, c), "ymd": (c, b, a)}[order]
    if len(day) == 4 or len(year) not in (2, 4):
        return None
    try:
        return a_day(year, month, day)
    except DoesNotFit:
        return None


def order_shown(text: str) -> str | None:
    """The order that this text alone proves, because it is no date in any other; None if it proves none."""
    found = written(text)
    if found is None or found.parts is None:
        return None
    possible = readings(found.parts)
    return next(iter(possible)) if len(possible) == 1 else None


def orders_shown(texts: Sequence[str]) -> dict[str, int]:
    """How many of the texts prove each order. What begins with a year of four digits proves none."""
    return dict(Counter(order for text in texts if not text[:4].isdigit() and (order := order_shown(text)) is not None))


def _open_day(parts: tuple[str, str, str, str], order: str | None) -> date:
    a, separator, b, c = parts
    if order is None or (order == "ymd" and len(c) == 4) or (order == "mdy" and separator == "."):
        possible = readings(parts)
        if len(set(possible.values())) > 1:
            shown = " or ".join(map(str, possible.values()))
            raise DoesNotFit(f"could be {shown}: the document does not show which")
        order = next(iter(possible), "dmy")
    value = in_order(a, b, c, order)
    if value is None:
        raise DoesNotFit(f"not a date in the order {order}")
    return value
