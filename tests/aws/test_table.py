"""Conditional writes against what DynamoDB says when it cancels: a false condition is an answer, everything else is not."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from spapi_assets.aws import table as module
from spapi_assets.aws.clients import AwsClients, AwsError
from spapi_assets.aws.setup import _table
from spapi_assets.aws.table import Table


def cancelled(*codes: str) -> ClientError:
    reasons = [{"Code": code} for code in codes]
    answer = {"Error": {"Code": "TransactionCanceledException", "Message": "cancelled"}, "CancellationReasons": reasons}
    return ClientError(answer, "TransactWriteItems")  # type: ignore[arg-type]


class Answers:
    """A client whose transactions end as listed; an empty list means that they succeed."""

    def __init__(self, *errors: ClientError) -> None:
        self.waiting, self.calls = list(errors), 0

    def transact_write_items(self, **_: Any) -> None:
        self.calls += 1
        if self.waiting:
            raise self.waiting.pop(0)

    def put_item(self, **_: Any) -> None:
        self.transact_write_items()


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.time, "sleep", lambda seconds: None)


def table(answers: Answers) -> Table:
    return Table(SimpleNamespace(dynamodb=answers), "ledger")  # type: ignore[arg-type]


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
def test_a_transaction_that_met_others_is_repeated_and_not_taken_for_a_refusal(reason: str) -> None:
    answers = Answers(cancelled("None", reason), cancelled(reason, "None"))
    assert table(answers).transact([{}]) is True
    assert answers.calls == 3


def test_a_false_condition_is_an_answer_even_beside_a_conflict() -> None:
    answers = Answers(cancelled("TransactionConflict", "ConditionalCheckFailed"))
    assert table(answers).transact([{}]) is False
    assert answers.calls == 1


def test_a_conflict_that_never_ends_is_an_error_and_no_refusal() -> None:
    answers = Answers(*[cancelled("TransactionConflict")] * 50)
    with pytest.raises(AwsError, match="ledger"):
        table(answers).transact([{}])
    assert 3 <= answers.calls <= 10


def test_a_transaction_that_dynamodb_does_not_understand_is_an_error_at_once() -> None:
    answers = Answers(cancelled("ValidationError", "None"))
    with pytest.raises(AwsError, match="TransactionCanceledException"):
        table(answers).transact([{}])
    assert answers.calls == 1


def test_a_single_write_that_met_a_transaction_is_repeated() -> None:
    conflict = ClientError({"Error": {"Code": "TransactionConflictException", "Message": ""}}, "PutItem")
    answers = Answers(conflict)
    assert table(answers).do({"Put": {}}) is True
    assert answers.calls == 2


def test_the_emulators_own_cancellation_is_understood_as_a_refusal(aws: str) -> None:
    clients = AwsClients()
    _table(clients, "spapi-ledger", sort_key=True)
    real = Table(clients, "spapi-ledger")
    key = {"pk": "a", "sk": "b"}
    assert real.put(key) is True
    actions = [real.put_action({"pk": "a", "sk": "c"}), real.put_action(key, "attribute_not_exists(pk)")]
    assert real.transact(actions) is False
    assert real.get({"pk": "a", "sk": "c"}) is None
