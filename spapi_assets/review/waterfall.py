"""The waterfall: from what customers paid to what is left, step by step, in one currency."""

from __future__ import annotations

from collections.abc import Sequence

from spapi_assets.review.numbers import money, share, short_money
from spapi_assets.review.svg import Scale, figure, tag, text, ticks, tip

WIDTH, HEIGHT = 620.0, 300.0
LEFT, TOP, BOTTOM = 58.0, 26.0, 262.0


def waterfall(start: tuple[str, float], steps: Sequence[tuple[str, float]], end: str, currency: str, label: str) -> str:
    """`start` is the whole, `steps` are signed changes, `end` names what is left; shares are of the whole."""
    running = start[1]
    levels = [(start[0], 0.0, running, "c1")]
    for name, value in steps:
        levels.append((name, running, running + value, "good" if value > 0 else "bad"))
        running += value
    levels.append((end, 0.0, running, "total"))
    marks = ticks(
        min(0.0, *(low for _, low, high, _ in levels), *(high for _, low, high, _ in levels)),
        max(max(a, b) for _, a, b, _ in levels),
    )
    y = Scale(marks[0], marks[-1], BOTTOM, TOP)
    step = (WIDTH - LEFT) / len(levels)
    parts = []
    for mark in marks:
        parts.append(tag("line", x1=LEFT, x2=WIDTH, y1=y(mark), y2=y(mark), class_="zero" if mark == 0 else "grid"))
        parts.append(text(LEFT - 8, y(mark) + 4, short_money(mark, currency), "axis", "end"))
    for n, (name, low, high, class_) in enumerate(levels):
        left = LEFT + n * step
        value = high - low
        upper, lower = y(max(low, high)), y(min(low, high))
        of_whole = share(value / start[1]) if start[1] else "–"
        parts.append(
            tag("rect", tip(name, money(value, currency, 2), f"{of_whole} of {start[0].lower()}"), x=left + step * 0.14, y=upper,
                width=step * 0.72, height=max(lower - upper, 1.5), rx=3, class_=class_)
        )  # fmt: skip
        parts.append(text(left + step / 2, upper - 7, short_money(value, currency), "value", "middle"))
        parts.append(text(left + step / 2, BOTTOM + 20, name, "axis", "middle"))
        if n < len(levels) - 1:
            parts.append(tag("line", x1=left + step * 0.86, x2=left + step * 1.14, y1=y(high), y2=y(high), class_="joint"))
    return figure(WIDTH, HEIGHT, parts, label)
