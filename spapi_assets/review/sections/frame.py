"""What all sections are wrapped in: a headed section, cards, empty states, bars inside tables."""

from __future__ import annotations

from html import escape

from spapi_assets.review.numbers import share
from spapi_assets.review.svg import tag


def section(id_: str, title: str, lead: str, *parts: str) -> str:
    head = tag("header", tag("h2", escape(title)) + tag("p", escape(lead), class_="lead"))
    return tag("section", head + "".join(parts), id=id_)


def card(*parts: str, title: str = "", note: str = "", class_: str = "card") -> str:
    head = tag("h3", escape(title)) if title else ""
    foot = tag("p", escape(note), class_="note") if note else ""
    return tag("div", head + "".join(parts) + foot, class_=class_)


def empty(what: str, why: str) -> str:
    """Nothing to show, and the reason."""
    return tag("div", tag("strong", escape(what)) + tag("p", escape(why)), class_="card empty")


def table(head: list[tuple[str, str]], rows: list[list[str]], class_: str = "") -> str:
    """`head`: (name, class of the column); cells are markup already."""
    top = tag("tr", "".join(tag("th", escape(name), class_=c or None, scope="col") for name, c in head))
    body = "".join(
        tag("tr", "".join(tag("td", cell, class_=c or None) for cell, (_, c) in zip(row, head, strict=True))) for row in rows
    )
    return tag("div", tag("table", tag("thead", top) + tag("tbody", body), class_=class_ or None), class_="scroll")


def bar(value: float, largest: float, class_: str = "c1") -> str:
    """A horizontal bar inside a cell; negative values are the class `bad`."""
    width = 0.0 if largest <= 0 else min(abs(value) / largest, 1.0) * 100
    return tag("span", tag("i", style=f"width:{width:.1f}%", class_="bad" if value < 0 else class_), class_="bar")


def delta(change: float | None, previous: str) -> str:
    """The change against the period before, with the figure it is measured against."""
    if change is None:
        return tag("span", escape(f"no comparison: {previous}"), class_="delta flat")
    if abs(change) < 0.0005:
        return tag("span", "unchanged", class_="delta flat")
    class_ = "up" if change > 0 else "down"
    arrow = "▲" if change > 0 else "▼"
    return tag("span", f"{arrow} {share(abs(change))}", class_=f"delta {class_}") + tag(
        "span", escape(f" from {previous}"), class_="was"
    )


def moved_points(points: float | None, previous: str, *, good_when_up: bool | None = True) -> str:
    """The same for a share, in percentage points: a relative change of a percentage misleads. None: neither way is good."""
    if points is None:
        return tag("span", "no comparison", class_="delta flat")
    if abs(points) < 0.0005:
        return tag("span", "unchanged", class_="delta flat")
    class_ = "flat" if good_when_up is None else "up" if (points > 0) is good_when_up else "down"
    arrow = "▲" if points > 0 else "▼"
    return tag("span", f"{arrow} {abs(points) * 100:.1f} pts", class_=f"delta {class_}") + tag(
        "span", escape(f" from {previous}"), class_="was"
    )


def legend(*entries: tuple[str, str]) -> str:
    """(class of the swatch, name)"""
    return tag("p", "".join(tag("span", tag("i", class_=c) + escape(name)) for c, name in entries), class_="legend")
