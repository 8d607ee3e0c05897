"""What happens at Amazon while the demo runs: every notification subscribed to, and a few changes that the platform is told of.
The messages come by SQS and, as Amazon sends some, through an event bus; taking them is the sensors' work."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from spapi_assets.aws.delivery import EVENT_SOURCE
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.keeping import batches
from spapi_assets.ingest.notifications.subscribing import Wanted, subscribe
from spapi_assets.lake.layout import Partition, partition_object

SELLER, VENDOR, STORE = "kestrel_eu", "kestrel_vendor_us", "DE"
_RULE = "spapi-notifications"


def subscribe_to_everything(context: IngestContext) -> Iterator[str]:
    """`spapi subscribe` for each account, and the bus and rule that its printed commands make. One sentence an account."""
    _, _, _, region, aws_account, _ = context.queue.arn.split(":", 5)
    where = (aws_account, region)
    for account in context.settings.accounts:
        said = list(subscribe(context, account, Wanted(event_bridge=where)))
        made = [sentence for sentence in said if "subscribed to" in sentence]
        yield from (sentence for sentence in said if sentence not in made)
        yield f"{account.name}: subscribed to {len(made)} types of notifications"
    events = context.clients.client("events")
    sources = {
        destination.event_source
        for account in context.settings.accounts
        if (destination := context.apis(account.name).notifications.find_destination("", event_bridge=where))
        and destination.event_source
    }
    for source in sources:
        events.create_event_bus(Name=source, EventSourceName=source)
        events.put_rule(Name=_RULE, EventBusName=source, EventPattern=json.dumps({"source": [{"prefix": EVENT_SOURCE}]}))
        events.put_targets(Rule=_RULE, EventBusName=source, Targets=[{"Id": "queue", "Arn": context.queue.arn}])


class Changes:
    """A few changes of listings, offers, orders and vendor figures, made once, and whether the platform has read all of them."""

    def __init__(self, context: IngestContext, simulator_url: str) -> None:
        self._context = context
        self._url = simulator_url
        self.made_at: datetime | None = None

    def possible(self) -> bool:
        """Whether there is something to change: the store's listings are read and known, and so are the newest orders."""
        today = self._context.now().date()
        read = self._context.ledger.partitions("listings", f"{SELLER}.{STORE}", today - timedelta(days=1), today)
        return bool(read) and next(self._of_listings(), None) is not None and bool(self._newest_orders(1))

    def make(self) -> str:
        """Let them happen; the sentence says what the sensors will be told."""
        changes, notices = list(self._of_listings()), list(self._of_orders_and_hours())
        told = self._post("changes", changes) + self._post("notifications", notices)
        self.made_at = datetime.now(UTC)
        kinds = ", ".join(dict.fromkeys(str(c["change"]).replace("_", " ") for c in changes))
        return f"At Amazon {len(changes) + len(notices)} things change ({kinds}, orders, a vendor's hour): {told} notifications"

    def left(self) -> tuple[int, int]:
        """Identifiers that are still to be read again because of them, and spooled messages that are not rows yet."""
        if self.made_at is None:
            return 0, 0
        late = self.made_at + timedelta(seconds=30)  # the business goes on by itself: what it tells later is nobody's end
        waiting = self._context.refreshes.waiting().values()
        spooled = sum(batch.messages for batch in batches(self._context.lake) if batch.taken_at <= late)
        return sum(count for count, oldest in waiting if oldest <= late), spooled

    def _post(self, what: str, body: list[dict[str, Any]]) -> int:
        answer = requests.post(f"{self._url}/simulator/{what}", json=body, timeout=60)
        answer.raise_for_status()
        return int(answer.json()["notifications"])

    def _of_listings(self) -> Iterator[dict[str, Any]]:
        listed = [one for one in self._context.identifiers.all("sku", SELLER, STORE) if one.listed]
        own = [one.value for one in listed if one.facts.get("afn") is False]
        priced = [one for one in listed if one.facts.get("price")]
        here = {"account": SELLER, "marketplace": STORE}
        for one in priced[:3]:
            price = round(float(one.facts["price"]) * 0.9, 2)
            yield {**here, "change": "price", "sku": one.value, "price": price}
        for one in listed[3:5]:
            message = "The main image shows a watermark."
            yield {**here, "change": "issue", "sku": one.value, "code": "100227", "severity": "WARNING", "message": message}
        for one in listed[5:6]:
            yield {**here, "change": "status", "sku": one.value, "buyable": False, "discoverable": True}
            yield {**here, "change": "pricing_health", "sku": one.value}
        for one in listed[6:7]:
            yield {**here, "change": "title", "sku": one.value, "title": "A title that was edited while the demo ran"}
        for sku in own[:2]:
            yield {"account": SELLER, "change": "quantity", "sku": sku, "quantity": 7}

    def _of_orders_and_hours(self) -> Iterator[dict[str, Any]]:
        for order_id in self._newest_orders(5):
            yield {"account": SELLER, "type": "ORDER_CHANGE", "order_id": order_id}
        hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
        for kind in ("ITEM_SALES_EVENT_CHANGE", "ITEM_INVENTORY_EVENT_CHANGE", "DETAIL_PAGE_TRAFFIC_EVENT"):
            yield {"account": VENDOR, "type": kind, "hour": hour.isoformat()}

    def _newest_orders(self, count: int) -> list[str]:
        """Order ids of the newest day that the Orders API has filled."""
        import pyarrow.parquet as pq

        today = self._context.now().date()
        facts = self._context.ledger.partitions("api_orders", SELLER, today - timedelta(days=60), today)
        newest = max((f for f in facts if f.rows and f.day), key=lambda f: f.day or today.min, default=None)
        if newest is None or newest.day is None:
            return []
        path = partition_object("api_orders", Partition(SELLER, None, newest.day), newest.part)
        table = pq.read_table(io.BytesIO(self._context.lake.read_bytes(path)), columns=["order_id"])
        return [str(value) for value in table.column("order_id").to_pylist()[-count:]]
