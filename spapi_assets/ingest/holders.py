"""Who holds a lease: a process, named so that another one on the same machine can see whether it still lives.
Leases themselves are `aws/ledger.py`'s; of a process on another machine nothing is known before its lease runs out."""

from __future__ import annotations

import os
import socket
import uuid
from pathlib import Path

_PROC = Path("/proc")


def holder() -> str:
    """A new name of this process as a holder: machine, process, and a part of its own for each lease."""
    return f"{_machine()}#{os.getpid()}#{_started(os.getpid()) or ''}#{uuid.uuid4().hex[:8]}"


def is_dead(name: str) -> bool:
    """Whether the process of that name is known to be gone. Never true of other machines, or where there is no /proc."""
    machine, _, rest = name.partition("#")
    pid, _, rest = rest.partition("#")
    started = rest.partition("#")[0]
    if not (started and pid.isdigit() and machine == _machine()):
        return False
    return _started(int(pid)) != started


def _machine() -> str:
    """Host, boot and process namespace: only within the same one does a process id mean the same process."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()[:8]
        namespace = os.readlink(_PROC / "self/ns/pid")
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()}/{boot}/{namespace}"


def _started(pid: int) -> str | None:
    """When a process began, in the kernel's ticks; None when there is none, or only its corpse."""
    try:
        facts = (_PROC / f"{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if facts[0] in "ZX" else facts[19]
