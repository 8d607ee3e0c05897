"""The platform as Dagster resources: one that reaches ledger, lake, queue and APIs, and the Login-with-Amazon tokens.
Only names are configuration (Dagster shows it); secrets are read from Secrets Manager when a call needs them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import dagster as dg

from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.context import IngestContext

# Dagster copies resources freely, so what must exist once per process (tokens, clients, pools) hangs here by deployment.
_SETTINGS: dict[str, Settings] = {}
_CONTEXTS: dict[str, IngestContext] = {}


def _context(deployment: str) -> IngestContext:
    if deployment not in _CONTEXTS:
        from spapi_assets.ingest.context import build_context

        _CONTEXTS[deployment] = build_context(_SETTINGS[deployment])
    return _CONTEXTS[deployment]


def _register(settings: Settings) -> str:
    deployment = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:12]
    _SETTINGS[deployment] = settings
    return deployment


class PlatformResource(dg.ConfigurableResource):
    """Ledger, lake, Glue catalog, notification queue and the accounts' APIs of this deployment."""

    deployment: str
    accounts: list[str]
    lake_uri: str
    queue_name: str
    ledger_table: str
    quota_table: str
    identifiers_table: str
    glue_database: str

    @classmethod
    def of(cls, settings: Settings) -> PlatformResource:
        return cls(
            deployment=_register(settings),
            accounts=[f"{a.name} ({a.kind}, {a.region}: {', '.join(a.marketplaces)})" for a in settings.accounts],
            lake_uri=settings.lake_uri,
            queue_name=settings.queue_name,
            ledger_table=settings.ledger_table,
            quota_table=settings.quota_table,
            identifiers_table=settings.identifiers_table,
            glue_database=settings.glue_database,
        )

    def context(self) -> IngestContext:
        """The process's one context, built at first use."""
        return _context(self.deployment)


class LoginWithAmazonResource(dg.ConfigurableResource):
    """Access tokens of every account: cached in Secrets Manager, shared by all processes, exchanged once an hour."""

    deployment: str
    endpoint: str

    @classmethod
    def of(cls, settings: Settings) -> LoginWithAmazonResource:
        return cls(deployment=_register(settings), endpoint=settings.lwa_endpoint_url or "https://api.amazon.com/auth/o2/token")

    def access_token(self, account: str) -> str:
        """A valid access token of the account, for calls this platform does not make itself. Never log it."""
        return _context(self.deployment).apis(account).lwa.access_token()
