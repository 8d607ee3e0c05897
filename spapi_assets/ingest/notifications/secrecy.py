"""Could a message hold a client secret? Then it is copied nowhere: not into the archive, the dead letters, or a sentence.
What is done with such messages is `client_secrets.py`."""

from __future__ import annotations

import json
import re
from typing import Any

# How Amazon's client secrets and refresh tokens begin, and the names of what holds them in its two messages about secrets.
_VALUES = ("amzn1.oa2-cs.", "atzr|")
_NAMES = ("clientsecret", "oauthclientnewsecret")
_WRITTEN = ("clientsecret", "client_secret")  # in a text: a program wrote that, not a person about "client secrets"
# In the name of a member, or of a type that nobody here knows.
_WORDS = ("secret", "password", "credential", "refreshtoken", "accesstoken", "privatekey")
_TYPES = ("notificationtype", "detailtype")
_ESCAPE = re.compile(r"\\u([0-9a-f]{4})")


class _Members(list[tuple[str, Any]]):
    """A JSON object with every member of it: a name may stand there twice."""


def holds_secret(body: str) -> bool:
    """Whether a body holds what looks like a client secret, or names one, however it is written or escaped."""
    return _mentions(body, (*_VALUES, *_NAMES)) and _holds(body, _NAMES)


def may_hold_secret(body: str) -> bool:
    """The same of a body nobody understands: a member or type whose name speaks of secrets is enough; in broken JSON any word."""
    return _holds(body, (*_NAMES, *_WORDS))


def is_secret(text: str) -> bool:
    """Whether a text looks like a client secret or refresh token itself."""
    return _mentions(text, _VALUES)


def _holds(body: str, names: tuple[str, ...]) -> bool:
    try:
        content = json.loads(body, object_pairs_hook=_Members)
    except (ValueError, RecursionError):  # nobody can tell names from values
        return _mentions(body, (*_VALUES, *names))
    return is_secret(body) or _named(content, names)


def _mentions(text: str, marks: tuple[str, ...]) -> bool:
    plain = text.casefold()
    if "\\" in plain:  # letters may be written as escapes, in JSON inside a text once more
        plain = _ESCAPE.sub(lambda m: chr(int(m[1], 16)), plain).casefold().replace("\\", "")
    squeezed = _squeezed(plain)
    return any(mark in plain or mark in squeezed for mark in marks)


def _squeezed(name: str) -> str:
    return name.casefold().replace("_", "").replace("-", "").replace(" ", "")


def _named(content: Any, names: tuple[str, ...]) -> bool:
    """Whether a member anywhere, also in JSON inside a text, is named like something secret."""
    waiting = [content]
    while waiting:
        value = waiting.pop()
        if isinstance(value, _Members):
            for key, inner in value:
                name = _squeezed(key)
                if any(word in name for word in names):
                    return True
                if name in _TYPES and isinstance(inner, str) and any(word in _squeezed(inner) for word in names):
                    return True
                waiting.append(inner)
        elif isinstance(value, list):
            waiting += value
        elif isinstance(value, str):
            if any(word in value.casefold() for word in _WRITTEN):
                return True
            if value.lstrip()[:1] in ("{", "["):
                try:
                    waiting.append(json.loads(value, object_pairs_hook=_Members))
                except (ValueError, RecursionError):
                    if _mentions(value, names):
                        return True
    return False
