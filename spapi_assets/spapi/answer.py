"""One successful answer of SP-API: Amazon's exact JSON text, what it says, and when and under which request id it came.
Refusals and lost calls are errors (errors.py), never answers; how a call is made is session.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NoReturn

import requests

from spapi_assets.spapi.errors import AmazonFault


@dataclass(frozen=True)
class Answer:
    """A success (2xx).

    `text` is the body as Amazon sent it, character by character, so that 12.10 stays 12.10 and no large number is rounded; ""
    when it sent none (204). `content` is the same parsed, an object or an array, None when there was no body. `answered_at` is
    this machine's clock (UTC) when the answer was complete; `headers` ignore case.
    """

    status: int
    text: str = field(repr=False)
    content: dict[str, Any] | list[Any] | None = field(repr=False)
    request_id: str | None
    answered_at: datetime
    headers: Mapping[str, str] = field(repr=False)


def read_answer(response: requests.Response, *, account: str, operation: str, answered_at: datetime) -> Answer:
    """The answer in a successful response. Raises AmazonFault when the body is not one JSON object or array.

    Only a deletion, or a 204, answers without a body: elsewhere nothing at all must not be taken for an answer without rows.
    """
    text, content = "", None
    if response.content.strip() or not (response.status_code == 204 or response.request.method == "DELETE"):
        try:
            text = response.content.decode(json.detect_encoding(response.content))
            content = json.loads(text, parse_constant=_refuse)
        except ValueError:
            content = None
        if not isinstance(content, (dict, list)):
            raise broken(response.status_code, response.headers, response.text, account, operation, "JSON")
    return Answer(response.status_code, text, content, response.headers.get("x-amzn-RequestId"), answered_at, response.headers)


def object_of(answer: Answer, *, account: str, operation: str) -> dict[str, Any]:
    """The JSON object of an answer that cannot be anything else; {} when Amazon sent no body."""
    if isinstance(answer.content, list):
        raise broken(answer.status, answer.headers, answer.text, account, operation, "a JSON object")
    return answer.content or {}


def broken(status: int, headers: Mapping[str, str], body: str, account: str, operation: str, wanted: str) -> AmazonFault:
    """The error for a success whose body is not what Amazon's model promises."""
    return AmazonFault(
        f"Amazon answered {operation} of account {account} with success but without {wanted}. "
        "Try again; if it stays, open a case with Amazon and name the request id.",
        account=account,
        operation=operation,
        status=status,
        request_id=headers.get("x-amzn-RequestId"),
        body=body,
    )


def _refuse(constant: str) -> NoReturn:
    # Python reads NaN and Infinity, JSON has neither: such a text could not be read again from the archive by other programs.
    raise ValueError(f"{constant} is not JSON")
