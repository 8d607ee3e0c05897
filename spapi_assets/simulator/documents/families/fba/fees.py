"""What Amazon's fulfilment costs: the fee preview of every SKU, monthly storage, aged stock, and storage beyond the limit.
The previews are the fees that the settlements charge; storage of a month is the settlement's storage fee by SKU."""

from __future__ import annotations

from datetime import date, timedelta

from ....business.ages import ages, between
from ....business.catalog import PRODUCTS, Product, fulfilment_fee, list_price
from ....business.centres import home
from ....business.demand import LAUNCH
from ....business.dimensions import size
from ....business.marketplaces import Marketplace
from ....business.retired import RETIRED, units
from ....business.seeds import derive
from ....business.settlements import COMMISSION, storage_cost, storage_rate
from ....business.titles import title
from ...flat import Cells, money, named_file, number
from ...model import BadRequest, Document, NoData, Request
from ...rules import first_of_pool, months, next_month, pools, whole_month

PREVIEW = (
    "sku", "fnsku", "asin", "product-name", "product-group", "brand", "fulfilled-by", "your-price", "sales-price", "longest-side",
    "median-side", "shortest-side", "length-and-girth", "unit-of-dimension", "item-package-weight", "unit-of-weight",
    "product-size-tier", "currency", "estimated-fee-total", "estimated-referral-fee-per-unit", "estimated-variable-closing-fee",
    "estimated-order-handling-fee-per-order", "estimated-pick-pack-fee-per-unit", "estimated-weight-handling-fee-per-unit",
    "expected-fulfillment-fee-per-unit", "estimated-future-fee (Current Selling on Amazon + Future Fulfillment fees)",
    "estimated-future-order-handling-fee-per-order", "estimated-future-pick-pack-fee-per-unit",
    "estimated-future-weight-handling-fee-per-unit", "expected-future-fulfillment-fee-per-unit",
    "estimated-future-referral-fee-per-unit", "current-fee-category", "future-fee-category", "future-fee-category-effective-date",
)  # fmt: skip
# European stores print other fees (the columns of 2025, as a public client types them).
PREVIEW_EUROPE = (
    "sku", "fnsku", "asin", "amazon-store", "product-name", "product-group", "brand", "fulfilled-by", "has-local-inventory",
    "your-price", "sales-price", "longest-side", "median-side", "shortest-side", "length-and-girth", "unit-of-dimension",
    "item-package-weight", "unit-of-weight", "product-size-weight-band", "currency", "estimated-fee-total",
    "estimated-referral-fee-per-unit", "estimated-variable-closing-fee", "expected-domestic-fulfilment-fee-per-unit",
    *(f"expected-efn-fulfilment-fee-per-unit-{store}" for store in ("uk", "de", "fr", "it", "es", "se")),
)  # fmt: skip
STORAGE = (
    "asin", "fnsku", "product_name", "fulfillment_center", "country_code", "longest_side", "median_side", "shortest_side",
    "measurement_units", "weight", "weight_units", "item_volume", "volume_units", "product_size_tier", "average_quantity_on_hand",
    "average_quantity_pending_removal", "estimated_total_item_volume", "month_of_charge", "storage_rate",
    "estimated_monthly_storage_fee", "currency", "average_quantity_customer_orders", "base_rate",
    "breakdown_incentive_fee_amount",
    "dangerous_goods_storage_type", "eligible_for_inventory_discount", "qualifies_for_inventory_discount",
    "storage_utilization_ratio", "storage_utilization_ratio_units", "total_incentive_fee_amount", "utilization_surcharge_rate",
)  # fmt: skip
AGED = (
    "snapshot-date", "sku", "fnsku", "asin", "product-name", "condition", "per-unit-volume", "currency", "volume-unit", "country",
    "qty-charged", "amount-charged", "surcharge-age-tier", "rate-surcharge",
)  # fmt: skip
OVERAGE = (
    "charged_date", "country_code", "storage_type", "charge_rate", "storage_usage_volume", "storage_limit_volume",
    "overage_volume", "volume_unit", "charged_fee_amount", "currency_code",
)  # fmt: skip
_TIERS = ((181, 210), (211, 240), (241, 270), (271, 300), (301, 330), (331, 365), (366, None))
_EARLIEST = timedelta(hours=72)


