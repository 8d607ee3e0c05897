"""Looks at each account's side for the doctor: secret, Login with Amazon, endpoint, clock, authorization, roles, subscription.
Spends no createReport quota and changes nothing; what the findings mean is `diagnosis.py`."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import requests
from botocore.exceptions import ClientError

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.denials import denial_of
from spapi_assets.aws.ledger_records import ReportRecord, Verdict
from spapi_assets.aws.secrets import read_credentials
from spapi_assets.datasets.model import Kind, Report
from spapi_assets.ingest.context import AccountApis, IngestContext, account_apis
from spapi_assets.ingest.diagnosis import (
    Line,
    denied_types,
    failed,
    judge_clock,
    judge_marketplaces,
    judge_roles,
    judge_secret_age,
    passed,
    skipped,
    warned,
)
from spapi_assets.ingest.diagnosis_aws import AwsSide
from spapi_assets.settings import Account
from spapi_assets.spapi.auth import InMemoryTokenCache
from spapi_assets.spapi.errors import ConfigurationError, MissingRole, ReauthorizationNeeded, SpApiError, Throttled
from spapi_assets.spapi.marketplaces import REGIONS
from spapi_assets.spapi.notifications import REPORT_PROCESSING_FINISHED, Subscription
from spapi_assets.spapi.session import user_agent
from spapi_assets.spapi.throttle import InMemoryThrottle

_WAIT = 5.0  # seconds a check may wait for quota
_LATER = "Run `spapi doctor` again later."


@dataclass
class Heard:
    """What the line about arriving notifications needs from all accounts."""

    subscribed: int = 0
    finished: int = 0


def look_at_account(ctx: IngestContext, account: Account, side: AwsSide, heard: Heard) -> Iterator[Line]:
    """All lines about one account. What a failed step makes impossible is skipped, so that one fault is one failing line."""
    rest = ["Login with Amazon", "authorization", "notifications", "roles", "marketplaces"]
    reachable = yield from _endpoint(ctx, account)
    if not side.reachable:
        yield from _skip(account, ["credentials", *rest], "AWS cannot be used.")
        return
    credentials = _credentials(ctx, account)
    yield credentials
    if credentials.fix is not None:
        yield from _skip(account, rest, "there are no usable credentials.")
        return
    age = judge_secret_age(account, _changed(ctx, account), ctx.now())
    if age is not None:
        yield age
    # A token of its own: one from the shared cache would hide that the client secret no longer works.
    throttle = ctx.throttle if side.quota_table else InMemoryThrottle()
    assert ctx.clients is not None
    apis = account_apis(ctx.clients, throttle, ctx.settings, account, cache=InMemoryTokenCache(), max_wait=_WAIT)
    login = _login(account, apis)
    yield login
    if login.fix is not None:
        yield from _skip(account, rest[1:], "Login with Amazon gives no access token.")
        return
    if not reachable:
        yield from _skip(account, rest[1:], "the endpoint cannot be reached.")
        return
    subscription, line = _authorization(account, apis)
    yield line
    if line.fix is not None:
        yield from _skip(account, rest[2:], "Amazon denies this account's calls.")
        return
    yield _subscription(account, apis, subscription, side, heard)
    yield from _roles(ctx, account, apis, side, heard)
    if account.kind is Kind.SELLER:  # the Sellers API is for sellers only
        yield _marketplaces(account, apis)


def _skip(account: Account, checks: Sequence[str], because: str) -> Iterator[Line]:
    for check in checks:
        if check != "marketplaces" or account.kind is Kind.SELLER:
            yield skipped(account.name, check, because)


def _endpoint(ctx: IngestContext, account: Account) -> Generator[Line, None, bool]:
    """Reachability and clock from one call without a token; the generator's value says whether the endpoint answered."""
    url = (ctx.settings.spapi_endpoint_url or REGIONS[account.region].endpoint).rstrip("/")
    try:
        answer = requests.get(f"{url}/", headers={"user-agent": user_agent()}, timeout=(5, 10), allow_redirects=False)
    except requests.RequestException as error:
        fix = "Check network, proxy and firewall (outgoing HTTPS), and SPAPI_ENDPOINT_URL if it is set."
        yield failed(account.name, "endpoint", f"{url} did not answer ({type(error).__name__}).", fix)
        yield skipped(account.name, "clock", "the endpoint cannot be reached.")
        return False
    yield passed(account.name, "endpoint", f"{url} answers (region {account.region}).")
    yield judge_clock(account.name, answer.headers.get("Date"), ctx.now())
    return True


