"""The Application Management API 2023-11-30: have Amazon make an application's next client secret.
The secret itself comes by the application's own queue, never in the answer (`ingest/notifications/client_secrets.py`)."""

from __future__ import annotations

from spapi_assets.spapi import operations as ops
from spapi_assets.spapi.session import SpApiSession


def rotate_client_secret(session: SpApiSession) -> None:
    """Ask for a new client secret; the old one works seven days more. Every call makes another one, and one a minute is allowed.

    Raises ConfigurationError when the application has no queue registered in the developer console (Amazon answers 400),
    MissingRole when it may not rotate by itself, OutcomeUnknown when the call was lost: then wait for the message first.
    Source: Amazon's model application_2023-11-30 (rotateApplicationClientSecret; grantless, 204 without a body).
    """
    session.call(ops.ROTATE_CLIENT_SECRET)
