"""Amazon's own models as JSON Schemas, for checking the simulator's answers against them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

_MODELS = {
    "reports": "reports-api-model/reports_2021-06-30.json",
    "notifications": "notifications-api-model/notifications.json",
    "sellers": "sellers-api-model/sellers.json",
    "tokens": "tokens-api-model/tokens_2021-03-01.json",
}
_NEIGHBOURS = {
    "catalog": "catalog-items-api-model/catalogItems_2022-04-01.json",
    "listings": "listings-items-api-model/listingsItems_2021-08-01.json",
    "inventory": "fba-inventory-api-model/fbaInventory.json",
    "pricing": "product-pricing-api-model/productPricing_2022-05-01.json",
    "fees": "product-fees-api-model/productFeesV0.json",
    "sales": "sales-api-model/sales.json",
    "orders": "orders-api-model/orders_2026-01-01.json",
    "finances": "finances-api-model/finances_2024-06-19.json",
    "transfers": "finances-api-model/transfers_2024-06-01.json",
    "invoices": "finances-api-model/financesInvoices_2026-06-25.json",
    "data_kiosk": "data-kiosk-api-model/dataKiosk_2023-11-15.json",
    "vendor_orders": "vendor-orders-api-model/vendorOrders.json",
    "vendor_shipments": "vendor-shipments-api-model/vendorShipments.json",
}


class Models:
    """The models that the simulator answers for: of reports and what they need, and of the neighbour APIs."""

    def __init__(self, reference: Path) -> None:
        paths = _MODELS | _NEIGHBOURS
        self.models = {name: json.loads((reference / "models" / path).read_text("utf-8")) for name, path in paths.items()}
        for content in self.models.values():
            content["definitions"] = {
                name: _flat(definition, content["definitions"]) for name, definition in content["definitions"].items()
            }
        notification = reference / "schemas" / "notifications" / "ReportProcessingFinishedNotification.json"
        self.notification = json.loads(notification.read_text("utf-8"))

    def is_neighbour(self, operation: str) -> bool:
        """Whether an operation belongs to an API beside reports, which has tests of its own."""
        return self.operation(operation)[0] in _NEIGHBOURS

    def operation(self, name: str) -> tuple[str, dict[str, Any]]:
        """The model and the definition of an operation."""
        for model, content in self.models.items():
            for methods in content["paths"].values():
                for definition in methods.values():
                    if isinstance(definition, dict) and definition.get("operationId") == name:
                        return model, definition
        raise KeyError(name)

    def check(self, name: str, status: int, body: Any) -> None:
        """Fail unless the body is what the model promises for this operation and status."""
        model, definition = self.operation(name)
        schema = definition["responses"][str(status)].get("schema")
        if schema is None:
            assert body is None, f"{name} {status} has no body in the model"
            return
        _Strict({"definitions": self.models[model]["definitions"], **schema}, format_checker=jsonschema.FormatChecker()).validate(
            body
        )

    def check_notification(self, body: Any) -> None:
        jsonschema.Draft7Validator(self.notification).validate(body)


def _flat(definition: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """A definition made of several (`allOf`) as one object: each alone would call the members of the others unknown."""
    if "allOf" not in definition:
        return definition
    whole: dict[str, Any] = {"type": "object", "properties": {}, "required": []}
    for part in definition["allOf"]:
        named = _flat(definitions[part["$ref"].split("/")[-1]], definitions) if "$ref" in part else part
        whole["properties"] |= named.get("properties", {})
        whole["required"] += named.get("required", [])
    return whole if whole["required"] else {name: value for name, value in whole.items() if name != "required"}


def _no_unknown(validator: Any, properties: dict[str, Any], instance: Any, schema: dict[str, Any]) -> Any:
    """`properties`, and an error for a member that the model does not know."""
    yield from jsonschema.Draft4Validator.VALIDATORS["properties"](validator, properties, instance, schema)
    if isinstance(instance, dict) and "allOf" not in schema:
        for unknown in set(instance) - set(properties):
            yield jsonschema.ValidationError(f"{unknown!r} is not in Amazon's model")


_Strict = jsonschema.validators.extend(jsonschema.Draft4Validator, {"properties": _no_unknown})