def _credentials(ctx: IngestContext, account: Account) -> Line:
    assert ctx.clients is not None
    fix = f"Run `spapi connect {account.name}`: it asks for client id, client secret and refresh token and stores them."
    try:
        found = read_credentials(ctx.clients, account.secret)
    except (ConfigurationError, AwsError) as error:
        return failed(account.name, "credentials", str(error), fix)
    if found.refresh_token is None:
        return failed(account.name, "credentials", f"Secret {account.secret} holds no refresh token.", fix)
    return passed(account.name, "credentials", f"Secret {account.secret} is complete (client id {found.client_id}).")


def _changed(ctx: IngestContext, account: Account) -> datetime | None:
    assert ctx.clients is not None
    try:
        found = ctx.clients.secrets.describe_secret(SecretId=account.secret).get("LastChangedDate")
    except ClientError:
        return None  # a role that may read the secret's value only: its age then stays unknown
    return found.astimezone(UTC) if isinstance(found, datetime) else None


def _login(account: Account, apis: AccountApis) -> Line:
    try:
        apis.lwa.access_token()
    except ReauthorizationNeeded as error:
        fix = (
            "Authorise the application again in Seller or Vendor Central, then "
            f"`spapi connect {account.name} --refresh-token-file FILE`."
        )
        return failed(account.name, "Login with Amazon", str(error), fix)
    except ConfigurationError as error:
        fix = f"Copy the client secret from the developer console, then `spapi connect {account.name} --client-secret-file FILE`."
        return failed(account.name, "Login with Amazon", str(error), fix)
    except SpApiError as error:
        fix = f"Check network and proxy (api.amazon.com, or LWA_ENDPOINT_URL if it is set). {_LATER}"
        return failed(account.name, "Login with Amazon", str(error), fix)
    return passed(account.name, "Login with Amazon", "Client id, client secret and refresh token give an access token.")


def _authorization(account: Account, apis: AccountApis) -> tuple[Subscription | None, Line]:
    """The first call in the selling partner's name: cheap, needs no role of its own, and fails in a wrong region."""
    try:
        subscription = apis.notifications.subscription(REPORT_PROCESSING_FINISHED)
    except (MissingRole, ReauthorizationNeeded) as error:
        fix = (
            f"Check region ({account.region}) and kind ({account.kind}) in the accounts file: a refresh token is good for one "
            "region only. If they are right, have the selling partner authorise the application again, then "
            f"`spapi connect {account.name}`."
        )
        return None, failed(account.name, "authorization", str(error), fix)
    except (SpApiError, AwsError) as error:
        return None, failed(account.name, "authorization", str(error), _LATER)
    return subscription, passed(account.name, "authorization", f"Amazon accepts calls for it in region {account.region}.")


def _subscription(account: Account, apis: AccountApis, subscription: Subscription | None, side: AwsSide, heard: Heard) -> Line:
    check = "notifications"
    connect = f"Run `spapi connect {account.name}`; until then reports are polled."
    if subscription is None:
        if account.kind is Kind.VENDOR:
            return passed(account.name, check, "Not subscribed; reports of vendors are polled.")
        return failed(account.name, check, f"There is no subscription to {REPORT_PROCESSING_FINISHED}.", connect)
    if side.queue_arn is None:
        return skipped(account.name, check, "our queue cannot be read.")
    try:
        destinations = apis.notifications.destinations()
    except (SpApiError, AwsError) as error:
        return warned(account.name, check, f"The destinations cannot be read: {error}", _LATER)
    target = next((d for d in destinations if d.destination_id == subscription.destination_id), None)
    if target is None or target.sqs_arn != side.queue_arn:
        where = f"to {target.sqs_arn or 'an event bus'}" if target else "to a destination that no longer exists"
        fix = f"Run `spapi connect {account.name} --redirect` to have them sent to {side.queue_arn} instead."
        return failed(account.name, check, f"The subscription delivers {where}, not to our queue.", fix)
    heard.subscribed += 1
    return passed(account.name, check, f"{REPORT_PROCESSING_FINISHED} is delivered to {side.queue_arn}.")


