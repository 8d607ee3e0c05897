"""The applications and selling partners that exist in the simulator, by default or from a YAML or JSON file.
What they own (reports, subscriptions, business data) is kept elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from spapi_assets.simulator.marketplaces import REGIONS, Marketplace, by_code

CLIENT_ID = "amzn1.application-oa2-client.simulator"
CLIENT_SECRET = "simulator-secret"
APPLICATION_ID = "amzn1.sp.solution.simulator"


@dataclass(frozen=True)
class Application:
    """A registered SP-API application: who exchanges refresh tokens, and whose quota is spent."""

    client_id: str = CLIENT_ID
    client_secret: str = CLIENT_SECRET
    application_id: str = APPLICATION_ID


@dataclass(frozen=True)
class Account:
    """One authorization of one selling partner: a seller in one region, or a vendor group."""

    name: str
    kind: str
    region: str
    selling_partner_id: str
    marketplaces: tuple[Marketplace, ...]
    refresh_token: str
    client_id: str = CLIENT_ID
    store_name: str = "Kestrel"
    denied_report_types: tuple[str, ...] = ()  # as if the application lacked the role for them
    brand_registered: bool = True  # Brand Analytics is for registered brands only

    @property
    def account_id(self) -> str:
        """The identifier in notifications: merchant for sellers, vendor group for vendors."""
        return self.selling_partner_id if self.kind == "vendor" else f"amzn1.merchant.o.{self.selling_partner_id}"

    @property
    def marketplace_ids(self) -> frozenset[str]:
        return frozenset(marketplace.id for marketplace in self.marketplaces)


@dataclass(frozen=True)
class Directory:
    """All applications and accounts, found by what a client sends."""

    applications: dict[str, Application]
    accounts: tuple[Account, ...]

    def by_refresh_token(self, refresh_token: str) -> Account | None:
        return next((account for account in self.accounts if account.refresh_token == refresh_token), None)

    def by_name(self, name: str) -> Account:
        """The account of a name or selling partner id; ValueError with a sentence if there is none."""
        for account in self.accounts:
            if name in (account.name, account.selling_partner_id):
                return account
        raise ValueError(f"the simulator has no account {name!r}; it has {', '.join(a.name for a in self.accounts)}")


def default_directory() -> Directory:
    """Everyone the business sells as: a seller account in each region and in India, and a vendor group in the United States."""
    return read_directory(
        {
            "accounts": [
                {
                    "name": "kestrel_eu",
                    "kind": "seller",
                    "region": "eu",
                    "selling_partner_id": "A3KESTREL0EU0",
                    "marketplaces": ["DE", "UK", "FR", "IT", "ES"],
                },
                {
                    "name": "kestrel_na",
                    "kind": "seller",
                    "region": "na",
                    "selling_partner_id": "A3KESTREL0NA0",
                    "marketplaces": ["US", "CA", "MX"],
                },
                {
                    "name": "kestrel_fe",
                    "kind": "seller",
                    "region": "fe",
                    "selling_partner_id": "A3KESTREL0FE0",
                    "marketplaces": ["JP"],
                },
                {
                    "name": "kestrel_in",
                    "kind": "seller",
                    "region": "eu",
                    "selling_partner_id": "A3KESTREL0IN0",
                    "marketplaces": ["IN"],
                },
                {
                    "name": "kestrel_vendor_us",
                    "kind": "vendor",
                    "region": "na",
                    "selling_partner_id": "amzn1.vg.1000001",
                    "marketplaces": ["US"],
                },
            ]
        }
    )


def load_directory(path: Path) -> Directory:
    """Read accounts from a YAML or JSON file; the platform's own accounts.yaml fits as it is."""
    data = yaml.safe_load(path.read_text("utf-8"))
    if not isinstance(data, dict):
        raise ValueError(f"{path} is not an accounts file: it must be a mapping with the key `accounts`")  # noqa: TRY004
    return read_directory(data)


def read_directory(data: dict[str, Any]) -> Directory:
    """Accounts and applications from plain data. A refresh token that is not given is `Atzr|simulator-<name>`, with hyphens."""
    applications = {app["client_id"]: Application(**app) for app in data.get("applications", [])}
    default = Application()
    applications.setdefault(default.client_id, default)
    accounts = []
    for row in data.get("accounts", []):
        name = row["name"]
        if row["kind"] not in ("seller", "vendor") or row["region"] not in REGIONS:
            raise ValueError(f"account {name}: kind must be seller or vendor and region one of {', '.join(REGIONS)}")
        marketplaces = tuple(by_code(code) for code in row["marketplaces"])
        elsewhere = [marketplace.code for marketplace in marketplaces if marketplace.region != row["region"]]
        if elsewhere or not marketplaces:
            raise ValueError(f"account {name}: marketplaces must be at least one of region {row['region']}, not {elsewhere}")
        client_id = row.get("client_id", CLIENT_ID)
        if client_id not in applications:
            raise ValueError(f"account {name}: client_id {client_id} is not among the applications of the file")
        accounts.append(
            Account(
                name=name,
                kind=row["kind"],
                region=row["region"],
                selling_partner_id=row["selling_partner_id"],
                marketplaces=marketplaces,
                refresh_token=row.get("refresh_token") or "Atzr|simulator-" + name.replace("_", "-"),
                client_id=client_id,
                store_name=row.get("store_name", "Kestrel"),
                denied_report_types=tuple(row.get("denied_report_types", ())),
                brand_registered=bool(row.get("brand_registered", True)),
            )
        )
    return Directory(applications, tuple(accounts))
