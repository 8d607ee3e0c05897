"""A finished Data Kiosk query goes from Amazon's message to the record of the account it belongs to.
What its outcome means, its document and its further pages are `ingest/data_kiosk/`."""

from __future__ import annotations

from collections.abc import Sequence

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.facts import QueryFinished
from spapi_assets.ingest.notifications.taken import Taken
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import SpApiError


def record(ctx: IngestContext, accounts: Sequence[Account], told: QueryFinished, taken: Taken) -> str:
    """Returns what became of it, in words for the tick. Raises AwsError and LedgerError only: then the message must come back."""
    from spapi_assets.ingest.data_kiosk.outcomes import finished

    for account in accounts:
        try:
            found = finished(ctx, account.name, told)
        except SpApiError as error:
            taken.complain(f"Data Kiosk query {told.query_id} of {account.name} is left to polling: {error}")
            return "left to polling"
        if found is not None:
            return f"query {told.status}"
    return "of queries nobody here asked for"
