"""What a selling partner lists in a marketplace at an instant: price, quantity, status, issues, dates, by SKU.
The listings reports and the Listings Items API both print this; how they print it is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from . import issues as all_issues
from .accounts import Account
from .business import Business
from .catalog import BY_SKU, PRODUCTS, Product, list_price
from .changes import Change
from .extra import article, listed_at, number_of, number_of_sku, title_of
from .inventory import Position, positions
from .issues import CATALOG_ITEM_REMOVED, LISTING_SUPPRESSED, SEARCH_SUPPRESSED, Issue
from .items import product_type_of_line
from .marketplaces import Marketplace, day_start, local_day
from .seeds import derive
from .stock import cycle_of, cycle_start
from .vendor import ASSORTMENT

Stock = dict[int, Position]
_CHANNEL = {"eu": "AMAZON_EU", "na": "AMAZON_NA", "fe": "AMAZON_JP"}


@dataclass(frozen=True, slots=True)
class Listing:
    """One offer. `price` in minor units as the store shows it; `quantity` is None where Amazon fulfils; instants are epoch
    seconds."""

    product: Product
    marketplace: Marketplace
    title: str
    price: int
    quantity: int | None
    available: int
    pending: int
    opened: datetime
    updated: float
    product_type: str
    issues: tuple[Issue, ...]
    buyable: bool
    discoverable: bool


def product_of(business: Business, account: Account, sku: str) -> Product | None:
    """The article behind a SKU that the account has ever listed (deleted ones are not kept)."""
    found = BY_SKU.get(sku)
    if found is None and (number := number_of_sku(sku)) is not None and number < business.extra_articles(account):
        return article(number)
    return None if account.kind == "vendor" and found not in ASSORTMENT else found


def channel(m: Marketplace) -> str:
    """Amazon's fulfilment as listings name it."""
    return "AMAZON_IN" if m.code == "IN" else _CHANNEL[m.region]


def own_products(account: Account) -> tuple[Product, ...]:
    """The business's own goods that the account lists, without the extra articles."""
    return ASSORTMENT if account.kind == "vendor" else PRODUCTS


def stock_of(business: Business, account: Account, m: Marketplace, now: float) -> Stock:
    """FBA positions by product index; none for vendors."""
    if account.kind == "vendor":
        return {}
    return {p.product.index: p for p in positions(business, account, m.pool, now)}


def price_of(business: Business, account: Account, m: Marketplace, product: Product, now: datetime) -> int:
    """The shelf price at an instant, changes by hand included."""
    changed = [
        c.value for c in business.changes.of_listing(account.index, m.code, product.sku, now.timestamp()) if c.field == "price"
    ]
    return changed[-1] if changed else list_price(product, m, now.year)


def listings(business: Business, account: Account, m: Marketplace, now: datetime) -> Iterator[Listing]:
    """Every listing of the account in the marketplace: the business's own goods, then the extra articles."""
    stock = stock_of(business, account, m, now.timestamp())
    for product in own_products(account):
        if found := listing(business, account, m, product, now, stock):
            yield found
    for number in range(business.extra_articles(account)):
        if found := listing(business, account, m, article(number), now, stock):
            yield found


