"""The model server's HTTP: bytes in, replies out, connections broken where a reply says so.
What is answered, and why, is server.py."""

from __future__ import annotations

import secrets
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .answers import Reply

Handle = Callable[[str, str, dict[str, str], bytes], Reply]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        pass  # clients that hang up are part of the tests


def listen(handle: Handle) -> ThreadingHTTPServer:
    """A server on a free port of loopback that answers with what `handle` says."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = handle(self.command, self.path, headers, body)
            time.sleep(reply.delay)
            if reply.cut is not None and reply.cut < 0:
                # Linger zero makes the close a reset, as a dying load balancer does.
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True
                self.connection.close()
                return
            payload = reply.text.encode()
            self.send_response(reply.status)
            named = {"x-amzn-RequestId": secrets.token_hex(8), "Content-Type": "application/json", **reply.headers}
            for name, value in named.items():
                self.send_header(name, value)
            if reply.status != 204:
                self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload[: reply.cut])
            self.wfile.flush()
            if reply.cut is not None:
                self.close_connection = True

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve

        def log_message(self, *_: Any) -> None:
            pass

    return _Server(("127.0.0.1", 0), Handler)
