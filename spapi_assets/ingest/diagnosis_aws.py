"""Looks at the AWS side for the doctor: identity, tables, queues, catalog, lake. Changes nothing but a probe file it removes.
What the findings mean is `diagnosis.py`; the accounts' side is `diagnosis_accounts.py`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from spapi_assets.aws.setup import bucket_of, dead_letter_name
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.diagnosis import Line, failed, judge_queue_policy, passed, skipped, warned

SETUP = "Run `spapi setup`."
_ABSENT = {
    "ResourceNotFoundException",
    "EntityNotFoundException",
    "QueueDoesNotExist",
    "NonExistentQueue",
    "NoSuchBucket",
    "404",
}


@dataclass
class AwsSide:
    """What later checks need to know of the AWS side."""

    reachable: bool = False
    quota_table: bool = False
    ledger_table: bool = False
    identifiers_table: bool = False
    queue_arn: str | None = None


def look_at_aws(ctx: IngestContext, side: AwsSide) -> Iterator[Line]:
    """All lines about AWS; fills `side`. When AWS cannot be used at all, one line fails and the others are skipped."""
    identity = _identity(ctx)
    yield identity
    side.reachable = identity.fix is None
    if not side.reachable:
        for check in (
            "ledger table",
            "quota table",
            "identifiers table",
            "queue",
            "queue policy",
            "dead letters",
            "Glue database",
        ):
            yield skipped("aws", check, "AWS cannot be used.")
    else:
        ledger = _look("ledger table", lambda: _table(ctx, "ledger table", ctx.settings.ledger_table, index="by_status"))
        quota = _look("quota table", lambda: _table(ctx, "quota table", ctx.settings.quota_table))
        identifiers = _look("identifiers table", lambda: _table(ctx, "identifiers table", ctx.settings.identifiers_table))
        side.ledger_table, side.quota_table, side.identifiers_table = (x.fix is None for x in (ledger, quota, identifiers))
        yield from (ledger, quota, identifiers)
        yield from _queue(ctx, side)
        yield _look("Glue database", lambda: _glue(ctx))
    if bucket_of(ctx.settings) and not side.reachable:
        yield skipped("aws", "lake", "AWS cannot be used.")
    else:
        yield _lake(ctx)


def _look(check: str, look: Callable[[], Line]) -> Line:
    try:
        return look()
    except ClientError as error:
        return _refused(check, error)
    except BotoCoreError as error:
        return failed("aws", check, f"AWS did not answer: {error}", "Check the network and AWS_ENDPOINT_URL, then run it again.")


def _refused(check: str, error: ClientError) -> Line:
    code = str(error.response.get("Error", {}).get("Code", "unknown"))
    if code.rpartition(".")[2] in _ABSENT:
        return failed("aws", check, f"It is not there ({error.operation_name} answers {code}).", SETUP)
    said = error.response.get("Error", {}).get("Message", "")
    fix = f"Give this process's AWS role the permission for {error.operation_name}."
    return failed("aws", check, f"AWS refused {error.operation_name}: {code}. {said}", fix)


def _identity(ctx: IngestContext) -> Line:
    fix = "Set AWS_REGION and credentials (AWS_PROFILE, or the machine's role); for an emulator AWS_ENDPOINT_URL."
    from spapi_assets.aws.clients import AwsError

    try:
        sts = _clients(ctx).client("sts")
        who = sts.get_caller_identity()
    except ClientError as error:
        return failed("aws", "identity", f"AWS does not accept the credentials: {error.response['Error'].get('Code')}.", fix)
    except (BotoCoreError, AwsError) as error:
        return failed("aws", "identity", f"AWS cannot be used: {error}", fix)
    return passed("aws", "identity", f"{who['Arn']} in {sts.meta.region_name}.")


def _clients(ctx: IngestContext) -> Any:
    assert ctx.clients is not None, "the doctor needs a context with AWS clients"
    return ctx.clients


def _table(ctx: IngestContext, check: str, name: str, index: str | None = None) -> Line:
    table = _clients(ctx).dynamodb.describe_table(TableName=name)["Table"]
    if table["TableStatus"] not in ("ACTIVE", "UPDATING"):
        return failed("aws", check, f"Table {name} is {table['TableStatus']}.", "Wait until AWS has made it, then run it again.")
    names = [i["IndexName"] for i in table.get("GlobalSecondaryIndexes", ())]
    if index and index not in names:
        fix = f"Add the index {index} (gsi_pk, gsi_sk; all attributes), or name another table and run `spapi setup`."
        return failed("aws", check, f"Table {name} lacks the index {index}.", fix)
    return passed("aws", check, f"Table {name} is {table['TableStatus']}.")


def _queue(ctx: IngestContext, side: AwsSide) -> Iterator[Line]:
    name, sqs = ctx.settings.queue_name, _clients(ctx).sqs
    attributes: dict[str, str] = {}

    def look() -> Line:
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        attributes.update(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])
        side.queue_arn = attributes["QueueArn"]
        if "deadLetterTargetArn" not in attributes.get("RedrivePolicy", ""):
            return failed(
                "aws", "queue", f"Queue {name} has no dead-letter queue: a bad message would come back for ever.", SETUP
            )
        return passed("aws", "queue", f"Queue {name} is there; {attributes['ApproximateNumberOfMessages']} messages wait.")

    yield _look("queue", look)
    if attributes:
        yield judge_queue_policy(attributes.get("Policy"), name)
    else:
        yield skipped("aws", "queue policy", "the queue cannot be read.")
    yield _look("dead letters", lambda: _dead_letters(ctx))


def _dead_letters(ctx: IngestContext) -> Line:
    name, sqs = dead_letter_name(ctx.settings.queue_name), _clients(ctx).sqs
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    count = int(
        sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])["Attributes"][
            "ApproximateNumberOfMessages"
        ]
    )
    if count:
        fix = f"Read them in {name} (attribute `reason`), then delete them or move them back with SQS's redrive."
        return warned("aws", "dead letters", f"{count} messages were put aside because they could not be understood.", fix)
    return passed("aws", "dead letters", f"Queue {name} is there and empty.")


def _glue(ctx: IngestContext) -> Line:
    name = ctx.settings.glue_database
    _clients(ctx).glue.get_database(Name=name)
    return passed("aws", "Glue database", f"Database {name} is there.")


def _lake(ctx: IngestContext) -> Line:
    path = f"platform/.doctor-{uuid.uuid4().hex}"
    try:
        with ctx.lake.open_output(path) as file:
            file.write(b"written by `spapi doctor`; may be deleted")
        ctx.lake.delete(path)
    except OSError as error:
        bucket = bucket_of(ctx.settings)
        fix = (
            f"Run `spapi setup` if bucket {bucket} is not there, or allow s3:PutObject, GetObject, DeleteObject and ListBucket."
            if bucket
            else "Make the folder writable, or set SPAPI_LAKE_URI to one that is."
        )
        return failed("aws", "lake", f"{ctx.lake.root_uri} cannot be written: {error}", fix)
    return passed("aws", "lake", f"{ctx.lake.root_uri} can be written and deleted from.")
