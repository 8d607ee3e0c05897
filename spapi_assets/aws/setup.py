"""Makes what the platform needs in an AWS account: tables, queues, Glue database, bucket. Everything is idempotent.
Whether it is there and right is the doctor's to find out (`ingest/diagnosis_aws.py`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from spapi_assets.aws.delivery import EVENTS_SERVICE, queue_policy

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients
    from spapi_assets.settings import Settings

MAX_RECEIVE_COUNT = 5
_RETENTION = str(14 * 24 * 3600)


@dataclass(frozen=True)
class Made:
    """One thing the platform needs. `made`: by this call, else it was there."""

    kind: str
    name: str
    made: bool

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {'made' if self.made else 'was there'}"


def set_up_aws(clients: AwsClients, settings: Settings) -> list[str]:
    """Create what is missing; returns one sentence a thing: made now, or was there."""
    made = [
        _table(clients, settings.ledger_table, sort_key=True),
        _table(clients, settings.quota_table, sort_key=False),
        _table(clients, settings.identifiers_table, sort_key=True, index=False),
        *_queues(clients, settings.queue_name),
        _glue_database(clients, settings),
    ]
    bucket = bucket_of(settings)
    if bucket:
        made.append(_bucket(clients, bucket))
    return [str(m) for m in made]


def dead_letter_name(queue_name: str) -> str:
    return f"{queue_name}-dlq"


def bucket_of(settings: Settings) -> str | None:
    """The lake's bucket, if it lies in S3."""
    return settings.lake_uri[5:].partition("/")[0] if settings.lake_uri.startswith("s3://") else None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _table(clients: AwsClients, name: str, *, sort_key: bool, index: bool = True) -> Made:
    keys = [{"AttributeName": "pk", "KeyType": "HASH"}]
    attributes = ["pk"]
    extra: dict[str, Any] = {}
    if sort_key:
        keys.append({"AttributeName": "sk", "KeyType": "RANGE"})
        attributes.append("sk")
    if sort_key and index:
        attributes += ["gsi_pk", "gsi_sk"]
        extra["GlobalSecondaryIndexes"] = [
            {
                "IndexName": "by_status",
                "KeySchema": [
                    {"AttributeName": "gsi_pk", "KeyType": "HASH"},
                    {"AttributeName": "gsi_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
        ]
    try:
        clients.dynamodb.create_table(
            TableName=name,
            KeySchema=keys,
            AttributeDefinitions=[{"AttributeName": a, "AttributeType": "S"} for a in attributes],
            BillingMode="PAY_PER_REQUEST",
            **extra,
        )
    except ClientError as error:
        if _code(error) != "ResourceInUseException":
            raise
        return Made("DynamoDB table", name, False)
    clients.dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    if sort_key:  # ledger and identifiers are memory: keep 35 days of points in time
        clients.dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    else:  # old cool-downs and leases vanish by themselves
        clients.dynamodb.update_time_to_live(
            TableName=name, TimeToLiveSpecification={"Enabled": True, "AttributeName": "expires_at"}
        )
    return Made("DynamoDB table", name, True)


def _queues(clients: AwsClients, name: str) -> list[Made]:
    dead_made = _queue(clients, dead_letter_name(name))
    dead_arn = _queue_arn(clients, dead_letter_name(name))
    made = _queue(clients, name)
    url = clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    arn = _queue_arn(clients, name)
    before = clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"]).get("Attributes", {}).get("Policy", "")
    clients.sqs.set_queue_attributes(
        QueueUrl=url,
        Attributes={
            "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": str(MAX_RECEIVE_COUNT)}),
            "Policy": json.dumps(queue_policy(arn, event_bridge=EVENTS_SERVICE in before)),
            "VisibilityTimeout": "120",
            "ReceiveMessageWaitTimeSeconds": "5",
        },
    )
    return [made, dead_made]


def _queue(clients: AwsClients, name: str) -> Made:
    try:
        clients.sqs.get_queue_url(QueueName=name)
    except ClientError as error:
        if not _code(error).endswith(("NonExistentQueue", "QueueDoesNotExist")):
            raise
        # Standard, not FIFO: Amazon sends to standard queues only. SSE-SQS needs no key grant for Amazon's account.
        attributes = {"MessageRetentionPeriod": _RETENTION, "SqsManagedSseEnabled": "true"}
        clients.sqs.create_queue(QueueName=name, Attributes=attributes)
        return Made("SQS queue", name, True)
    return Made("SQS queue", name, False)


def _queue_arn(clients: AwsClients, name: str) -> str:
    url = clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
    return str(clients.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"])


def _glue_database(clients: AwsClients, settings: Settings) -> Made:
    root = settings.lake_uri if "://" in settings.lake_uri else f"file://{settings.lake_uri}"
    try:
        clients.glue.create_database(
            DatabaseInput={
                "Name": settings.glue_database,
                "Description": "Amazon Selling Partner API reports as Parquet, one table a dataset.",
                "LocationUri": f"{root.rstrip('/')}/raw",
            }
        )
    except ClientError as error:
        if _code(error) != "AlreadyExistsException":
            raise
        return Made("Glue database", settings.glue_database, False)
    return Made("Glue database", settings.glue_database, True)


def _bucket(clients: AwsClients, name: str) -> Made:
    region = clients.s3.meta.region_name
    place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    try:
        clients.s3.head_bucket(Bucket=name)
        return Made("S3 bucket", name, False)
    except ClientError as error:
        if _code(error) not in ("404", "NoSuchBucket", "NotFound"):
            raise
    clients.s3.create_bucket(Bucket=name, **place)
    clients.s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
    )
    clients.s3.put_public_access_block(
        Bucket=name,
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    return Made("S3 bucket", name, True)
