"""Small facts about HTTP as SP-API wants it: the user-agent, the query's spelling, connections, what a lost one means.
No call is made here."""

from __future__ import annotations

import importlib.metadata
import platform
import re
from typing import Any
from urllib.parse import quote

import requests
import urllib3


def user_agent(name: str = "spapi-assets") -> str:
    """The user-agent Amazon asks for: `Name/Version (Language=Python/3.11; Platform=Linux/6.1)`, below 500 characters."""

    def escaped(text: str) -> str:
        return re.sub(r"([\\/();=])", r"\\\1", text)[:80]

    try:
        version = importlib.metadata.version("spapi-assets")
    except importlib.metadata.PackageNotFoundError:
        version = "0"
    language = f"Python/{escaped(platform.python_version())}"
    system = f"{escaped(platform.system() or 'unknown')}/{escaped(platform.release() or '0')}"
    return f"{escaped(name)}/{escaped(version)} (Language={language}; Platform={system})"


def new_http() -> requests.Session:
    """A session of its own connections that sends nobody's password."""
    http = requests.Session()
    http.auth = lambda request: request  # no Authorization header from a .netrc file
    return http


class UnsendableValue(ValueError):
    """A value that would mean something else once it stands in a URL."""


def query_value(value: Any) -> str:
    """A query parameter as Amazon's models want it: lists comma-separated, booleans as words. UnsendableValue when an element
    of a list holds a comma itself (some SKUs do), because Amazon would read two."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple, set, frozenset)):
        texts = [query_value(item) for item in value]
        for text in texts:
            if "," in text:
                raise UnsendableValue(f"{text!r} holds a comma and would arrive as two values of a list. Ask for it alone.")
        return ",".join(texts)
    return str(value)


def path_segment(value: Any) -> str:
    """A path parameter as one segment of the path. UnsendableValue for "", "." and "..", with which the path would be another
    one: HTTP clients and servers resolve dots even when they are encoded (RFC 3986 section 6.2.2)."""
    text = str(value)
    if text in ("", ".", ".."):
        raise UnsendableValue(f"{text!r} cannot be a part of a path.")
    return quote(text, safe="")


def never_sent(error: requests.RequestException) -> bool:
    """Whether the connection was not even made, so that Amazon cannot have seen the request."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    reason = error.args[0] if error.args else None
    return isinstance(getattr(reason, "reason", reason), urllib3.exceptions.NewConnectionError)