def preview(request: Request) -> Document:
    """Fees per unit as of now. The dates must begin at least 72 hours ago."""
    if request.now - request.start < _EARLIEST:
        raise BadRequest("The dataStartTime of GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA must be at least 72 hours before now.")
    m = request.marketplaces[0]
    european = m.region == "eu" and m.code != "IN"
    rows = [_preview(p, m, request.now.year, european) for p in PRODUCTS if p.fba]
    return named_file(PREVIEW_EUROPE if european else PREVIEW, rows, m)


def _preview(p: Product, m: Marketplace, year: int, european: bool) -> Cells:
    price, s = list_price(p, m, year), size(p, m)
    referral, fulfilment = round(price * COMMISSION), fulfilment_fee(p, m)
    total = money(referral + fulfilment, m.digits)
    cells: dict[str, str | int] = {
        "sku": p.sku, "fnsku": p.fnsku, "asin": p.asin, "product-name": title(p, m.language), "product-group": "Outdoors",
        "brand": "Kestrel & Co", "fulfilled-by": "Amazon", "your-price": money(price, m.digits),
        "sales-price": money(price, m.digits), "longest-side": number(s.sides[0], 2), "median-side": number(s.sides[1], 2),
        "shortest-side": number(s.sides[2], 2), "length-and-girth": number(s.girth, 2), "unit-of-dimension": s.side_unit,
        "item-package-weight": number(s.weight, 3), "unit-of-weight": s.weight_unit, "currency": m.currency,
        "estimated-fee-total": total, "estimated-referral-fee-per-unit": money(referral, m.digits),
        "estimated-variable-closing-fee": money(0, m.digits),
    }  # fmt: skip
    if european:
        cells |= {"amazon-store": m.country, "has-local-inventory": "Yes", "product-size-weight-band": s.tier}
        cells["expected-domestic-fulfilment-fee-per-unit"] = money(fulfilment, m.digits)
        for other in ("uk", "de", "fr", "it", "es", "se"):
            fee = fulfilment if other.upper() == m.code else round(fulfilment * 1.6)
            cells[f"expected-efn-fulfilment-fee-per-unit-{other}"] = money(fee, m.digits)
        return cells
    cells |= {
        "product-size-tier": s.tier, "estimated-order-handling-fee-per-order": "",
        "estimated-pick-pack-fee-per-unit": money(fulfilment, m.digits),
        "expected-fulfillment-fee-per-unit": money(fulfilment, m.digits),
        "estimated-future-fee (Current Selling on Amazon + Future Fulfillment fees)": total,
        "expected-future-fulfillment-fee-per-unit": money(fulfilment, m.digits),
        "estimated-future-referral-fee-per-unit": money(referral, m.digits), "current-fee-category": s.tier,
        "future-fee-category": s.tier, "future-fee-category-effective-date": f"{year + 1}-01-15",
    }  # fmt: skip
    return cells


def _known(month: date, request: Request) -> bool:
    """A month's fees are known on the 9th of the next, when the settlements charge them."""
    return month >= LAUNCH and next_month(month) + timedelta(days=8) <= request.now.date()


def storage(request: Request) -> Document:
    """Storage of the months in the window, in the marketplace that pays for the pool."""
    rows: list[Cells] = []
    for pool in pools(request):
        m = first_of_pool(request.account, pool)
        for month in months(request):
            if not _known(month, request):
                continue
            euro = storage_rate(month) * m.per_euro
            for p, count, fee in storage_cost(request.business, request.account, m, month):
                if not p.fba or not count:
                    continue
                s, place = size(p, m), home(pool, p)
                per_volume = euro * p.volume / 1_000 / s.volume  # for one of the marketplace's volume units
                rows.append(
                    {
                        "asin": p.asin,
                        "fnsku": p.fnsku,
                        "product_name": title(p, m.language),
                        "fulfillment_center": place.code,
                        "country_code": place.country,
                        "longest_side": number(s.sides[0], 2),
                        "median_side": number(s.sides[1], 2),
                        "shortest_side": number(s.sides[2], 2),
                        "measurement_units": s.side_unit,
                        "weight": number(s.weight, 4),
                        "weight_units": s.weight_unit,
                        "item_volume": number(s.volume, 6),
                        "volume_units": s.volume_unit,
                        "product_size_tier": s.tier,
                        "average_quantity_on_hand": number(count, 2),
                        "average_quantity_pending_removal": number(0, 2),
                        "estimated_total_item_volume": number(s.volume * count, 6),
                        "month_of_charge": month.strftime("%Y-%m"),
                        "storage_rate": number(per_volume, 4),
                        "estimated_monthly_storage_fee": number(fee / 10**m.digits, 4),
                        "currency": m.currency,
                        "average_quantity_customer_orders": number(0, 2),
                        "base_rate": number(per_volume, 4),
                        "breakdown_incentive_fee_amount": "0.0",
                        "dangerous_goods_storage_type": "--",
                        "eligible_for_inventory_discount": "N",
                        "qualifies_for_inventory_discount": "N",
                        "storage_utilization_ratio": "",
                        "storage_utilization_ratio_units": "weeks",
                        "total_incentive_fee_amount": "0.0",
                        "utilization_surcharge_rate": "0.0",
                    }
                )
    if not rows:
        raise NoData("No month of the window has been charged.")
    return named_file(STORAGE, rows, request.marketplaces[0])


