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


class Models:
    """The four models that the simulator answers for."""

    def __init__(self, reference: Path) -> None:
        self.models = {name: json.loads((reference / "models" / path).read_text("utf-8")) for name, path in _MODELS.items()}
        notification = reference / "schemas" / "notifications" / "ReportProcessingFinishedNotification.json"
        self.notification = json.loads(notification.read_text("utf-8"))

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


def _no_unknown(validator: Any, properties: dict[str, Any], instance: Any, schema: dict[str, Any]) -> Any:
    """`properties`, and an error for a member that the model does not know."""
    yield from jsonschema.Draft4Validator.VALIDATORS["properties"](validator, properties, instance, schema)
    if isinstance(instance, dict) and "allOf" not in schema:
        for unknown in set(instance) - set(properties):
            yield jsonschema.ValidationError(f"{unknown!r} is not in Amazon's model")


_Strict = jsonschema.validators.extend(jsonschema.Draft4Validator, {"properties": _no_unknown})
