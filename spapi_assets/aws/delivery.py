"""What Amazon needs to deliver to our queue: the queue's policy, the policy of its key if it has one, a rule for EventBridge.
Making the queue is `setup.py`; who is subscribed to what is `ingest/notifications/subscribing.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from spapi_assets.aws.clients import explained

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients
    from spapi_assets.aws.queue import NotificationQueue

# The AWS account from which Amazon sends SP-API notifications (SP-API documentation, "Set up notifications (SQS)").
AMAZON_NOTIFICATIONS_PRINCIPAL = "437568002678"
QUEUE_ACTIONS = ("sqs:SendMessage", "sqs:GetQueueAttributes")
# With these a queue's own key lets Amazon's account encrypt what it sends (AWS: "Configure KMS permissions for SQS").
KEY_ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")
_AWS_KEYS = "alias/aws/"
EVENTS_SERVICE = "events.amazonaws.com"
EVENT_SOURCE = "aws.partner/sellingpartnerapi.amazon.com"


def queue_policy(queue_arn: str, *, event_bridge: bool = False) -> dict[str, Any]:
    """Amazon's notification service may send to the queue and look at its attributes; nothing else.

    `event_bridge`: rules of the queue's own AWS account may send to it, too.
    """
    statements: list[dict[str, Any]] = [
        {
            "Sid": "SellingPartnerApiNotifications",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{AMAZON_NOTIFICATIONS_PRINCIPAL}:root"},
            "Action": list(QUEUE_ACTIONS),
            "Resource": queue_arn,
        }
    ]
    if event_bridge:
        _, _, _, region, account, _ = queue_arn.split(":", 5)
        statements.append(
            {
                "Sid": "EventBridgeRules",
                "Effect": "Allow",
                "Principal": {"Service": EVENTS_SERVICE},
                "Action": "sqs:SendMessage",
                "Resource": queue_arn,
                "Condition": {"ArnLike": {"aws:SourceArn": f"arn:aws:events:{region}:{account}:rule/*"}},
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def key_statement() -> dict[str, Any]:
    """The statement that the policy of the queue's own KMS key needs. With SSE-SQS, as `spapi setup` makes queues, none is."""
    return {
        "Sid": "SellingPartnerApiNotifications",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{AMAZON_NOTIFICATIONS_PRINCIPAL}:root"},
        "Action": list(KEY_ACTIONS),
        "Resource": "*",
    }


def event_rule(queue_arn: str, bus: str, region: str) -> list[str]:
    """Commands that lead Amazon's events to the queue: the bus of its partner event source (named alike), a rule, its target."""
    pattern = json.dumps({"source": [{"prefix": EVENT_SOURCE}]})
    return [
        f"aws events create-event-bus --region {region} --name {bus} --event-source-name {bus}",
        f"aws events put-rule --region {region} --event-bus-name {bus} --name spapi-notifications --event-pattern '{pattern}'",
        f"aws events put-targets --region {region} --event-bus-name {bus} --rule spapi-notifications "
        f"--targets Id=queue,Arn={queue_arn}",
    ]


def allows(policy: str | None, action: str) -> bool:
    """Whether a policy lets Amazon's account do `action` (`service:Name`), and no statement of it forbids that."""
    try:
        statements: Any = json.loads(policy).get("Statement", []) if policy else []
    except (ValueError, AttributeError):
        return False
    service, allowed = action.partition(":")[0], False
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal", {})
        who = principal if isinstance(principal, str) else principal.get("AWS", "") if isinstance(principal, dict) else ""
        people = who if isinstance(who, list) else [who]
        actions = statement.get("Action", [])
        names = {a.lower() for a in (actions if isinstance(actions, list) else [actions])}
        if not any(p == "*" or AMAZON_NOTIFICATIONS_PRINCIPAL in p for p in people):
            continue
        if names & {"*", f"{service}:*", action.lower(), f"{action.lower()}*"}:
            if statement.get("Effect") == "Deny":
                return False
            allowed = True
    return allowed


def missing_grants(clients: AwsClients, queue: NotificationQueue, *, event_bridge: bool = False) -> Iterator[str]:
    """What the real policies lack, one sentence each. Raises AwsError when the queue cannot be read."""
    attributes = queue.attributes("Policy", "KmsMasterKeyId", "QueueArn")
    policy = attributes.get("Policy")
    if lacking := [a.removeprefix("sqs:") for a in QUEUE_ACTIONS if not allows(policy, a)]:
        yield (
            f"Queue {queue.name} does not let Amazon ({AMAZON_NOTIFICATIONS_PRINCIPAL}) {' and '.join(lacking)}: run "
            "`spapi setup`, which writes the queue's policy."
        )
    if event_bridge and EVENTS_SERVICE not in (policy or ""):
        yield f"Queue {queue.name} does not let EventBridge's rules send to it: add the statement EventBridgeRules to its policy."
    key = attributes.get("KmsMasterKeyId")
    if key and key.startswith(_AWS_KEYS):
        yield (
            f"Queue {queue.name} is encrypted with {key}, a key of AWS's own that no other account may use: nothing Amazon sends "
            "arrives. Use SSE-SQS, or a key of yours with the statement below."
        )
    elif key:
        yield from _of_key(clients, key)


def _of_key(clients: AwsClients, key: str) -> Iterator[str]:
    with explained(f"reading the policy of key {key}"):
        try:
            text = clients.client("kms").get_key_policy(KeyId=_key_id(clients, key), PolicyName="default")["Policy"]
        except ClientError as error:
            if "AccessDenied" not in str(error.response.get("Error", {}).get("Code", "")):
                raise
            text = None
    if text is None:
        yield f"The policy of key {key} may not be read by this process: compare it with the statement below by hand."
        return
    if lacking := [a for a in KEY_ACTIONS if not allows(text, a)]:
        yield (
            f"Key {key} does not let Amazon ({AMAZON_NOTIFICATIONS_PRINCIPAL}) {' and '.join(lacking)}: add the statement "
            "below to its policy, else nothing Amazon sends arrives."
        )


def _key_id(clients: AwsClients, key: str) -> str:
    """Policies are read by a key's id; a queue may name an alias."""
    return str(clients.client("kms").describe_key(KeyId=key)["KeyMetadata"]["KeyId"])