def aged(request: Request) -> Document:
    """The surcharge on stock older than 180 days, taken on the 15th; the dates must be exactly one month."""
    rows: list[Cells] = []
    for pool in pools(request):
        m = first_of_pool(request.account, pool)
        month = whole_month(request)
        if not _known(month, request):
            continue
        day = month.replace(day=15)
        classes = ages(request.business, request.account, pool, day)
        found = [(p, classes[p.index]) for p in PRODUCTS if p.fba]
        found += [(p, (*[0] * 11, units(request.business, request.account, pool, p))) for p in RETIRED]
        for p, mine in found:
            s = size(p, m)
            rate = 170 * m.per_euro * p.volume / 1_000 / s.volume
            for first, last in _TIERS:
                if count := between(mine, first, last):
                    rows.append(
                        {
                            "snapshot-date": f"{day.isoformat()}T00:00:00+00:00",
                            "sku": p.sku,
                            "fnsku": p.fnsku,
                            "asin": p.asin,
                            "product-name": title(p, m.language),
                            "condition": "New",
                            "per-unit-volume": number(s.volume, 6),
                            "currency": m.currency,
                            "volume-unit": s.volume_unit,
                            "country": home(pool, p).country,
                            "qty-charged": count,
                            "amount-charged": number(count * s.volume * rate, 2),
                            "surcharge-age-tier": f"{first}-{last} days" if last else "365+ days",
                            "rate-surcharge": number(rate, 2),
                        }
                    )
    if not rows:
        raise NoData("No stock was old enough for a surcharge in the month.")
    return named_file(AGED, rows, request.marketplaces[0])


def overage(request: Request) -> Document:
    """Storage beyond the limit, charged on the 10th for the month before; most months stay below it."""
    rows: list[Cells] = []
    for pool in pools(request):
        m = first_of_pool(request.account, pool)
        for month in months(request):
            before = (month - timedelta(days=1)).replace(day=1)
            if before < LAUNCH or month.replace(day=10) > request.now.date():
                continue
            cost = storage_cost(request.business, request.account, m, before)
            used = sum(size(p, m).volume * count for p, count, _ in cost)
            draw = derive(request.business.seed, "storage limit", request.account.index, pool, before.toordinal()) % 100
            limit = used * (0.93 if draw < 25 else 1.2 + draw / 100)
            if used > limit:
                rate = 230 * m.per_euro * sum(p.volume * c for p, c, _ in cost) / 1_000 / used
                rows.append(
                    {
                        "charged_date": month.replace(day=10).isoformat(),
                        "country_code": m.country,
                        "storage_type": "Standard",
                        "charge_rate": number(rate, 4),
                        "storage_usage_volume": number(used, 4),
                        "storage_limit_volume": number(limit, 4),
                        "overage_volume": number(used - limit, 4),
                        "volume_unit": size(PRODUCTS[0], m).volume_unit,
                        "charged_fee_amount": number((used - limit) * rate, 2),
                        "currency_code": m.currency,
                    }
                )
    if not rows:
        raise NoData("Storage stayed below its limit.")
    return named_file(OVERAGE, rows, request.marketplaces[0])
