"""A small HTTP server that plays Login with Amazon, SP-API and the document store, as each test scripts it.
It records every request byte for byte; the project's full simulator lives in spapi_assets/simulator."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from spapi_assets.spapi.auth import InMemoryTokenCache, LwaClient, LwaCredentials
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.throttle import InMemoryThrottle

CREDENTIALS = LwaCredentials("amzn1.application-oa2-client.test", "amzn1.oa2-cs.v1.topsecret", "Atzr|refresh-topsecret")


@dataclass
class Received:
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))


@dataclass
class Reply:
    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    drop: bool = False  # reset the connection instead of answering
    delay: float = 0.0
    cut: int | None = None  # send only so many bytes of the body announced

    @classmethod
    def error(cls, status: int, code: str, message: str, **headers: str) -> Reply:
        return cls(status, {"errors": [{"code": code, "message": message}]}, headers=headers)


def throttled() -> Reply:
    return Reply.error(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")


class FakeAmazon:
    """`answer` decides; by default LWA gives tokens Atza|1, Atza|2 ... and everything else is scripted with `script`."""

    def __init__(self) -> None:
        self.received: list[Received] = []
        self.exchanges: list[Received] = []
        self.scripted: list[Reply] = []
        self.always: Callable[[Received], Reply] | None = None
        self.lwa: Callable[[Received], Reply] = self._token
        self._lock = threading.Lock()
        fake = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def _serve(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                got = Received(self.command, unquote(url.path), parse_qsl(url.query, keep_blank_values=True), headers, body)
                reply = fake._answer(got)
                time.sleep(reply.delay)
                if reply.drop:
                    # Linger zero makes the close a reset, as a dying load balancer does.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.close_connection = True
                    self.connection.close()
                    return
                payload = reply.body if reply.body is not None else b"" if reply.json is None else json.dumps(reply.json).encode()
                self.send_response(reply.status)
                for name, value in {"x-amzn-RequestId": f"req-{len(fake.received)}", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload if reply.cut is None else payload[: reply.cut])
                self.wfile.flush()
                if reply.cut is not None:
                    self.close_connection = True

            do_GET = do_POST = do_DELETE = do_PUT = _serve

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                pass  # clients that hang up are part of the tests

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def script(self, *replies: Reply) -> None:
        self.scripted.extend(replies)

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, got: Received) -> Reply:
        if got.path.endswith("/auth/o2/token"):
            with self._lock:
                self.exchanges.append(got)
            return self.lwa(got)
        with self._lock:
            self.received.append(got)
            if self.scripted:
                return self.scripted.pop(0)
        assert self.always is not None, f"nothing scripted for {got.method} {got.path}"
        return self.always(got)

    def _token(self, got: Received) -> Reply:
        return Reply(json={"access_token": f"Atza|{len(self.exchanges)}", "token_type": "bearer", "expires_in": 3600})


class Bucket:
    """Amazon's side of a usage plan: a leaky bucket by arrival time."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst, self.tokens, self.at = rate, burst, float(burst), time.monotonic()
        self._lock = threading.Lock()

    def take(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self.tokens, self.at = min(self.burst, self.tokens + (now - self.at) * self.rate), now
            if self.tokens < 1:
                return False
            self.tokens -= 1
            return True


class Clock:
    """Time that passes only by sleeping, so that waits of minutes can be observed."""

    def __init__(self) -> None:
        self.now, self.slept = 1_800_000_000.0, 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def make_session(amazon: FakeAmazon, clock: Clock, **options: Any) -> SpApiSession:
    lwa = LwaClient("kestrel_eu", lambda: CREDENTIALS, InMemoryTokenCache(clock), amazon.url, clock=clock, sleep=clock.sleep)
    throttle = options.pop("throttle", None) or InMemoryThrottle(clock, clock.sleep)
    return SpApiSession(
        "kestrel_eu", "eu", "A3KESTREL0EU0", lwa, throttle, application_id="app", endpoint_url=amazon.url,
        clock=clock, sleep=clock.sleep, **options,
    )  # fmt: skip