def _roles(ctx: IngestContext, account: Account, apis: AccountApis, side: AwsSide, heard: Heard) -> Iterator[Line]:
    """Denials that getReports shows now, and those that createReport met and no later report has disproved."""
    reports = [r for r in ctx.registry.reports.values() if account.wants(r)]

    def allowed(types: Sequence[str]) -> str | None:
        try:
            next(iter(apis.reports.get_reports(types, created_since=ctx.now() - timedelta(hours=1), page_size=1)), None)
        except MissingRole as error:
            return str(error)
        return None

    try:
        # getReports knows no queries of Data Kiosk: of those only createQuery's own answers tell.
        denied = denied_types(sorted({r.report_type for r in reports if r.query is None}), allowed)
    except Throttled as error:
        yield warned(account.name, "roles", f"Not looked at, the getReports quota is spent: {error}", _LATER)
        return
    except (SpApiError, AwsError) as error:
        yield failed(account.name, "roles", str(error), _LATER)
        return
    if side.ledger_table:
        for report in reports:
            records = _recent(ctx, report, account)
            heard.finished += _finished_lately(ctx, records)
            known = [denial_of(ctx.ledger, report.report_type, key) for key in _keys(ctx, report, account)]
            standing = next((d for d in known if d is not None and d.standing), None)
            lifted = max((d.lifted_at for d in known if d is not None and d.lifted_at is not None), default=None)
            why = f"since {standing.at:%Y-%m-%d}. {standing.reason}" if standing else _denied_before(records, lifted)
            if why is not None:
                denied.setdefault(report.report_type, why)
    yield from judge_roles(account, reports, denied)


def _recent(ctx: IngestContext, report: Report, account: Account) -> list[ReportRecord]:
    today = ctx.now().date()
    first = today - timedelta(days=90)
    return [r for key in _keys(ctx, report, account) for r in ctx.ledger.records(report.name, key, first, today)]


def _keys(ctx: IngestContext, report: Report, account: Account) -> list[str]:
    return [k for k in ctx.settings.partition_keys(report) if k.partition(".")[0] == account.name]


def _finished_lately(ctx: IngestContext, records: Sequence[ReportRecord]) -> int:
    since = ctx.now() - timedelta(days=2)
    return sum(r.status.finished and r.report_id is not None and (r.finished_at or since) > since for r in records)


def _denied_before(records: Sequence[ReportRecord], lifted: datetime | None) -> str | None:
    """The newest outcome since the authorization was renewed decides: a later report that was made disproves the denial."""
    since = lifted or datetime.min.replace(tzinfo=UTC)
    outcomes = [(r.finished_at, r.verdict, r.reason) for r in records if r.finished_at is not None and r.finished_at > since]
    outcomes = [o for o in outcomes if o[1] is not Verdict.SUPERSEDED]
    if not outcomes:
        return None
    at, verdict, reason = max(outcomes, key=lambda o: o[0])
    return f"on {at:%Y-%m-%d} the request was denied. {reason or ''}".strip() if verdict is Verdict.MISSING_ROLE else None


def _marketplaces(account: Account, apis: AccountApis) -> Line:
    try:
        found = apis.sellers.marketplace_participations()
    except MissingRole as error:
        fix = "Add the role Selling Partner Insights to the application, or compare the marketplaces by hand."
        return warned(account.name, "marketplaces", str(error), fix)
    except (SpApiError, AwsError) as error:
        return warned(account.name, "marketplaces", str(error), _LATER)
    return judge_marketplaces(account, [p.marketplace_id for p in found if p.is_participating])
