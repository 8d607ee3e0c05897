"""`spapi identifiers`: what a person imports, sees, exports and takes back; and what the doctor says of it."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.identifiers import Found, Identifiers
from spapi_assets.aws.refreshes import Refreshes
from spapi_assets.aws.setup import _table

from .conftest import Deployment

A1, A2 = "B000000001", "B000000002"
TABLE = "spapi-identifiers"


@pytest.fixture
def simulator() -> object:
    """Nothing here asks Amazon; only the address of the deployment is needed."""

    class Nobody:
        url = "http://127.0.0.1:9"

    return Nobody()


@pytest.fixture
def store(deployment: Deployment) -> Identifiers:
    _table(deployment.clients, TABLE, sort_key=True, index=False)
    return Identifiers(AwsClients(), TABLE)


def test_a_file_is_imported_once_listed_exported_and_taken_back(
    deployment: Deployment, store: Identifiers, tmp_path: Path
) -> None:
    store.put("asin", "kestrel_eu", "DE", [Found(A2)], "merchant_listings", day=date(2026, 3, 1), whole=True)
    file = tmp_path / "asins.csv"
    file.write_text(f"{A1}\n{A2}\n{A1}\n")
    options = ("--account", "kestrel_eu", "--marketplace", "DE", "--kind", "asin")
    dry = deployment.run("identifiers", "import", str(file), *options, "--dry-run").output
    assert "kestrel_eu.DE: 2 ASINs: 1 new, 1 known already" in dry
    assert "2 identifiers, 1 named a second time left out. Nothing was changed." in dry
    assert store.count("asin", "kestrel_eu", "DE") == 1
    done = deployment.run("identifiers", "import", str(file), *options).output
    assert "kestrel_eu.DE: 2 ASINs: 1 new, 1 known already" in done
    assert "They are imported." in done
    assert "0 new, 2 known already" in deployment.run("identifiers", "import", "-", *options, input=f"asin\n{A1}\n{A2}\n").output

    store.missing("asin", "kestrel_eu", "DE", [A1])
    Refreshes(AwsClients(), TABLE).ask("listings_items", "kestrel_eu.DE", ["S"], "change", datetime(2026, 3, 1, tzinfo=UTC))
    told = deployment.json("identifiers", "list")
    today = datetime.now(UTC).date().isoformat()
    assert told["known"] == [
        {
            "account": "kestrel_eu",
            "marketplace": "DE",
            "kind": "asin",
            "known": 2,
            "listed": 1,
            "unlisted": 0,
            "missing": 1,
            "newest": today,
        }
    ]  # fmt: skip
    table = deployment.run("identifiers", "list").output
    assert "kestrel_eu" in table
    assert "1 wait to be read again by listings_items of kestrel_eu.DE, since 2026-03-01" in table

    exported = deployment.run("identifiers", "export", "--missing").output
    assert [row[:5] for row in csv.reader(io.StringIO(exported))][1:] == [["kestrel_eu", "DE", "asin", A1, ""]]
    whole = tmp_path / "all.csv"
    assert deployment.run("identifiers", "export", "--output", str(whole)).exit_code == 0
    assert "0 new, 2 known already" in deployment.run("identifiers", "import", str(whole)).output

    back = deployment.run("identifiers", "forget", str(file), *options).output
    assert "2 forgotten, 0 were not known; reports name 1 of them, whose next load brings them back" in back
    assert list(store.all("asin", "kestrel_eu", "DE")) == []
    assert "0 forgotten, 2 were not known" in deployment.run("identifiers", "forget", str(file), *options).output
    assert "No identifiers are known yet" in deployment.run("identifiers", "list").output


def test_nothing_is_written_when_a_line_is_bad_unless_it_is_to_be_skipped(deployment: Deployment, store: Identifiers) -> None:
    text = f"account,marketplace,asin\nkestrel_eu,DE,{A1}\nkestrel_eu,FR,{A1}\nkestrel_eu,DE,B0\n"
    refused = deployment.run("identifiers", "import", "-", input=text)
    assert refused.exit_code == 1
    assert "Line 3: marketplace 'FR' is not one of account kestrel_eu; kestrel_eu has DE, UK." in refused.output
    assert "Line 4: 'B0': an ASIN is ten letters and digits." in refused.output
    assert "Nothing was changed: 2 of the file's lines" in refused.output
    assert store.count("asin", "kestrel_eu", "DE") == 0
    skipped = deployment.run("identifiers", "import", "-", "--skip-bad", input=text)
    assert skipped.exit_code == 0
    assert "1 identifier, 2 in lines that cannot be used left out. They are imported." in skipped.output
    assert store.count("asin", "kestrel_eu", "DE") == 1


def test_a_missing_table_is_a_sentence_that_names_the_command(deployment: Deployment) -> None:
    result = deployment.run("identifiers", "list")
    assert result.exit_code == 1
    assert "Run `spapi setup` first" in result.output
    assert "Traceback" not in result.output


def test_the_doctor_counts_what_is_known_and_names_an_api_that_has_nothing_to_ask_by(
    deployment: Deployment, store: Identifiers
) -> None:
    deployment.write_accounts(kestrel_eu={"reports": ["catalog_items"]})

    def told(account: str) -> dict[str, str]:
        (line,) = [x for x in deployment.json("doctor") if (x["about"], x["check"]) == (account, "identifiers")]
        return line

    before = told("kestrel_eu")
    assert before["level"] == "WARN"
    assert before["sentence"] == "No ASINs are known, and no report brings any: nothing is read of catalog_items."
    assert "spapi identifiers import" in before["fix"]
    vendor = told("kestrel_vendor_us")  # whose default reports bring them
    assert vendor["level"] == "PASS"
    assert "No ASINs are known yet; the first load of vendor_" in vendor["sentence"]
    store.put("asin", "kestrel_eu", "DE", [Found(A1), Found(A2)], "import")
    store.put("sku", "kestrel_eu", "UK", [Found("S")], "import")
    after = told("kestrel_eu")
    assert "DE: 2 ASINs; UK: 1 SKU." in after["sentence"]
    assert after["level"] == "PASS"
