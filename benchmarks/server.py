"""A tiny LWA and Reports API on loopback that serves one document, for measuring clients without limits or waiting.
It is no simulator of Amazon: that is `spapi_assets.simulator`."""

from __future__ import annotations

import json
import shutil
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

DOCUMENT_ID = "amzn1.spdoc.1.bench"


class Handler(BaseHTTPRequestHandler):
    """Answers the five calls a client makes to fetch one report."""

    protocol_version = "HTTP/1.1"
    document: Path

    def log_message(self, format: str, *args: object) -> None:
        return

    def _json(self, value: object, status: int = 200) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.startswith("/auth/o2/token"):
            self._json({"access_token": "Atza|bench", "token_type": "bearer", "expires_in": 3600, "refresh_token": "Atzr|bench"})
        else:
            self._json({"reportId": "1"}, 202)

    def do_GET(self) -> None:
        if self.path.startswith("/document"):
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; charset=UTF-8")
            self.send_header("Content-Length", str(self.document.stat().st_size))
            self.end_headers()
            with self.document.open("rb") as file:
                shutil.copyfileobj(file, self.wfile, 1 << 20)
        elif "/documents/" in self.path:
            host, port = self.server.server_address[:2]
            url = f"http://{host}:{port}/document"
            self._json({"reportDocumentId": DOCUMENT_ID, "url": url, "compressionAlgorithm": "GZIP"})
        else:
            self._json({"reportId": "1", "processingStatus": "DONE", "reportDocumentId": DOCUMENT_ID})


def main() -> None:
    Handler.document = Path(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
