"""The chart of days: panels of bars or lines above one another that share their days, and a strip of marks below.
What is shown in them is the sections' business."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from spapi_assets.review.numbers import day as day_name
from spapi_assets.review.svg import Scale, figure, tag, text, ticks, tip

WIDTH = 1080.0
LEFT, RIGHT = 66.0, 14.0
GAP = 26.0


@dataclass(frozen=True)
class Panel:
    """One measure over the days. A missing day is a gap, not a zero."""

    title: str
    values: Mapping[date, float]
    label: Callable[[float], str]
    kind: str = "bars"
    height: float = 150.0
    class_: str = "c1"
    highlighted: frozenset[date] = field(default_factory=frozenset)
    incomplete: frozenset[date] = field(default_factory=frozenset)


@dataclass(frozen=True)
class Strip:
    """Marks on days, with the text each shows."""

    title: str
    marks: Mapping[date, str]
    class_: str = "bad"


def days_between(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def timeline(
    days: Sequence[date], panels: Sequence[Panel], tips: Mapping[date, Sequence[str]], label: str, strip: Strip | None = None
) -> str:
    """One SVG figure. `tips` holds the lines of each day's hover text."""
    x = Scale(0, len(days), LEFT, WIDTH - RIGHT)
    step = (WIDTH - RIGHT - LEFT) / max(len(days), 1)
    parts: list[str] = []
    top = 20.0
    for panel in panels:
        parts += _panel(panel, days, x, step, top)
        top += panel.height + GAP
    bottom = top - GAP
    if strip:
        parts.append(text(LEFT - 10, bottom + 20, strip.title, "axis", "end"))
        for n, day in enumerate(days):
            if day in strip.marks:
                parts.append(
                    tag("rect", x=x(n) + step * 0.15, y=bottom + 11, width=step * 0.7, height=10, rx=2, class_=strip.class_)
                )
        bottom += 22
    parts += _days(days, x, step, bottom)
    for n, day in enumerate(days):
        lines = [day_name(day) + f", {day:%A}", *tips.get(day, ["No data for this day"])]
        if strip and day in strip.marks:
            lines.append(strip.marks[day])
        parts.append(tag("rect", tip(*lines), x=x(n), y=10, width=step, height=bottom - 10, class_="hit"))
    return figure(WIDTH, bottom + 26, parts, label)


def _panel(panel: Panel, days: Sequence[date], x: Scale, step: float, top: float) -> list[str]:
    known = [panel.values[d] for d in days if d in panel.values]
    marks = ticks(0, max([*known, 0.0]) or 1.0, 3 if panel.height < 120 else 4)
    y = Scale(0, marks[-1], top + panel.height, top)
    parts = [text(LEFT, top - 7, panel.title, "panel")]
    for mark in marks:
        parts.append(tag("line", x1=LEFT, x2=WIDTH - RIGHT, y1=y(mark), y2=y(mark), class_="zero" if mark == 0 else "grid"))
        parts.append(text(LEFT - 10, y(mark) + 4, panel.label(mark), "axis", "end"))
    if panel.kind == "bars":
        for n, day in enumerate(days):
            value = panel.values.get(day)
            if value:
                class_ = ("c2" if day in panel.highlighted else panel.class_) + (" part" if day in panel.incomplete else "")
                parts.append(
                    tag(
                        "rect",
                        x=x(n) + step * 0.12,
                        y=y(value),
                        width=step * 0.76,
                        height=y(0) - y(value),
                        rx=min(2.5, step / 5),
                        class_=class_,
                    )
                )
        return parts
    return parts + _line(panel, days, x, step, y)


def _line(panel: Panel, days: Sequence[date], x: Scale, step: float, y: Scale) -> list[str]:
    """Unbroken pieces of the line; a single day between gaps is a dot."""
    parts: list[str] = []
    piece: list[tuple[float, float]] = []
    for n, day in enumerate([*days, None]):
        if day is not None and day in panel.values:
            piece.append((x(n) + step / 2, y(panel.values[day])))
            continue
        if len(piece) == 1:
            parts.append(tag("circle", cx=piece[0][0], cy=piece[0][1], r=2.5, class_=panel.class_))
        elif piece:
            points = " ".join(f"{px:.1f},{py:.1f}" for px, py in piece)
            floor = f"{piece[-1][0]:.1f},{y(0):.1f} {piece[0][0]:.1f},{y(0):.1f}"
            parts.append(tag("polygon", points=f"{points} {floor}", class_=f"area {panel.class_}"))
            parts.append(tag("polyline", points=points, class_=f"line {panel.class_}"))
        piece = []
    return parts


def _days(days: Sequence[date], x: Scale, step: float, bottom: float) -> list[str]:
    """Mondays, or the firsts of months when there are many days."""
    mondays = len(days) <= 120
    every = 2 if mondays and len(days) > 70 else 1
    chosen = [(n, d) for n, d in enumerate(days) if (d.weekday() == 0 if mondays else d.day == 1)][::every]
    if not chosen:
        chosen = [(0, days[0])] if days else []
    parts = []
    for n, day in chosen:
        name = f"{day.day} {day:%b}" if mondays else f"{day:%b %Y}"
        parts.append(tag("line", x1=x(n) + step / 2, x2=x(n) + step / 2, y1=bottom, y2=bottom + 4, class_="zero"))
        parts.append(text(x(n) + step / 2, bottom + 18, name, "axis", "middle"))
    return parts
