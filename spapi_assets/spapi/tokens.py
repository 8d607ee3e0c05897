"""The Tokens API 2021-03-01: restricted data tokens for operations that show personal data.
Which report types are restricted is a fact of the registry, not of this module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spapi_assets.spapi.errors import AmazonFault
from spapi_assets.spapi.operations import CREATE_RESTRICTED_DATA_TOKEN, GET_REPORT_DOCUMENT
from spapi_assets.spapi.session import SpApiSession


class TokensApi:
    """Restricted data tokens of one selling partner. A token replaces the access token of the calls it names, for an hour."""

    def __init__(self, session: SpApiSession) -> None:
        self._session = session

    def restricted_data_token(
        self,
        method: str,
        path: str,
        data_elements: Sequence[str] | None = None,
        *,
        target_application: str | None = None,
        reserve: float | None = None,
        max_wait: float | None = None,
    ) -> str:
        """A token for one method and path. `data_elements` (buyerInfo, shippingAddress, buyerTaxInformation) belong to Orders v0
        only. For getReportDocument the path must hold the actual document id, and the report type must be a restricted one."""
        resource: dict[str, Any] = {"method": method, "path": path}
        if data_elements:
            resource["dataElements"] = list(data_elements)
        body: dict[str, Any] = {"restrictedResources": [resource]}
        if target_application:
            body["targetApplication"] = target_application
        answer = self._session.call(CREATE_RESTRICTED_DATA_TOKEN, json=body, reserve=reserve, max_wait=max_wait)
        token = answer.get("restrictedDataToken")
        if not isinstance(token, str) or not token:
            raise AmazonFault(
                f"Amazon gave account {self._session.account} no restricted data token for {method} {path} although it reported "
                "success. Try again; if it stays, open a case with Amazon.",
                account=self._session.account,
                operation=CREATE_RESTRICTED_DATA_TOKEN.name,
            )
        return token

    def for_report_document(self, document_id: str) -> str:
        """The token to fetch one restricted report document with."""
        return self.restricted_data_token("GET", GET_REPORT_DOCUMENT.path.format(reportDocumentId=document_id))
