"""Makes listings, items and offers change on request, as a seller or Amazon would, and publishes what Amazon publishes of it.
The commands come from the control plane and from tests; what a change means for reports and APIs is in business/."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

from spapi_assets.simulator import notices
from spapi_assets.simulator.accounts import Account as Authorization
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.catalog import PRODUCTS, Product
from spapi_assets.simulator.business.changes import Change
from spapi_assets.simulator.business.extra import article, number_of_asin
from spapi_assets.simulator.business.issues import ACTIONS, Issue
from spapi_assets.simulator.business.items import Item, product_type
from spapi_assets.simulator.business.listings import Listing, listing, product_of, stock_of
from spapi_assets.simulator.business.marketplaces import BY_CODE, BY_ID, Marketplace, utc
from spapi_assets.simulator.state import State

_MESSAGES = {"90220": "A required attribute is not supplied.", "18155": "The minimum price is greater than the selling price."}


def change(state: State, command: dict[str, Any]) -> int:
    """Perform one command; returns how many notifications it queued. ValueError with a sentence for one that makes no sense.

    Every command has `change`, one of `price`, `quantity`, `status`, `delete`, `issue`, `close_issue`, `title`, `product_type`,
    `catalog`, `offers`, `pricing_health`, `inventory` or `burst`, and `account`, the name or the selling partner id. Most have
    `sku` or `asin`, and `marketplace` (code or id; without it all of the account's)."""
    kind = str(command.get("change"))
    if kind not in _COMMANDS:
        raise ValueError(f"there is no change {kind!r}; changes are {', '.join(_COMMANDS)}")
    allowed = {"change", "account", "sku", "asin", "marketplace"} | _FIELDS[kind]
    if unknown := sorted(set(command) - allowed):
        raise ValueError(f"the change {kind} has no field {unknown[0]!r}; fields are {', '.join(sorted(allowed))}")
    return _COMMANDS[kind](_Command(state, command))


class _Command:
    """A command with what its fields name, and the business at the instant it is performed."""

    def __init__(self, state: State, command: dict[str, Any]) -> None:
        self.state, self.fields, self.business = state, command, state.business
        self.authorization: Authorization = state.directory.by_name(str(command.get("account")))
        self.account: Account = state.business.account(self.authorization.selling_partner_id)
        self.now = utc(state.clock.timestamp()).timestamp()  # in microseconds: what is looked at as a datetime is this instant

    @property
    def stores(self) -> list[Marketplace]:
        name = self.fields.get("marketplace")
        mine = [m for m in self.account.marketplaces if m.id in self.authorization.marketplace_ids]
        if name is None:
            return mine
        wanted = BY_ID.get(name) or BY_CODE.get({"GB": "UK"}.get(name, name))
        if wanted not in mine:
            raise ValueError(f"{self.authorization.name} does not sell in {name!r}")
        return [wanted]

    def field(self, name: str) -> Any:
        if name not in self.fields:
            raise ValueError(f"the change {self.fields['change']} needs the field {name!r}")
        return self.fields[name]

    def product(self) -> Product:
        """The product of `sku`, or the account's first of `asin`."""
        if "sku" in self.fields:
            found = product_of(self.business, self.account, str(self.fields["sku"]))
        else:
            asin = str(self.field("asin"))
            number = number_of_asin(asin)
            extra = article(number) if number is not None and number < self.business.extra_articles(self.account) else None
            found = next((p for p in PRODUCTS if p.asin == asin), extra)
        if found is None:
            named = self.fields.get("sku") or self.fields.get("asin")
            raise ValueError(f"{self.authorization.name} lists no {named!r}")
        return found

    def asin(self) -> str:
        return str(self.fields["asin"]) if "asin" in self.fields else self.product().asin

    def listing(self, m: Marketplace, product: Product) -> Listing | None:
        stock = stock_of(self.business, self.account, m, self.now) if product.fba else {}
        return listing(self.business, self.account, m, product, utc(self.now), stock)

    def set(self, m: Marketplace, product: Product, field: str, value: Any) -> None:
        """Change a field of the listing, from now on."""
        self.business.changes.listing(self.account.index, m.code, product.sku, Change(self.now, field, value))

    def publish(self, notification_type: str, payload: dict[str, Any], m: Marketplace | None = None) -> int:
        marketplace_id = m.id if m else None
        return self.state.publisher.publish(self.authorization, notification_type, payload, marketplace_id=marketplace_id)

    def with_status(self, m: Marketplace, product: Product, act: Callable[[Marketplace], int]) -> int:
        """What `act` publishes, and the status notification if it changed what customers can do."""
        before = self.listing(m, product)
        count = act(m)
        after = self.listing(m, product)
        if (before and (before.buyable, before.discoverable)) != (after and (after.buyable, after.discoverable)):
            count += self.publish("LISTINGS_ITEM_STATUS_CHANGE", notices.status(self.account, m, product, after), m)
        return count


def _price(c: _Command) -> int:
    product, count = c.product(), 0
    for m in c.stores:
        try:
            price = int((Decimal(str(c.field("price"))) * 10**m.digits).to_integral_value())
        except InvalidOperation:
            raise ValueError(f"{c.fields['price']!r} is not a price") from None
        c.set(m, product, "price", price)
        count += _offers_of(c, m, product, "Internal")
    return count


def _quantity(c: _Command) -> int:
    """The seller's own stock: one for all marketplaces."""
    product, units = c.product(), int(c.field("quantity"))
    if product.fba:
        raise ValueError(f"Amazon fulfils {product.sku}: its quantity is what lies in the warehouses")

    def act(m: Marketplace) -> int:
        c.set(m, product, "quantity", units)
        return 0

    count = sum(c.with_status(m, product, act) for m in c.account.marketplaces)
    return count + c.publish("LISTINGS_ITEM_MFN_QUANTITY_CHANGE", notices.quantity(c.account, product.sku, units))


def _status(c: _Command) -> int:
    product, count = c.product(), 0
    wanted = {name: bool(c.fields[name]) for name in ("buyable", "discoverable") if name in c.fields}
    if not wanted:
        raise ValueError("the change status needs the field 'buyable' or 'discoverable'")
    for m in c.stores:
        for name, value in wanted.items():
            c.set(m, product, name, value)
        count += c.publish("LISTINGS_ITEM_STATUS_CHANGE", notices.status(c.account, m, product, c.listing(m, product)), m)
    return count


def _delete(c: _Command) -> int:
    """Delete the listing; `deleted: false` lists it again."""
    product, count = c.product(), 0
    for m in c.stores:
        c.set(m, product, "deleted", bool(c.fields.get("deleted", True)))
        count += c.publish("LISTINGS_ITEM_STATUS_CHANGE", notices.status(c.account, m, product, c.listing(m, product)), m)
    return count


def _issue(c: _Command) -> int:
    product, code = c.product(), str(c.fields.get("code", "90220"))
    severity, actions = str(c.fields.get("severity", "ERROR")), tuple(c.fields.get("actions", ()))
    if severity not in ("ERROR", "WARNING", "INFO") or not set(actions) <= set(ACTIONS):
        raise ValueError(f"severity must be ERROR, WARNING or INFO, and actions among {', '.join(ACTIONS)}")
    issue = Issue(
        code,
        str(c.fields.get("message") or _MESSAGES.get(code, "The listing needs your attention.")),
        severity,
        tuple(c.fields.get("attributes", ("bullet_point",))),
        tuple(c.fields.get("categories", ("MISSING_ATTRIBUTE",))),
        actions,
        opened=c.now,
    )
    return _issues_changed(c, product, "issue", issue)


def _close_issue(c: _Command) -> int:
    return _issues_changed(c, c.product(), "issue_closed", str(c.field("code")))


def _issues_changed(c: _Command, product: Product, field: str, value: Any) -> int:
    def act(m: Marketplace) -> int:
        c.set(m, product, field, value)
        after = c.listing(m, product)
        return c.publish("LISTINGS_ITEM_ISSUES_CHANGE", notices.issues(c.account, after), m) if after else 0

    return sum(c.with_status(m, product, act) for m in c.stores)


def _title(c: _Command) -> int:
    """The seller's title and the page's; brand owners hear of it."""
    product, text, count = c.product(), str(c.field("title")), 0
    for m in c.stores:
        c.set(m, product, "title", text)
        c.business.changes.item(m.code, product.asin, Change(c.now, "title", text))
        count += c.publish("BRANDED_ITEM_CONTENT_CHANGE", notices.content(m, product.asin, ["item_name"]), m)
    return count


def _product_type(c: _Command) -> int:
    product, kind, count = c.product(), str(c.field("product_type")), 0
    for m in c.stores:
        before = product_type(c.business, m, Item(product.asin, product, product.parent), c.now)
        c.business.changes.item(m.code, product.asin, Change(c.now, "product_type", kind))
        for same in [p for p in PRODUCTS if p.asin == product.asin] or [product]:
            c.set(m, same, "product_type", kind)
        count += c.publish("ITEM_PRODUCT_TYPE_CHANGE", notices.product_type(m, product.asin, before, kind), m)
    return count


def _catalog(c: _Command) -> int:
    """Let the catalogue item vanish or come back; Amazon tells nobody."""
    for m in c.stores:
        c.business.changes.item(m.code, c.asin(), Change(c.now, "present", bool(c.field("present"))))
    return 0


def _offers(c: _Command) -> int:
    return sum(_offers_of(c, m, c.product(), "External") for m in c.stores)


def _offers_of(c: _Command, m: Marketplace, product: Product, kind: str) -> int:
    found = c.listing(m, product)
    return c.publish("ANY_OFFER_CHANGED", notices.any_offer(c.business, c.account, found, c.now, kind), m) if found else 0


def _pricing_health(c: _Command) -> int:
    found = [(m, one) for m in c.stores if (one := c.listing(m, c.product()))]
    return sum(c.publish("PRICING_HEALTH", notices.pricing_health(c.business, c.account, one, c.now), m) for m, one in found)


def _inventory(c: _Command) -> int:
    product = c.product()
    if not product.fba or c.account.kind != "seller":
        raise ValueError(f"{product.sku} does not lie in Amazon's warehouses")
    return c.publish("FBA_INVENTORY_AVAILABILITY_CHANGES", notices.fba_inventory(c.business, c.account, product, c.now))


def _burst(c: _Command) -> int:
    """`changes` changes of the first `skus` extra articles in turn: quantities, issues that open, issues that close."""
    skus, changes = int(c.field("skus")), int(c.field("changes"))
    if not 0 < skus <= c.business.extra_articles(c.account):
        raise ValueError(f"{c.authorization.name} has {c.business.extra_articles(c.account)} extra articles, not {skus}")
    (m, *_), count = c.stores, 0
    for n in range(changes):
        product = article(n % skus)
        turn = n // skus % 3
        if turn == 0:
            units = 1 + n % 50
            c.set(m, product, "quantity", units)
            count += c.publish("LISTINGS_ITEM_MFN_QUANTITY_CHANGE", notices.quantity(c.account, product.sku, units))
            continue
        issue = Issue("90220", _MESSAGES["90220"], "WARNING", ("bullet_point",), ("MISSING_ATTRIBUTE",), opened=c.now)
        c.set(m, product, "issue" if turn == 1 else "issue_closed", issue if turn == 1 else "90220")
        if after := c.listing(m, product):
            count += c.publish("LISTINGS_ITEM_ISSUES_CHANGE", notices.issues(c.account, after), m)
    return count


_COMMANDS: dict[str, Callable[[_Command], int]] = {
    "price": _price,
    "quantity": _quantity,
    "status": _status,
    "delete": _delete,
    "issue": _issue,
    "close_issue": _close_issue,
    "title": _title,
    "product_type": _product_type,
    "catalog": _catalog,
    "offers": _offers,
    "pricing_health": _pricing_health,
    "inventory": _inventory,
    "burst": _burst,
}
_FIELDS: dict[str, set[str]] = {kind: set() for kind in _COMMANDS} | {
    "price": {"price"},
    "quantity": {"quantity"},
    "status": {"buyable", "discoverable"},
    "delete": {"deleted"},
    "issue": {"code", "severity", "message", "attributes", "categories", "actions"},
    "close_issue": {"code"},
    "title": {"title"},
    "product_type": {"product_type"},
    "catalog": {"present"},
    "burst": {"skus", "changes"},
}
