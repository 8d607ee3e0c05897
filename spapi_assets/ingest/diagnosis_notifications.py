"""Looks for the doctor at what Amazon's messages have told: types nobody knows, messages no table takes, client secrets that end.
Reads only; whether messages arrive at all is judged in `diagnosis.py`, the subscriptions in `diagnosis_accounts.py`."""

from __future__ import annotations

from collections.abc import Iterator

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.heard import Heard, counted
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.diagnosis import Line, failed, passed, warned
from spapi_assets.ingest.notifications.keeping import ARCHIVE
from spapi_assets.ingest.secret_expiry import secret_expiry_findings

_FIXES = {
    "unknown": f"Amazon has new types: look at them in {ARCHIVE}/unknown, and update this platform when it knows them.",
    "strangers": "Add the accounts to the accounts file or delete their subscriptions; `spapi subscribe` remembers their owners.",
}


def look_at_notifications(ctx: IngestContext) -> Iterator[Line]:
    """A line for what was heard, and one for each application whose secret's end Amazon has told."""
    yield _heard(counted(ctx.ledger.table))
    try:
        findings = secret_expiry_findings(ctx, ctx.now())
    except AwsError as error:
        yield warned("aws", "client secrets", str(error), "Run `spapi doctor` again later.")
        return
    for finding in findings:
        if finding.passed:
            yield passed("aws", "client secrets", finding.sentence)
        else:
            yield failed("aws", "client secrets", finding.sentence, f"Run `spapi rotate {finding.accounts[0]}`.")


def _heard(found: list[Heard]) -> Line:
    if not found:
        return passed("aws", "message types", "No message has been taken yet.")
    told = ", ".join(f"{h.messages:,} {h.type}" for h in sorted(found, key=lambda h: -h.messages))
    apart = [h for h in found if h.kept in _FIXES]
    if not apart:
        return passed("aws", "message types", f"Taken so far: {told}.")
    said = "; ".join(f"{h.messages:,} {h.type} ({h.kept}, last on {h.last:%Y-%m-%d})" for h in apart)
    fix = " ".join(_FIXES[kept] for kept in sorted({str(h.kept) for h in apart}))
    return warned("aws", "message types", f"Messages that no table takes: {said}. Taken so far: {told}.", fix)
