"""An operation's bucket of an account as it stands now, for whoever plans with it.
What a bucket can say is arithmetic, in `forecast.py`; taking tokens out of one is `spapi/throttle.py`'s."""

from __future__ import annotations

from spapi_assets.aws.clients import AwsError
from spapi_assets.ingest.context import IngestContext, bucket_state
from spapi_assets.ingest.forecast import Bucket
from spapi_assets.spapi.errors import ConfigurationError
from spapi_assets.spapi.operations import BY_NAME


def bucket_of(ctx: IngestContext, account: str, operation: str) -> Bucket:
    """The bucket of an account's operation, both by name; full, at Amazon's published rate, where it or the credentials cannot be
    read. Costs one read, no call to Amazon."""
    found = BY_NAME[operation]
    try:
        return Bucket(found.plan, bucket_state(ctx, account, found))
    except (ConfigurationError, AwsError):
        return Bucket(found.plan)
