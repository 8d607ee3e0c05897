"""The simulator as a server: an ASGI application over gateway and control plane, run by uvicorn in a thread.
`Simulator` is what tests and the command line start; it holds the state for direct access."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from spapi_assets.simulator import changing
from spapi_assets.simulator.accounts import Directory, default_directory
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.clock import Clock
from spapi_assets.simulator.control import ControlPlane
from spapi_assets.simulator.faults import Faults
from spapi_assets.simulator.gateway import Gateway, Request
from spapi_assets.simulator.journal import Journal
from spapi_assets.simulator.rendering import Renderer
from spapi_assets.simulator.state import State, build_state

_METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH"]


class _Broken(Response):
    """Promises the whole body, sends half of it and lets the server close the connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body[: len(self.body) // 2], "more_body": True})


def build_app(state: State) -> Starlette:
    """The ASGI application."""
    gateway, control = Gateway(state), ControlPlane(state)

    async def everything(http: HttpRequest) -> Response:
        request = Request(
            method=http.method,
            path=http.scope["raw_path"].decode("ascii", "replace"),
            query=http.url.query,
            headers={name.lower(): value for name, value in http.headers.items()},
            body=await http.body(),
        )
        answerer = control.answer if request.path.startswith("/simulator") else gateway.answer
        # Handlers may write documents and take locks: in threads, so that one slow call holds up no other.
        reply = await run_in_threadpool(answerer, request)
        if reply.delay:
            await asyncio.sleep(reply.delay)
        kind = _Broken if reply.broken else Response
        return kind(reply.body, status_code=reply.status, headers=reply.headers)

    async def home(_: HttpRequest) -> Response:
        return RedirectResponse("/simulator/")

    return Starlette(routes=[Route("/", home), Route("/{path:path}", everything, methods=_METHODS)])


class Simulator:
    """SP-API and LWA on 127.0.0.1.

    `quota_scale` multiplies every rate, `speed` is simulated seconds per real second, `processing_seconds` is the simulated
    time from createReport to the final status, `token_seconds` the life of access tokens, `scale` the size of the business.
    `renderer` writes the documents; by default the fictitious business of this package. `extra_articles` says how many articles
    sellers list beside the business's own, by account name: they cost nothing until somebody asks for them.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        seed: int = 7,
        scale: float = 1.0,
        quota_scale: float = 1.0,
        speed: float = 1.0,
        processing_seconds: float = 20.0,
        token_seconds: int = 3600,
        now: datetime | None = None,
        directory: Directory | None = None,
        renderer: Renderer | None = None,
        extra_articles: Mapping[str, int] | None = None,
    ) -> None:
        directory = directory or default_directory()
        business = Business(seed, scale=scale)
        for name, count in (extra_articles or {}).items():
            business.list_extra_articles(business.account(directory.by_name(name).selling_partner_id), count)
        if renderer is None:
            from spapi_assets.simulator.adapter import BusinessRenderer

            renderer = BusinessRenderer(directory, business)
        self.state = build_state(
            directory,
            renderer,
            business,
            clock=Clock(speed, now),
            quota_scale=quota_scale,
            processing_seconds=processing_seconds,
            token_seconds=token_seconds,
            seed=seed,
        )
        self._host, self._port = host, port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The origin, for SPAPI_ENDPOINT_URL and LWA_ENDPOINT_URL; empty until started."""
        return self.state.storage.base_url

    @property
    def clock(self) -> Clock:
        return self.state.clock

    @property
    def faults(self) -> Faults:
        return self.state.faults

    @property
    def journal(self) -> Journal:
        return self.state.journal

    def advance(self, seconds: float) -> None:
        """Let simulated time pass; what becomes due has happened, and its notifications are sent, when this returns."""
        self.clock.advance(seconds)
        self.flush_notifications()

    def change(self, account: str, change: str, **fields: Any) -> int:
        """Let a listing, item or offer of an account change (see changing.py); returns the number of notifications, which have
        been sent."""
        count = changing.change(self.state, {"account": account, "change": change} | fields)
        self.flush_notifications(10 + count / 50)
        return count

    def flush_notifications(self, seconds: float = 10) -> None:
        """Wait until every notification that is due has been sent."""
        if not self.state.publisher.flush(seconds):
            raise TimeoutError(
                f"the simulator's notifications were not sent within {seconds:g} seconds; is the queue's endpoint reachable?"
            )

    def start(self) -> Simulator:
        """Listen; returns when requests are answered. Raises OSError when the port is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((self._host, self._port))
        listener.listen(256)
        port = listener.getsockname()[1]
        self.state.storage.base_url = f"http://{'127.0.0.1' if self._host == '0.0.0.0' else self._host}:{port}"
        config = uvicorn.Config(
            build_app(self.state),
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="simulator-http", daemon=True
        )
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the simulator's server ended before it started; see its log")
            self._thread.join(0.005)
        self.state.worker.start()
        self.state.publisher.start()
        return self

    def stop(self) -> None:
        """Stop listening and end the threads; safe to call twice."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join(timeout=10)
        self.state.worker.stop()
        self.state.publisher.stop()
        self._server = self._thread = None

    def __enter__(self) -> Simulator:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
