"""Document URLs: five minutes, signatures, headers, compression, and what faults do to them."""

from __future__ import annotations

import gzip
import zlib

import pytest
import requests

from spapi_assets.simulator.server import Simulator

from .conftest import Client


@pytest.fixture
def document_id(seller: Client) -> str:
    return seller.finished(seller.create())["reportDocumentId"]


def fetch(url: str, **headers: str) -> requests.Response:
    return requests.get(url, headers=headers, timeout=10, stream=True)


def test_a_url_gives_gzip_with_the_charset_in_the_content_type_and_no_content_encoding(seller: Client, document_id: str) -> None:
    document = seller.document(document_id)
    answer = fetch(document["url"])
    assert document["compressionAlgorithm"] == "GZIP"
    assert answer.headers["Content-Type"] == "text/plain; charset=Cp1252"
    assert "Content-Encoding" not in answer.headers
    assert gzip.decompress(answer.raw.read()).startswith("größe\t".encode("cp1252"))


def test_a_url_asked_with_a_content_encoding_header_lets_http_clients_decompress(seller: Client, document_id: str) -> None:
    url = seller.document(document_id, params={"enableContentEncodingUrlHeader": "true"})["url"]
    answer = fetch(url)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.content.startswith("größe\t".encode("cp1252"))


def test_a_url_lives_five_minutes_and_a_new_one_works_again(simulator: Simulator, seller: Client, document_id: str) -> None:
    url = seller.document(document_id)["url"]
    simulator.clock.advance(295)
    assert fetch(url).status_code == 200
    simulator.clock.advance(10)
    answer = fetch(url)
    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/xml"
    assert "<Code>AccessDenied</Code><Message>Request has expired</Message>" in answer.text
    assert fetch(seller.document(document_id)["url"]).status_code == 200


def test_s3_refuses_a_changed_url_and_an_access_token(seller: Client, document_id: str) -> None:
    url = seller.document(document_id)["url"]
    changed = fetch(url.replace("X-Amz-Expires=300", "X-Amz-Expires=9000"))
    assert (changed.status_code, "SignatureDoesNotMatch" in changed.text) == (403, True)
    leaked = fetch(url, **{"x-amz-access-token": seller.token})
    assert (leaked.status_code, "HeadersNotSigned" in leaked.text) == (403, True)
    assert fetch(url, authorization="Bearer x").status_code == 400
    assert fetch(f"{seller.simulator.url}/documents/reports/none").status_code == 403


def test_a_truncated_download_hits_one_url_only(simulator: Simulator, seller: Client, document_id: str) -> None:
    simulator.faults.add("truncated_gzip", times=1)
    broken, whole = seller.document(document_id)["url"], seller.document(document_id)["url"]
    with pytest.raises((EOFError, zlib.error)):
        gzip.decompress(fetch(broken).raw.read())
    assert gzip.decompress(fetch(whole).raw.read())


def test_a_download_can_break_off_half_way(simulator: Simulator, seller: Client, document_id: str) -> None:
    simulator.faults.add("broken_download", times=1)
    broken, whole = seller.document(document_id)["url"], seller.document(document_id)["url"]
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="IncompleteRead"):
        requests.get(broken, timeout=10)
    assert fetch(whole).status_code == 200


def test_an_expired_url_and_a_plain_body_can_be_asked_for(simulator: Simulator, seller: Client, document_id: str) -> None:
    simulator.faults.add("expired_url", times=1)
    simulator.faults.add("plain_instead_of_gzip", times=1)
    assert "Request has expired" in fetch(seller.document(document_id)["url"]).text
    plain = seller.document(document_id)
    assert plain["compressionAlgorithm"] == "GZIP"
    assert fetch(plain["url"]).content.startswith("größe".encode("cp1252"))


def test_a_named_transformation_changes_the_document_itself(simulator: Simulator, seller: Client) -> None:
    simulator.faults.add("document_transform:shout", times=1)
    document_id = seller.finished(seller.create())["reportDocumentId"]
    for _ in range(2):
        body = gzip.decompress(fetch(seller.document(document_id)["url"]).raw.read())
        assert b"GR\xf6\xdfE" in body
    with pytest.raises(ValueError, match="no transformation 'whisper'"):
        simulator.faults.add("document_transform:whisper")


def test_a_download_can_fail_like_a_storage_under_load(simulator: Simulator, seller: Client, document_id: str) -> None:
    simulator.faults.add("503_html", operation="downloadDocument", times=1)
    url = seller.document(document_id)["url"]
    assert (fetch(url).status_code, fetch(url).status_code) == (503, 200)
