"""The coverage heat map: one row a dataset or several that came together, one cell a day, coloured by what is known about it.
Neighbouring days in the same state are one mark, so that years of days stay light."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from spapi_assets.review.numbers import count, span
from spapi_assets.review.svg import figure, tag, text, tip

WIDTH, LEFT, ROW = 1080.0, 372.0, 24.0
# State -> (name, what it means to a reader); the order is the legend's.
STATES: dict[str, tuple[str, str]] = {
    "final": ("Final", "loaded; nothing will change"),
    "provisional": ("Provisional", "loaded; Amazon may still restate it"),
    "empty_confirmed": ("Empty, confirmed", "Amazon has nothing for the day"),
    "empty_suspected": ("Empty, suspected", "came back empty, to be asked again"),
    "requested": ("Requested", "waiting for Amazon"),
    "not_published": ("Not published yet", "Amazon publishes later"),
    "missing": ("Missing", "not asked for yet"),
    "throttled": ("Waiting for quota", "no call is left for it yet"),
    "failed": ("Failed", "an error needs a look"),
    "denied": ("Denied", "a role is missing"),
    "unavailable": ("Never to be had", "a snapshot not taken, or too old"),
    "not_due": ("Nothing due", "no report of the day is expected"),
}


@dataclass(frozen=True)
class Run:
    """Neighbouring days (weeks, months) of one row in one state; `last` is the end of the last period."""

    state: str
    first: date
    last: date
    rows: int
    reason: str
    next_action: str
    number: int = 1
    period: str = "day"

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def counted(self) -> str:
        """How many partitions: 1 day, 3 weeks."""
        return f"{self.number} {self.period}{'s' * (self.number > 1)}"


def runs(days: Sequence[Mapping[str, object]]) -> list[Run]:
    """Partitions in order (date, period, period_end, state, row_count, reason, next_action) as runs of one state and reason."""
    found: list[Run] = []
    for entry in days:
        day, end, state, reason = entry["date"], entry["period_end"], str(entry["state"]), str(entry["reason"] or "")
        assert isinstance(day, date)
        assert isinstance(end, date)
        rows, action, period = int(str(entry["row_count"] or 0)), str(entry["next_action"] or ""), str(entry["period"])
        before = found[-1] if found else None
        if before and (before.state, before.reason) == (state, reason) and before.last + timedelta(days=1) == day:
            found[-1] = Run(state, before.first, end, before.rows + rows, reason, action, before.number + 1, period)
        else:
            found.append(Run(state, day, end, rows, reason, action, 1, period))
    return found


def heatmap(rows: Mapping[tuple[str, str], Sequence[Run]], first: date, last: date) -> str:
    """`rows`: (name, whose) -> its runs; days outside the runs stay blank."""
    total = (last - first).days + 1
    step = (WIDTH - LEFT - 4) / total
    parts: list[str] = []
    bottom = 24 + ROW * len(rows)
    day = first
    weekly = total <= 130
    while day <= last:
        if day.weekday() == 0 if weekly else day.day == 1:
            x = LEFT + (day - first).days * step
            named = total <= 45 or not weekly or day.isocalendar().week % 2 == 0
            if named and (last - day).days * step > 34:
                parts.append(text(x, 14, f"{day.day} {day:%b}" if weekly else f"{day:%b %Y}", "axis"))
            parts.append(tag("line", x1=x, x2=x, y1=20, y2=bottom, class_="grid"))
        day += timedelta(days=1)
    for n, ((dataset, whose), row) in enumerate(rows.items()):
        top = 24 + n * ROW
        parts.append(text(0, top + 15, dataset, "label"))
        parts.append(text(LEFT - 12, top + 15, whose, "axis", "end"))
        for run in row:
            begin, end = max(run.first, first), min(run.last, last)
            if end < begin:
                continue
            x = LEFT + (begin - first).days * step
            name = STATES.get(run.state, (run.state, ""))[0]
            days = f"{span(run.first, run.last)} · {run.counted}"
            hover = tip(
                f"{dataset} · {whose}",
                f"{name}: {days}",
                f"{count(run.rows)} rows" if run.rows else "",
                run.reason,
                run.next_action,
            )
            width = ((end - begin).days + 1) * step
            parts.append(tag("rect", hover, x=x, y=top + 3, width=width, height=ROW - 6, class_=f"s-{run.state}"))
    if weekly:  # One line a day over all rows: a run must not look like one long day.
        for n in range(1, total):
            x = LEFT + n * step
            parts.append(tag("line", x1=x, x2=x, y1=24, y2=bottom, class_="cut"))
    return figure(WIDTH, bottom + 4, parts, "Coverage of every dataset by day")
