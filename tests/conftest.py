"""Shared fixtures: the AWS emulator as a real server on loopback, and Amazon's own models where they are at hand."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from model_server import Models, ModelServer

    from spapi_assets.simulator.server import Simulator

# A process of the suite keeps millions of objects to its end (Amazon's models, the simulated business, Dagster). Walking all of
# them takes 1-2 s a time, so it is done less often; never would cost gigabytes, because contexts and servers die only then.
gc.set_threshold(2000, 20, 40)

REFERENCE = Path(__file__).resolve().parents[2] / "shared" / "reference" / "amazon"


@pytest.fixture(scope="session")
def amazon_reference() -> Path:
    """Amazon's models, schemas and examples; they are large, so they are not part of the repository."""
    if not REFERENCE.is_dir():
        pytest.skip("Amazon's models and examples are not here (expected beside the repository in ../shared/reference/amazon)")
    return REFERENCE


@pytest.fixture(scope="session")
def amazon_models(amazon_reference: Path) -> Models:
    """Every operation of Amazon's models, read once."""
    from model_server import Models

    return Models(amazon_reference / "models")


@pytest.fixture
def model_server(amazon_models: Models) -> Iterator[ModelServer]:
    """An Amazon that follows its models to the letter: its `url` serves SP-API and Login with Amazon."""
    from model_server import ModelServer

    with ModelServer(amazon_models) as running:
        yield running


@pytest.fixture(scope="session")
def aws_server() -> Iterator[str]:
    """One AWS emulator per test process, over real HTTP on loopback."""
    from moto.server import ThreadedMotoServer

    from spapi_assets.demo.emulator import quicken_dynamodb

    quicken_dynamodb()  # 40 times faster where identifiers are written
    _read_service_models_once()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # a line per AWS call would bury the failure
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def _read_service_models_once() -> None:
    """Each test has clients of its own; botocore would parse megabytes of JSON for every one of them (0.2 s a context)."""
    from botocore.loaders import JSONFileLoader

    read, known = JSONFileLoader.load_file, {}

    def load_file(self: JSONFileLoader, file_path: str) -> Any:
        if file_path not in known:
            known[file_path] = read(self, file_path)
        return known[file_path]

    JSONFileLoader.load_file = load_file


@pytest.fixture
def aws(aws_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The emulator as this test's AWS, emptied before the test. Returns the endpoint."""
    for name in [n for n in os.environ if n.startswith(("AWS_", "SPAPI_", "LWA_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    import requests

    requests.post(f"{aws_server}/moto-api/reset", timeout=10)
    return aws_server


@pytest.fixture
def simulator(aws: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Simulator]:
    """The simulated business over HTTP: quick, with roomy quotas, and already this test's SP-API endpoint."""
    from spapi_assets.simulator.server import Simulator

    with Simulator(processing_seconds=0.5, quota_scale=1000) as running:
        monkeypatch.setenv("SPAPI_ENDPOINT_URL", running.url)
        monkeypatch.setenv("LWA_ENDPOINT_URL", f"{running.url}/auth/o2/token")
        yield running
