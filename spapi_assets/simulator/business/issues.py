"""What Amazon finds wrong with a listing: issues that open and close with time, and what they keep customers from.
The suppressed-listings report shows the gravest of them; what people change by hand is in changes.py."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from .accounts import Account
from .catalog import Product
from .changes import Change
from .marketplaces import Marketplace, day_start, local_day
from .seeds import derive
from .stock import CYCLE, cycle_of, cycle_start

SEARCH_SUPPRESSED, LISTING_SUPPRESSED = "SEARCH_SUPPRESSED", "LISTING_SUPPRESSED"
ATTRIBUTE_SUPPRESSED, CATALOG_ITEM_REMOVED = "ATTRIBUTE_SUPPRESSED", "CATALOG_ITEM_REMOVED"
ACTIONS = (SEARCH_SUPPRESSED, LISTING_SUPPRESSED, ATTRIBUTE_SUPPRESSED, CATALOG_ITEM_REMOVED)


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue of a listing in one marketplace. `exempt_until` is an instant, 0 for none; `closed` 0 while nobody knows."""

    code: str
    message: str
    severity: str  # ERROR | WARNING | INFO
    attributes: tuple[str, ...]
    categories: tuple[str, ...]
    actions: tuple[str, ...] = ()
    exempt_until: float = 0.0
    opened: float = 0.0
    closed: float = 0.0


@dataclass(frozen=True, slots=True)
class Suppression:
    """Why the search does not show an offer, since which local day; it ends with the stock cycle."""

    since: date
    reason: str
    description: str
    code: str
    attribute: str
    category: str


_SUPPRESSIONS = (
    ("Missing info", "Your listing is missing the main image.", "18027", "main_product_image_locator", "INVALID_IMAGE"),
    ("Policy", 'The product title holds the claim "ultralight" – remove it.', "99300", "item_name", "INVALID_ATTRIBUTE"),
    ("Missing info", "Bullet points are empty; up to 5 are shown.", "90220", "bullet_point", "MISSING_ATTRIBUTE"),
)
# Of each pair of draws: code, message, severity, attributes, categories, actions, and whether an exemption runs.
_PASSING: tuple[tuple[str, str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...], bool], ...] = (
    ("100521", "The package weight differs from what was measured.", "WARNING", ("item_package_weight",),
     ("INVALID_ATTRIBUTE",), (), False),
    ("8541", "The values of 'size' and 'color' match another ASIN.", "WARNING", ("size", "color"),
     ("INVALID_ATTRIBUTE",), (), False),
    ("18778", "The list price is missing or too high compared with recent prices.", "WARNING", ("list_price",),
     ("INVALID_PRICE",), (), False),
    ("99022", "A recommended attribute, 'country_of_origin', is not supplied.", "INFO", ("country_of_origin",),
     ("MISSING_ATTRIBUTE",), (), False),
    ("18321", "An image shows text or a watermark and is not displayed.", "ERROR", ("other_product_image_locator_1",),
     ("INVALID_IMAGE",), (ATTRIBUTE_SUPPRESSED,), True),
)  # fmt: skip


def suppression(seed: int, account: Account, m: Marketplace, product: Product, today: date) -> Suppression | None:
    """The suppression that holds on a local day."""
    draw = derive(seed, "suppressed", account.index, m.code, product.sku, cycle_of(today))
    since = cycle_start(cycle_of(today)) + timedelta(days=draw // 20 % 20)
    return Suppression(since, *_SUPPRESSIONS[draw // 500 % 3]) if draw % 9 == 0 and since <= today else None


def of_itself(seed: int, account: Account, m: Marketplace, product: Product, now: float) -> list[Issue]:
    """Issues of the current stock cycle that have opened by `now`, closed ones included, oldest first."""
    today = local_day(m.zone, now)
    found = []
    start, end = (day_start(m.zone, cycle_start(cycle_of(today)) + timedelta(days=n)) for n in (0, CYCLE))
    if s := suppression(seed, account, m, product, today):
        opened = float(day_start(m.zone, s.since))
        found.append(
            Issue(s.code, s.description, "ERROR", (s.attribute,), (s.category,), (SEARCH_SUPPRESSED,), 0.0, opened, float(end))
        )
    draw = derive(seed, "issue", account.index, m.code, product.sku, cycle_of(today))
    if draw % 3 == 0:
        code, message, severity, attributes, categories, actions, exempt = _PASSING[draw // 3 % len(_PASSING)]
        opened = start + draw // 100 % (20 * 86_400)
        closed = min(float(end), opened + 7_200 + draw // 10**9 % (9 * 86_400))
        if opened <= now:
            until = opened + 10 * 86_400 if exempt else 0.0
            found.append(Issue(code, message, severity, attributes, categories, actions, until, float(opened), closed))
    return sorted(found, key=lambda i: i.opened)


def with_changes(issues: Iterable[Issue], changes: Iterable[Change], now: float) -> tuple[Issue, ...]:
    """The issues that are open at `now`: the business's own, those that were added by hand, less those closed by hand."""
    found = {issue.code: issue for issue in issues if not issue.closed or issue.closed > now}
    for change in changes:
        if change.field == "issue":
            found[change.value.code] = change.value
        elif change.field == "issue_closed":
            found.pop(change.value, None)
    return tuple(found.values())
