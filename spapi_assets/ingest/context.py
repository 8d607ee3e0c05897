"""What the flow works with, in one object: settings, registry, ledger, lake, catalog, throttle and each account's APIs.
`build_context` wires the real AWS and SP-API classes; tests hand in their own. Nothing connects before it is used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from spapi_assets.aws.ledger import Ledger
from spapi_assets.datasets.loader import Registry, load_registry
from spapi_assets.settings import Account, Settings, check_reports

if TYPE_CHECKING:
    from spapi_assets.aws.allowance import DailyAllowance
    from spapi_assets.aws.catalog import Catalog
    from spapi_assets.aws.clients import AwsClients
    from spapi_assets.aws.identifiers import Identifiers
    from spapi_assets.aws.queue import NotificationQueue
    from spapi_assets.aws.refreshes import Refreshes
    from spapi_assets.lake.store import Lake
    from spapi_assets.spapi.auth import LwaClient, TokenCache
    from spapi_assets.spapi.data_kiosk import DataKioskApi
    from spapi_assets.spapi.notifications import NotificationsApi
    from spapi_assets.spapi.operations import Operation
    from spapi_assets.spapi.reports import ReportsApi
    from spapi_assets.spapi.sellers import SellersApi
    from spapi_assets.spapi.session import SpApiSession
    from spapi_assets.spapi.throttle import BucketState
    from spapi_assets.spapi.tokens import TokensApi


@dataclass(frozen=True)
class AccountApis:
    """One account's authorization as calls."""

    account: Account
    reports: ReportsApi
    tokens: TokensApi
    sellers: SellersApi
    notifications: NotificationsApi
    lwa: LwaClient
    session: SpApiSession  # for APIs that are read as their registry entry says (`ingest/reading/`)

    @property
    def data_kiosk(self) -> DataKioskApi:
        from spapi_assets.spapi.data_kiosk import DataKioskApi

        return DataKioskApi(self.session)


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class FlowTimes:
    """How patient the flow is. Seconds, unless named otherwise."""

    skew: float = 300.0  # our clock against Amazon's, when an intent is compared with a report's createdTime
    look_after: float = 45.0  # a younger intent may still be in a live call
    settle: float = 300.0  # an intent whose report is not listed by then made none (longer than any call lives)
    poll_first: float = 5.0
    poll_longest: float = 300.0
    list_every: float = 1800.0  # getReports for reports that others make: 80 calls an hour for everything
    load_lease: float = 120.0  # a killed loader blocks its report and account this long
    load_retry: float = 900.0
    upkeep_every: float = 86400.0  # days older than the schedules look are compared with the ledger


@dataclass
class IngestContext:
    """Everything the flow reaches. `now` and `sleep` are injectable; deadlines are `monotonic` instants."""

    settings: Settings
    registry: Registry
    ledger: Ledger
    lake: Lake
    throttle: Any
    make_apis: Callable[[Account], AccountApis]
    clients: AwsClients
    queue: NotificationQueue
    catalog: Catalog | None = None  # None: no Glue database is kept (tests)
    now: Callable[[], datetime] = _utc_now
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    times: FlowTimes = field(default_factory=FlowTimes)
    allowance: DailyAllowance = field(init=False, repr=False)
    identifiers: Identifiers = field(init=False, repr=False)
    refreshes: Refreshes = field(init=False, repr=False)
    _apis: dict[str, AccountApis] = field(default_factory=dict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def __post_init__(self) -> None:
        from spapi_assets.aws.allowance import DailyAllowance
        from spapi_assets.aws.identifiers import Identifiers
        from spapi_assets.aws.refreshes import Refreshes

        self.allowance = DailyAllowance(self.clients, self.settings.quota_table, clock=lambda: self.now().timestamp())
        self.identifiers = Identifiers(self.clients, self.settings.identifiers_table, lambda: self.now())
        self.refreshes = Refreshes(self.clients, self.settings.identifiers_table, lambda: self.now())

    def apis(self, account: str) -> AccountApis:
        """The account's APIs; tokens and connections are made once per process."""
        with self._lock:
            if account not in self._apis:
                self._apis[account] = self.make_apis(self.settings.account(account))
            return self._apis[account]


def bucket_state(ctx: IngestContext, account_name: str, operation: Operation) -> BucketState | None:
    """The shared bucket of an operation as it is now; None when nobody has used it yet. Costs one read, no call to Amazon."""
    from spapi_assets.spapi.throttle import BucketKey

    account = ctx.settings.account(account_name)
    application = ctx.apis(account_name).lwa.credentials().client_id
    key = BucketKey(application, account.selling_partner_id, account.region, operation.name)
    state: BucketState | None = ctx.throttle.state(key)
    return state


def build_context(settings: Settings) -> IngestContext:
    """The context of a deployment: AWS by boto3's usual environment, SP-API by region or the endpoint override."""
    from spapi_assets.aws.catalog import Catalog
    from spapi_assets.aws.clients import AwsClients
    from spapi_assets.aws.queue import NotificationQueue
    from spapi_assets.aws.quota import DynamoThrottle
    from spapi_assets.lake.store import Lake

    clients = AwsClients()
    throttle = DynamoThrottle(clients, settings.quota_table)
    lake = Lake(settings.lake_uri)
    registry = load_registry(*settings.datasets_dirs)
    check_reports(settings.accounts, registry.sources.values())
    return IngestContext(
        settings=settings,
        registry=registry,
        ledger=Ledger(clients, settings.ledger_table),
        lake=lake,
        throttle=throttle,
        make_apis=lambda account: account_apis(clients, throttle, settings, account),
        catalog=Catalog(clients, settings.glue_database, lake.uri, settings.pii_columns),
        queue=NotificationQueue(clients, settings.queue_name),
        clients=clients,
    )


def account_apis(
    clients: AwsClients,
    throttle: Any,
    settings: Settings,
    account: Account,
    *,
    cache: TokenCache | None = None,
    max_wait: float = 60.0,
) -> AccountApis:
    """The real APIs of one account. `cache`: instead of the tokens that all processes share."""
    from spapi_assets.aws.secrets import SecretsTokenCache, read_credentials
    from spapi_assets.spapi.auth import LwaClient
    from spapi_assets.spapi.notifications import NotificationsApi
    from spapi_assets.spapi.reports import ReportsApi
    from spapi_assets.spapi.sellers import SellersApi
    from spapi_assets.spapi.session import SpApiSession
    from spapi_assets.spapi.tokens import TokensApi

    lwa = LwaClient(
        account.name,
        lambda: read_credentials(clients, account.secret),
        cache or SecretsTokenCache(clients, settings.quota_table),
        settings.lwa_endpoint_url,
    )
    session = SpApiSession(
        account.name,
        account.region,
        account.selling_partner_id,
        lwa,
        throttle,
        application_id=lambda: lwa.credentials().client_id,
        endpoint_url=settings.spapi_endpoint_url,
        max_wait=max_wait,
    )
    apis = ReportsApi(session), TokensApi(session), SellersApi(session), NotificationsApi(session)
    return AccountApis(account, *apis, lwa, session)
