"""How many of Amazon's messages a second are taken and made rows: offers, changes of listings and finished reports, mixed.
`python -m benchmarks.notifications`; queue and tables are in memory, so it is the platform's own work that is measured."""

from __future__ import annotations

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

SELLER, DE = "A3KESTREL0EU0", "A1PA6795UKMFR9"
OFFERS = 20  # Amazon names the 20 lowest


class MemoryQueue:
    """The queue's interface without SQS: what is left is the platform's own work."""

    name, dead_letter_name = "memory", "memory-dlq"

    def __init__(self, bodies: Sequence[str]) -> None:
        from spapi_assets.aws.queue import Message

        now = datetime.now(UTC)
        self._waiting = [Message(f"m{n}", f"m{n}", body, 1, now) for n, body in enumerate(bodies)]
        self._lock = threading.Lock()

    def receive(self, maximum: int = 10, wait: float = 0.0) -> list[Any]:
        with self._lock:
            some, self._waiting = self._waiting[-maximum:], self._waiting[:-maximum]
            return some

    def delete_batch(self, messages: Sequence[Any]) -> list[Any]:
        return []

    def release_batch(self, messages: Sequence[Any], seconds: int = 0) -> list[Any]:
        with self._lock:
            self._waiting += messages
        return []


def messages(number: int, reports: float, changes: float) -> Iterator[str]:
    """Bodies as long as Amazon's: most are changed offers, which have 8 KB."""
    price = {"Amount": 19.99, "CurrencyCode": "EUR"}
    offer = {"SellerId": "A1", "SubCondition": "New", "ListingPrice": price, "Shipping": price, "IsFulfilledByAmazon": True}
    trigger = {"MarketplaceId": DE, "ASIN": "B000000001", "ItemCondition": "New", "TimeOfOfferChange": "2026-03-20T11:00:00Z"}
    for n in range(number):
        share = (n * 7919 % 1000) / 1000
        if share < reports:
            facts = {"sellerId": SELLER, "reportId": str(n), "reportType": "GET_X", "processingStatus": "DONE"}
            kind, payload = "REPORT_PROCESSING_FINISHED", {"reportProcessingFinishedNotification": facts}
        elif share < reports + changes:
            payload = {"SellerId": SELLER, "MarketplaceId": DE, "Sku": f"SKU-{n % 5000}", "Status": ["BUYABLE"]}
            kind = "LISTINGS_ITEM_STATUS_CHANGE"
        else:
            told = {"SellerId": SELLER, "OfferChangeTrigger": trigger, "Summary": {}, "Offers": [offer] * OFFERS}
            kind, payload = "ANY_OFFER_CHANGED", {"AnyOfferChangedNotification": told}
        yield json.dumps(
            {
                "NotificationVersion": "1.0",
                "NotificationType": kind,
                "PayloadVersion": "1.0",
                "EventTime": "2026-03-20T11:00:00Z",
                "Payload": payload,
                "NotificationMetadata": {"NotificationId": f"n{n}", "SubscriptionId": "s", "PublishTime": "2026-03-20T11:00:01Z"},
            }
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--reports", type=float, default=0.005, help="share of finished reports")
    parser.add_argument("--changes", type=float, default=0.25, help="share of changed listings")
    args = parser.parse_args()

    from spapi_assets.aws.ledger import Ledger
    from spapi_assets.aws.setup import _table
    from spapi_assets.datasets.loader import load_registry
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.ingest.notifications.tables import load_batches
    from spapi_assets.ingest.notifications.take import take_notifications
    from spapi_assets.lake.store import Lake
    from spapi_assets.settings import Account, Settings
    from tests.flow.year.dynamo import MemoryDynamo

    account = Account(name="kestrel_eu", kind="seller", region="eu", selling_partner_id=SELLER, marketplaces=("DE",), secret="x")  # type: ignore[arg-type]
    bodies = list(messages(args.messages, args.reports, args.changes))
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(accounts=(account,), lake_uri=folder, first_date="2026-01-01")
        clients: Any = SimpleNamespace(dynamodb=MemoryDynamo())
        _table(clients, settings.ledger_table, sort_key=True)
        _table(clients, settings.identifiers_table, sort_key=True, index=False)
        ctx = IngestContext(
            settings=settings,
            registry=load_registry(),
            ledger=Ledger(clients, settings.ledger_table),
            lake=Lake(settings.lake_uri),
            throttle=None,
            make_apis=lambda _: None,  # type: ignore[arg-type, return-value]
            clients=clients,
            queue=MemoryQueue(bodies),  # type: ignore[arg-type]
        )
        ticks, handled = 0, 0
        began = time.monotonic()
        while handled < args.messages:
            taken = take_notifications(ctx, time.monotonic() + 40, threads=args.threads)
            ticks, handled = ticks + 1, handled + sum(taken.counts.values()) - taken.counts["given back (out of time)"]
            print(f"tick {ticks}: {taken.sentence}")
        seconds = time.monotonic() - began
        print(f"{handled:,} messages in {seconds:.1f} s and {ticks} ticks: {handled / seconds:,.0f} a second.")
        began = time.monotonic()
        landed = load_batches(ctx, time.monotonic() + 3600, settle=timedelta(0))
        seconds = time.monotonic() - began
        if landed.messages:
            print(f"{landed.messages:,} messages became {len(landed.documents)} documents in {seconds:.1f} s.")


if __name__ == "__main__":
    main()
