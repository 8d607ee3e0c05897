"""A server built from Amazon's swagger models alone, for tests that prove requests legal, calls minimal and answers whole.
The fixture is `model_server` in tests/conftest.py; the project's own simulator is spapi_assets/simulator."""

from .answers import Reply
from .asked import Request
from .generator import Slot
from .models import CUT, ModelError, Models, Operation, leaves
from .server import ModelServer, Refusal

__all__ = ["CUT", "ModelError", "ModelServer", "Models", "Operation", "Refusal", "Reply", "Request", "Slot", "leaves"]
