"""Could a message hold a client secret? Then it is copied nowhere: not into the archive, the dead letters, or a sentence.
What is done with such messages is `client_secrets.py`."""

from __future__ import annotations

import json
import re
from typing import Any

# The names of the members of Amazon's two messages about secrets, and how its client secrets and refresh tokens begin.
_SECRETS = ("clientsecret", "oauthclientnewsecret", "amzn1.oa2-cs.", "atzr|")
# In the name of a member, or of a type that nobody here knows.
_WORDS = ("secret", "password", "credential", "refreshtoken", "accesstoken", "privatekey")
_TYPES = ("notificationtype", "detailtype")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


def holds_secret(body: str) -> bool:
    """Whether a body names a client secret or holds something that looks like one, however it is written or escaped."""
    return _mentions(body, _SECRETS)


def may_hold_secret(body: str) -> bool:
    """The same of a body nobody understands: a member or type whose name speaks of secrets is enough; in broken JSON any word."""
    if holds_secret(body):
        return True
    try:
        content = json.loads(body)
    except (ValueError, RecursionError):
        return _mentions(body, _WORDS)
    return _named(content)


def _mentions(text: str, marks: tuple[str, ...]) -> bool:
    plain = text.casefold()
    if "\\u" in plain:  # letters may be written as escapes
        plain = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), plain).casefold()
    squeezed = _squeezed(plain)
    return any(mark in plain or mark in squeezed for mark in marks)


def _squeezed(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def _named(content: Any) -> bool:
    """Whether a member anywhere, also in JSON inside a text, is named like something secret."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            for key, inner in value.items():
                name = _squeezed(key)
                if any(word in name for word in _WORDS):
                    return True
                if name in _TYPES and isinstance(inner, str) and any(word in _squeezed(inner) for word in _WORDS):
                    return True
                waiting.append(inner)
        elif isinstance(value, str) and value[:1] in ("{", "["):
            try:
                waiting.append(json.loads(value))
            except (ValueError, RecursionError):
                if _mentions(value, _WORDS):
                    return True
    return False
