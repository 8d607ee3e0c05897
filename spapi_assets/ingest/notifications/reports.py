"""A finished report goes from Amazon's message into the ledger of the account it belongs to.
What its outcome means is `ingest/outcomes.py`; loading its document is the runs' work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.facts import ReportFinished
from spapi_assets.ingest.notifications.taken import Taken
from spapi_assets.ingest.outcomes import judge, record_outcome
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import SpApiError, Throttled


def record(ctx: IngestContext, accounts: Sequence[Account], told: ReportFinished, taken: Taken) -> str:
    """Returns what became of it, in words for the tick. Raises AwsError and LedgerError only: then the message must come back.

    `accounts`: those that may own it; one seller id can hold authorizations in several regions.
    """
    word = "of reports nobody here asked for"
    for account in sorted(accounts, key=lambda a: ctx.ledger.by_report_id(a.name, told.report_id) is None):
        try:
            found = record_outcome(ctx, account.name, told, "notification")
        except SpApiError as error:
            # Only a report the ledger does not know costs a call: getReport, to see whether it can be adopted. That it cannot
            # be had now loses nothing, so the message need not come back until SQS calls it poison: the sweep lists DONE
            # reports of exactly the types that are adopted, every half hour, and reaches two days behind its last complete list.
            if not isinstance(error, Throttled):
                taken.complain(f"Report {told.report_id} of {account.name} is left to the sweep's list: {error}")
            word = "left to the sweep's list"
            continue
        if found is None:
            continue
        if found.unjudged:
            with suppress(SpApiError):  # the outcome is in the ledger; the sweep judges every report that lacks a verdict
                judge(ctx, found)
        return str(found.status)
    return word
