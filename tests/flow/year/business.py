"""What is true at Amazon in the simulated year: the rows of every day of every report at every moment, and their documents.
Everything follows from a seed and the question, never from who asks how often; the flow's code is not used."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ZONES = {"DE": "Europe/Berlin", "UK": "Europe/London", "US": "America/Los_Angeles"}
IDS = {"A1PA6795UKMFR9": "DE", "A1F83G8C2ARO7P": "UK", "ATVPDKIKX0DER": "US"}

ORDERS = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
STOCK = "GET_AFN_INVENTORY_DATA"
SETTLEMENTS = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
VENDOR = "GET_VENDOR_SALES_REPORT"
QUERIES = "GET_BRAND_ANALYTICS_SEARCH_QUERY_PERFORMANCE_REPORT"

# Ages in days at which Amazon's numbers of a closed day change for the last times; the registry says 14 and 30.
CORRECTIONS = {TRAFFIC: (1.2, 3.1, 6.5, 12.9), VENDOR: (3.5, 7.0, 15.2, 28.0)}
NEW_ASINS = {"B0AAAAAA00": date(2025, 1, 21), "B0ZZZZZZ99": date(2025, 9, 2)}
DAY = timedelta(days=1)


def chance(*parts: object) -> float:
    """A number in [0, 1) that depends on the parts only."""
    return int.from_bytes(hashlib.blake2b("|".join(map(str, parts)).encode(), digest_size=6).digest(), "big") / 2**48


def asins(day: date) -> list[str]:
    """The seller's products of a day: 20 from the beginning, so two requests of search query performance, and later more."""
    return sorted([f"B0{n:08d}" for n in range(20)] + [a for a, since in NEW_ASINS.items() if day >= since])


