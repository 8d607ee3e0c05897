"""Connecting selling partners: the AWS side once, then credentials, marketplaces and notifications per account.
Every step is idempotent and says what it did in a sentence; checking without changing is the doctor's work."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from spapi_assets.aws.clients import explained
from spapi_assets.aws.denials import lift_all
from spapi_assets.aws.heard import forget_secret_end
from spapi_assets.aws.identifiers import Found
from spapi_assets.aws.secrets import read_credentials, write_credentials
from spapi_assets.aws.setup import bucket_of, dead_letter_name, set_up_aws
from spapi_assets.datasets.model import Kind
from spapi_assets.ingest.diagnosis import judge_marketplaces
from spapi_assets.ingest.notifications.subscribing import Wanted, subscribe
from spapi_assets.ingest.notifications.types import REPORT_FINISHED, TYPES
from spapi_assets.spapi.auth import InMemoryTokenCache, LwaClient, LwaCredentials
from spapi_assets.spapi.errors import ConfigurationError

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.settings import Account


def set_up(context: IngestContext) -> list[str]:
    """Create what the AWS account needs (tables, queue and its policy, Glue database, bucket); returns what was made."""
    with explained("setting up tables, queues, catalog and bucket"):
        made = set_up_aws(_clients(context), context.settings)
    for account in context.settings.accounts:
        _know_seller_id(context, account)
    return made


def what_set_up_would_make(context: IngestContext) -> list[str]:
    """The same list without changing anything: each thing, and whether it would be made."""
    clients, settings = _clients(context), context.settings
    bucket = bucket_of(settings)
    looks = [
        ("DynamoDB table", settings.ledger_table, lambda n: clients.dynamodb.describe_table(TableName=n)),
        ("DynamoDB table", settings.quota_table, lambda n: clients.dynamodb.describe_table(TableName=n)),
        ("DynamoDB table", settings.identifiers_table, lambda n: clients.dynamodb.describe_table(TableName=n)),
        ("SQS queue", settings.queue_name, lambda n: clients.sqs.get_queue_url(QueueName=n)),
        ("SQS queue", dead_letter_name(settings.queue_name), lambda n: clients.sqs.get_queue_url(QueueName=n)),
        ("Glue database", settings.glue_database, lambda n: clients.glue.get_database(Name=n)),
        *([("S3 bucket", bucket, lambda n: clients.s3.head_bucket(Bucket=n))] if bucket else []),
    ]
    sentences = []
    for kind, name, look in looks:
        with explained(f"looking for the {kind} {name}"):
            try:
                look(name)
                sentences.append(f"{kind} {name} is there")
            except ClientError as error:
                code = str(error.response.get("Error", {}).get("Code", ""))
                if not code.endswith(("NotFoundException", "NonExistentQueue", "QueueDoesNotExist", "NoSuchBucket", "404")):
                    raise
                sentences.append(f"{kind} {name} would be made")
    sentences.append(f"The policy of queue {settings.queue_name} would be written so that Amazon may send to it")
    return sentences


def connect(
    context: IngestContext, account: Account, credentials: LwaCredentials | None = None, *, redirect: bool = False
) -> Iterator[str]:
    """Prove credentials, store them if they are new, compare the marketplaces and subscribe to finished reports.

    New credentials are proved before they replace the old ones. `redirect`: a subscription that delivers elsewhere is replaced.
    """
    if credentials is not None:
        LwaClient(account.name, lambda: credentials, InMemoryTokenCache(), context.settings.lwa_endpoint_url).access_token()
        yield f"{account.name}: Login with Amazon accepts the credentials"
        _forget_end_of_old_secret(context, account, credentials)
        write_credentials(_clients(context), account.secret, credentials)
        yield f"{account.name}: credentials stored in secret {account.secret}"
    apis = context.apis(account.name)
    apis.lwa.access_token()
    if credentials is None:
        yield f"{account.name}: Login with Amazon accepts the credentials in secret {account.secret}"
    _know_seller_id(context, account)
    if lifted := lift_all(context.ledger, account.name):
        yield f"{account.name}: what Amazon denied is asked for once more: {', '.join(lifted)}"
    if account.kind is Kind.SELLER:
        yield _compare_marketplaces(context, account)
    yield from subscribe(context, account, Wanted((TYPES[REPORT_FINISHED],), redirect=redirect))


def _forget_end_of_old_secret(context: IngestContext, account: Account, credentials: LwaCredentials) -> None:
    """What Amazon said of the end of the client secret was about the one that is now replaced by hand."""
    with suppress(ConfigurationError):  # nothing readable was stored before: then nothing of it is known either
        if read_credentials(_clients(context), account.secret).client_secret != credentials.client_secret:
            forget_secret_end(context.ledger.table, credentials.client_id, context.now())


def _know_seller_id(context: IngestContext, account: Account) -> None:
    """The seller or vendor group id stands with the other identifiers: what refers to one can be matched without the file."""
    context.identifiers.put("seller_id", account.name, None, [Found(account.selling_partner_id)], "accounts")


def _compare_marketplaces(context: IngestContext, account: Account) -> str:
    found = context.apis(account.name).sellers.marketplace_participations()
    line = judge_marketplaces(account, [p.marketplace_id for p in found if p.is_participating])
    return f"{account.name}: {line.sentence}" + (f" {line.fix}" if line.fix else "")


def _clients(context: IngestContext) -> AwsClients:
    assert context.clients is not None, "onboarding needs a context with AWS clients"
    return context.clients
