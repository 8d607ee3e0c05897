"""Small pieces of SVG and HTML: escaped elements, linear scales, ticks that people would choose."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


def tag(name: str, content: str = "", **attributes: object) -> str:
    """An element; `content` is markup already. A trailing underscore in an attribute's name is dropped (class_)."""
    written = "".join(f' {k.rstrip("_").replace("_", "-")}="{escape(_text(v))}"' for k, v in attributes.items() if v is not None)
    return f"<{name}{written}>{content}</{name}>"


def _text(value: object) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def tip(*lines: str) -> str:
    """A hover text: SVG's own title, which the page's script turns into a card."""
    return tag("title", escape("\n".join(line for line in lines if line)))


def text(x: float, y: float, content: str, class_: str = "axis", anchor: str | None = None) -> str:
    return tag("text", escape(content), x=x, y=y, class_=class_, text_anchor=anchor)


def figure(width: float, height: float, parts: Iterable[str], label: str) -> str:
    body = "".join(parts)
    return tag(
        "svg", body, viewBox=f"0 0 {_text(float(width))} {_text(float(height))}", role="img", aria_label=label, class_="chart"
    )


@dataclass(frozen=True)
class Scale:
    """A value's place between two ends."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / ((self.high - self.low) or 1) * (self.end - self.start)


def ticks(low: float, high: float, wanted: int = 4) -> list[float]:
    """Round values from at or below `low` to at or above `high`."""
    if high <= low:
        high = low + 1
    rough = (high - low) / wanted
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [n * step for n in range(first, last + 1)]