class Business:
    """Rows and documents of one seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def closed(self, marketplace: str | None, last: date) -> datetime:
        """The instant after the last moment of a day, on the marketplace's clock (None: UTC)."""
        zone = ZoneInfo(ZONES[marketplace]) if marketplace else UTC
        return datetime.combine(last + DAY, datetime.min.time(), zone).astimezone(UTC)

    def quiet(self, report_type: str, marketplace: str | None, first: date) -> bool:
        """A day (or the period that begins on it) on which nothing happened."""
        return chance(self.seed, "quiet", report_type, marketplace, first) < 0.03

    def version(self, report_type: str, marketplace: str | None, last: date, made: datetime) -> int:
        """How often Amazon had corrected the numbers of a closed period when a report was made."""
        closed = self.closed(marketplace, last)
        return sum(made >= closed + timedelta(days=age) for age in CORRECTIONS.get(report_type, ()))

    def order_ids(self, day: date, made: datetime) -> list[str]:
        """Orders whose last change was on this day, as it was known at a moment: some change again and move away."""
        if self.quiet(ORDERS, None, day):
            return []
        found = []
        for n in range(1 + int(chance(self.seed, "orders", day) * 4)):
            stays = chance(self.seed, "moves", day, n)
            moved = self.closed(None, day) + timedelta(days=2 + 40 * stays)
            if stays > 0.4 or made < moved:
                found.append(f"{day:%Y%m%d}-{n}")
        return found

    def units(self, report_type: str, marketplace: str, view: str, first: date, last: date, made: datetime, asin: str) -> int:
        base = int(chance(self.seed, report_type, marketplace, view, first, asin) * 50)
        return base + 100 * self.version(report_type, marketplace, last, made)

    def stock(self, marketplace: str, made: datetime, sku: str) -> int:
        return int(chance(self.seed, "stock", marketplace, made.isoformat(), sku) * 1000)

    # --- documents: None means that there is no data --------------------------------------------------------------------
    def orders(self, first: date, last: date, made: datetime) -> bytes | None:
        rows, day = [], first
        while day <= last:
            at = f"{day}T10:00:00+00:00"
            rows += [f"{order}\t{at}\t{at}\tAmazon.de\tSKU-1" for order in self.order_ids(day, made)]
            day += DAY
        if not rows and chance(self.seed, "header only", first) < 0.5:
            return None
        head = "amazon-order-id\tpurchase-date\tlast-updated-date\tsales-channel\tsku"
        return "".join(line + "\r\n" for line in (head, *rows)).encode()

    def traffic(self, place: str, granularity: str, first: date, last: date, made: datetime) -> bytes | None:
        if self.quiet(TRAFFIC + granularity, place, first):
            return None
        money = {"amount": 10.0, "currencyCode": "EUR"}
        rows, total = [], 0
        for asin in ("B0PARENT01", "B0PARENT02"):
            units = self.units(TRAFFIC, place, granularity, first, last, made, asin)
            total += units
            rows.append(
                {
                    "parentAsin": asin,
                    "childAsin": asin,
                    "sku": f"SKU-{asin}",
                    "salesByAsin": {"unitsOrdered": units, "orderedProductSales": money, "totalOrderItems": 1},
                    "trafficByAsin": {"browserSessions": 1, "sessions": 1, "pageViews": 2},
                }
            )
        sales = {"unitsOrdered": total, "orderedProductSales": money, "totalOrderItems": 2}
        by_date = [{"date": str(first), "salesByDate": sales, "trafficByDate": {"browserSessions": 1, "sessions": 1}}]
        return _json({"salesAndTrafficByDate": by_date, "salesAndTrafficByAsin": rows})

    def vendor(self, place: str, options: dict[str, str], first: date, last: date, made: datetime) -> bytes | None:
        view, week = options["distributorView"], options["reportPeriod"] == "WEEK"
        totals, rows, day = [], [], first
        while day <= last:
            end = day + 6 * DAY if week else day
            if not self.quiet(VENDOR + options["reportPeriod"] + view, place, day):
                units = self.units(VENDOR, place, view + options["reportPeriod"], day, end, made, "B0VENDOR01")
                sold = {"orderedUnits": units, "orderedRevenue": {"amount": 5.0, "currencyCode": "USD"}}
                dates = {"startDate": str(day), "endDate": str(end)}
                totals.append({**dates, **sold})
                rows.append({**dates, "asin": "B0VENDOR01", **sold})
            day = end + DAY
        return _json({"salesAggregate": totals, "salesByAsin": rows}) if rows else None

    def queried(self, named: str, last: date) -> list[str]:
        """The products of a request that were on sale in the period."""
        return [asin for asin in named.split() if asin not in NEW_ASINS or last >= NEW_ASINS[asin]]

    def listing_rows(self, place: str, made: datetime) -> list[tuple[str, int]]:
        return [(asin, self.stock(place, made, asin)) for asin in asins(made.date())]

    def inventory_rows(self, place: str, made: datetime) -> list[tuple[str, int]]:
        return [(f"SKU-{n}", self.stock(place, made, f"afn{n}")) for n in range(3)]

    def queries(self, place: str, named: str, first: date, last: date) -> bytes | None:
        rows = []
        for asin in self.queried(named, last):
            query = {"searchQuery": f"words for {asin}", "searchQueryScore": 1, "searchQueryVolume": 10}
            rows.append({"startDate": str(first), "endDate": str(last), "asin": asin, "searchQueryData": query})
        return _json({"dataByAsin": rows}) if rows else None

    def listings(self, place: str, made: datetime) -> bytes:
        rows = [f"Item\tSKU-{asin}\t{asin}\t{stock}" for asin, stock in self.listing_rows(place, made)]
        return "".join(line + "\r\n" for line in ("item-name\tseller-sku\tasin1\tquantity", *rows)).encode()

    def inventory(self, place: str, made: datetime) -> bytes:
        rows = [f"{sku}\tF{sku}\tB0{sku}\tNewItem\tSELLABLE\t{stock}" for sku, stock in self.inventory_rows(place, made)]
        head = "seller-sku\tfulfillment-channel-sku\tasin\tcondition-type\tWarehouse-Condition-code\tQuantity Available"
        return "".join(line + "\r\n" for line in (head, *rows)).encode()

    def settlement(self, number: int, first: date, last: date) -> bytes:
        dates = "settlement-start-date\tsettlement-end-date\tdeposit-date"
        head = f"settlement-id\t{dates}\ttotal-amount\tcurrency\ttransaction-type\tamount"
        top = f"{number}\t{first}T00:00:00+00:00\t{last}T05:00:00+00:00\t{last + DAY}T05:00:00+00:00\t30.00\tEUR\t\t"
        rows = [f"{number}\t\t\t\t\t\tOrder\t{n}0.00" for n in (1, 2)]
        return "".join(line + "\r\n" for line in (head, top, *rows)).encode()


def _json(content: dict) -> bytes:
    return json.dumps({"reportSpecification": {}, **content}).encode()
