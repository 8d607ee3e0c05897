"""What customers try to buy: order attempts of one account in one marketplace on one local day, before stock is asked.
Prices, addresses and shipping come later (orders.py), only for days that somebody looks at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import accumulate
from typing import NamedTuple

from .accounts import Account
from .catalog import PRODUCTS
from .demand import rates
from .marketplaces import Marketplace, day_bounds
from .seeds import generator, poisson

UNITS_PER_ORDER = 1.5  # mean units of one product for each order that starts with it, extra lines included

_HOURS = (1, 1, 0.5, 0.4, 0.4, 0.7, 1.5, 2.5, 3.5, 4.2, 4.6, 4.8, 5, 4.8, 4.6, 4.6, 4.8, 5.2, 5.8, 6.6, 7.2, 6.6, 4.6, 2.4)


class Draft(NamedTuple):
    """One order attempt. `lines` are (product index, units); `cancel_after` seconds, 0 if the order is kept."""

    instant: int
    lines: tuple[tuple[int, int], ...]
    business: bool
    cancel_after: int


def _quantity(draw: float, business: bool) -> int:
    if business and draw < 0.5:
        return 2 + int(draw * 18)
    return 1 if draw < 0.86 else 2 if draw < 0.96 else 3 if draw < 0.99 else 4


def attempts(seed: int, account: Account, marketplace: Marketplace, day: date, scale: float) -> list[Draft]:
    """Order attempts of the local day in the order of their instants."""
    means: Sequence[float] = rates(seed, account.index, marketplace.code, account.volume(marketplace.code), day)
    total = sum(means) * scale
    rng = generator(seed, "attempts", account.index, marketplace.code, day.toordinal())
    count = poisson(rng, total)
    if not count:
        return []
    begin, end = day_bounds(marketplace.zone, day)
    hour = (end - begin) / 24
    cumulative = list(accumulate(means))
    products = range(len(PRODUCTS))
    firsts = rng.choices(products, cum_weights=cumulative, k=count)
    hours = rng.choices(range(24), weights=_HOURS, k=count)
    drafts = []
    random = rng.random
    for first, h in zip(firsts, hours, strict=True):
        instant = int(begin + (h + random()) * hour)
        business = random() < 0.06
        lines = [(first, _quantity(random(), business))]
        extra = random()
        if extra < 0.015:  # the same SKU twice: Amazon's order report has no key that tells the two lines apart
            lines.append((first, lines[0][1]))
        elif extra < 0.15:
            lines += [
                (p, _quantity(random(), False)) for p in rng.choices(products, cum_weights=cumulative, k=1 + (extra > 0.125))
            ]
        cancel_after = int(1_200 + random() * 17 * 3_600) if random() < 0.03 else 0
        drafts.append(Draft(instant, tuple(lines), business, cancel_after))
    drafts.sort()
    return drafts
