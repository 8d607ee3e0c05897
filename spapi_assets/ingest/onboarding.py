"""Connecting selling partners: the AWS side once, then credentials, marketplaces and notifications per account.
Every step is idempotent and says what it did in a sentence; checking without changing is the doctor's work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from spapi_assets.aws.clients import explained
from spapi_assets.aws.denials import lift_all
from spapi_assets.aws.identifiers import Found
from spapi_assets.aws.secrets import write_credentials
from spapi_assets.aws.setup import bucket_of, dead_letter_name, set_up_aws
from spapi_assets.datasets.model import Kind
from spapi_assets.ingest.diagnosis import judge_marketplaces
from spapi_assets.spapi.auth import InMemoryTokenCache, LwaClient, LwaCredentials
from spapi_assets.spapi.errors import SpApiError
from spapi_assets.spapi.notifications import REPORT_PROCESSING_FINISHED

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.settings import Account

PAYLOAD_VERSION = "1.0"


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
    yield subscribe(context, account, redirect=redirect)


def _know_seller_id(context: IngestContext, account: Account) -> None:
    """The seller or vendor group id stands with the other identifiers: what refers to one can be matched without the file."""
    context.identifiers.put("seller_id", account.name, None, [Found(account.selling_partner_id)], "accounts")


def _compare_marketplaces(context: IngestContext, account: Account) -> str:
    found = context.apis(account.name).sellers.marketplace_participations()
    line = judge_marketplaces(account, [p.marketplace_id for p in found if p.is_participating])
    return f"{account.name}: {line.sentence}" + (f" {line.fix}" if line.fix else "")


def subscribe(context: IngestContext, account: Account, *, redirect: bool = False) -> str:
    """A destination for our queue (once per application and region) and the account's subscription to finished reports."""
    notifications = context.apis(account.name).notifications
    assert context.queue is not None, "subscribing needs a context with a queue"
    with explained(f"reading the address of queue {context.settings.queue_name} (made by `spapi setup`)"):
        arn = context.queue.arn
    try:
        destination = notifications.ensure_sqs_destination(f"spapi-assets-{context.settings.queue_name}"[:256], arn)
        before = notifications.subscription(REPORT_PROCESSING_FINISHED)
        if before is not None and before.destination_id == destination.destination_id:
            return f"{account.name}: already subscribed to {REPORT_PROCESSING_FINISHED} on {arn}"
        if before is not None:
            if not redirect:
                return (
                    f"{account.name}: its subscription to {REPORT_PROCESSING_FINISHED} delivers to another destination "
                    f"({before.destination_id}) and was left alone; reports are polled. "
                    f"`spapi connect {account.name} --redirect` replaces it"
                )
            notifications.delete_subscription(REPORT_PROCESSING_FINISHED, before.subscription_id)
        notifications.ensure_subscription(REPORT_PROCESSING_FINISHED, destination.destination_id, PAYLOAD_VERSION)
    except SpApiError as error:
        # Not fatal: reports are also found by polling. The doctor repeats the sentence until it is mended.
        return f"{account.name}: no notifications, reports will be polled instead. {error}"
    return f"{account.name}: subscribed to {REPORT_PROCESSING_FINISHED} on {arn}"


def _clients(context: IngestContext) -> AwsClients:
    assert context.clients is not None, "onboarding needs a context with AWS clients"
    return context.clients
