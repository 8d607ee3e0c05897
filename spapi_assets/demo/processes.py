"""Starts the demo's servers and stops every one of them, however the demo ends.
Each child leads its own process group, so that its own children (Dagster starts several) stop with it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path


class DemoError(RuntimeError):
    """The demo cannot go on; the message says what happened and where to look."""


def free_port(preferred: int | None = None) -> int:
    """A port on loopback that is free now; the preferred one if it is."""
    for port in (preferred, 0):
        if port is None:
            continue
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise DemoError("No free port on 127.0.0.1.")


def _die_with_parent() -> None:
    """Linux: the kernel ends this child when the demo itself is killed outright."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Processes:
    """The demo's children, by name, with a log file each."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = dict(environ)
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], cwd: Path | None = None) -> None:
        log = (self._folder / f"{name}.log").open("wb")
        self._children[name] = subprocess.Popen(
            list(command),
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=self._environ,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=_die_with_parent if sys.platform == "linux" else None,
        )

    def wait_until(self, name: str, ready: Callable[[], bool], seconds: float) -> None:
        """Wait for a child to answer; its last log lines are in the error when it does not."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self.check(name)
            if ready():
                return
            time.sleep(0.2)
        raise DemoError(f"{name} did not answer within {seconds:.0f} s.\n{self.tail(name)}")

    def check(self, name: str) -> None:
        code = self._children[name].poll()
        if code is not None:
            raise DemoError(f"{name} ended with exit code {code}.\n{self.tail(name)}")

    def check_all(self) -> None:
        for name in self._children:
            self.check(name)

    def tail(self, name: str, lines: int = 15) -> str:
        log = self._folder / f"{name}.log"
        text = log.read_text("utf-8", "replace").splitlines()[-lines:] if log.exists() else []
        return "\n".join([f"Last lines of {log}:", *text])

    def stop(self, grace_seconds: float = 8.0) -> None:
        """Ask every group to stop, the youngest first, then end what is still there."""
        for sign, patience in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 3.0)):
            for child in reversed(self._children.values()):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(child.pid, sign)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline and any(self._group_lives(c) for c in self._children.values()):
                time.sleep(0.1)
        self._children.clear()

    @staticmethod
    def _group_lives(child: subprocess.Popen[bytes]) -> bool:
        child.poll()
        try:
            os.killpg(child.pid, 0)
        except (ProcessLookupError, PermissionError):
            return False
        return True
