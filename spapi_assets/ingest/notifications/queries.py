"""A finished Data Kiosk query goes from Amazon's message to the record of the account it belongs to.
What its outcome means, its document and its further pages are `ingest/data_kiosk/`."""

from __future__ import annotations

from collections.abc import Sequence

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.data_kiosk.outcomes import finished
from spapi_assets.ingest.notifications.facts import QueryFinished
from spapi_assets.settings import Account


def record(ctx: IngestContext, accounts: Sequence[Account], told: QueryFinished) -> str:
    """Returns what became of it, in words for the tick. Raises AwsError and LedgerError only: then the message must come back."""
    for account in accounts:
        if finished(ctx, account.name, told) is not None:
            return f"query {told.status}"
    return "of queries nobody here asked for"