def listing(
    business: Business, account: Account, m: Marketplace, product: Product, now: datetime, stock: Stock
) -> Listing | None:
    """A product's listing; None when it was deleted by hand. `stock` is `stock_of` at the same instant."""
    instant, extra = now.timestamp(), number_of(product)
    changes = business.changes.of_listing(account.index, m.code, product.sku, instant)
    if extra is not None and not changes:  # of these there can be a hundred thousand
        opened_at, units = listed_at(extra), own_stock(business, product, now)
        return Listing(
            product, m, title_of(product, m.language), list_price(product, m, now.year), units, units, 0, opened_at,
            opened_at.timestamp(), product_type_of_line(product.line), (), True, True,
        )  # fmt: skip
    changed = {c.field: c.value for c in changes}
    if changed.get("deleted"):
        return None
    if product.fba:
        position = stock.get(product.index)
        available, pending, quantity = position.fulfillable if position else 1, position.reserved if position else 0, None
    else:
        quantity = available = int(changed.get("quantity", own_stock(business, product, now)))
        pending = 0
    itself = all_issues.of_itself(business.seed, account, m, product, instant) if extra is None else []
    open_issues = all_issues.with_changes(itself, changes, instant)
    actions = {action for issue in open_issues for action in issue.actions}
    return Listing(
        product=product,
        marketplace=m,
        title=str(changed.get("title") or title_of(product, m.language)),
        price=int(changed.get("price", list_price(product, m, now.year))),
        quantity=quantity,
        available=available,
        pending=pending,
        opened=opened(business, m, product),
        updated=_updated(business, account, m, product, now, changes, itself),
        product_type=str(changed.get("product_type") or product_type_of_line(product.line)),
        issues=open_issues,
        buyable=bool(changed.get("buyable", available > 0)) and not actions & {LISTING_SUPPRESSED, CATALOG_ITEM_REMOVED},
        discoverable=bool(changed.get("discoverable", True)) and not actions & {SEARCH_SUPPRESSED, CATALOG_ITEM_REMOVED},
    )


def own_stock(business: Business, product: Product, now: datetime) -> int:
    """What the seller himself has of a product today; extra articles keep theirs."""
    return 3 + derive(business.seed, "own stock", product.sku, now.toordinal() if number_of(product) is None else 0) % 40


def opened(business: Business, m: Marketplace, product: Product) -> datetime:
    """When the product was first offered in the marketplace."""
    number = number_of(product)
    if number is not None:
        return listed_at(number)
    minutes = derive(business.seed, "open date", m.code, product.sku) % 900_000
    return datetime(2022, 3, 1, 8, tzinfo=UTC) + timedelta(minutes=minutes)


def _updated(
    business: Business,
    account: Account,
    m: Marketplace,
    product: Product,
    now: datetime,
    changes: tuple[Change, ...],
    itself: list[Issue],
) -> float:
    """The newest thing that happened to the listing: January's price, a quantity, selling out, an issue, a change by hand."""
    instant = now.timestamp()
    events = [opened(business, m, product).timestamp()]
    if number_of(product) is None:
        events += [datetime(now.year, 1, 1, tzinfo=UTC).timestamp()]
        events += [t for issue in itself for t in (issue.opened, issue.closed) if t]
        if not product.fba:
            events.append(datetime(now.year, now.month, now.day, tzinfo=UTC).timestamp())
        elif account.kind == "seller":
            events += _stock_events(business, account, m, instant)[product.index]
    events += [c.at for c in changes]
    return max(e for e in events if e <= instant)


def sold_out_or_back(business: Business, account: Account, m: Marketplace, since: float, now: float) -> list[set[float]]:
    """By product index: the instants in (since, now] at which Amazon's stock of it may have sold out or come back."""
    zone = business.pool(account, m.pool)[0].zone
    found: list[set[float]] = [set() for _ in PRODUCTS]
    cycle, last = cycle_of(local_day(zone, since)), cycle_of(local_day(zone, now))
    for number in range(cycle, last + 1):
        end = min(now, float(day_start(zone, cycle_start(number + 1)) - 1))
        for index, instants in enumerate(_stock_events(business, account, m, end)):
            found[index] |= {at for at in instants if since < at <= now}
    return found


def _stock_events(business: Business, account: Account, m: Marketplace, now: float) -> list[list[float]]:
    """By product index: the start of the stock cycle that holds `now`, and since then each time it sold out or came back."""
    zone = business.pool(account, m.pool)[0].zone
    today = local_day(zone, now)

    def make() -> list[list[float]]:
        first = cycle_start(cycle_of(today))
        found = [[float(day_start(zone, first))] for _ in PRODUCTS]
        gone: set[int] = set()
        for offset in range((today - first).days + 1):
            day = first + timedelta(days=offset)
            stock = business.stock_day(account, m.pool, day)
            for index in [i for i in gone if stock.opening[i] > 0]:
                found[index].append(float(day_start(zone, day)))
                gone.discard(index)
            for index, at in stock.sold_out_at.items():
                if index not in gone:
                    found[index].append(float(at))
                    gone.add(index)
        return found

    return business.remember(("stock events", account.index, m.pool, today), make)
