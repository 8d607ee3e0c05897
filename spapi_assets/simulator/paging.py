"""Page tokens of the newer APIs: opaque, bound to a selling partner, an operation and the other parameters, some for a time only.
What a page holds, and where it goes on, is each API's business."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from spapi_assets.simulator.api.call import Call
from spapi_assets.simulator.errors import invalid_input
from spapi_assets.simulator.faults import NEXT_TOKEN_MISSING, PAGE_TOKEN_REFUSED

_MARK = b"~?>"  # so that a token holds `=`, `+` and `/`, which a client must encode


def write(call: Call, name: str, position: Any, *, free: tuple[str, ...] = ()) -> str:
    """A token that leads to `position` (anything JSON holds). `free` are parameters that may differ when it is sent back."""
    content = [_binding(call, (name, *free)), call.state.clock.timestamp(), position]
    return base64.b64encode(_MARK + json.dumps(content).encode()).decode()


def read(
    call: Call, name: str, *, seconds: float | None = None, free: tuple[str, ...] = (), alone: bool = False, said: str = ""
) -> Any:
    """The position behind the token in query parameter `name`, or None where none was sent.

    Refused with 400: a token of another selling partner, operation or other parameters, and one older than `seconds`. `alone`
    lets a client leave all other parameters away. `said` is an API's own wording of the mismatch."""
    token = call.query.text(name)
    if token is None:
        return None
    try:
        binding, issued, position = json.loads(base64.b64decode(token, validate=True).removeprefix(_MARK))
    except (binascii.Error, ValueError, TypeError):
        raise invalid_input(f"'{name}' is not valid.") from None
    bare = alone and call.query.names() <= {name, *free}
    if binding[0] != _binding(call, (name, *free))[0]:
        raise invalid_input(f"'{name}' is not valid.")
    if not bare and binding != _binding(call, (name, *free)):
        raise invalid_input(said or f"The parameters do not match the provided '{name}'.")
    if seconds is not None and call.state.clock.timestamp() - issued > seconds:
        raise invalid_input(f"'{name}' has expired.")
    if _strikes(call, PAGE_TOKEN_REFUSED):
        raise invalid_input(said or f"The parameters do not match the provided '{name}'.")
    return position


def is_forgotten(call: Call) -> bool:
    """Whether a fault makes this page forget to name the next one."""
    return _strikes(call, NEXT_TOKEN_MISSING)


def _strikes(call: Call, kind: str) -> bool:
    names = (call.account.name, call.account.selling_partner_id)
    return call.state.faults.strike((kind,), operation=call.operation.name, account=names) is not None


def _binding(call: Call, ignored: tuple[str, ...]) -> list[str]:
    """Whose token it is and of which operation; and the other parameters, whatever their order and spelling of lists."""
    owner = f"{call.account.selling_partner_id} {call.operation.name} {sorted(call.path.items())}"
    rest = {name: sorted(",".join(values).split(",")) for name, values in call.query.values.items() if name not in ignored}
    return [_digest(owner), _digest(json.dumps(rest, sort_keys=True))]


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=9).hexdigest()
