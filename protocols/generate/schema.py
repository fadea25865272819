"""The wire as JSON Schema, and the fingerprint that tells two wires apart."""

import hashlib
import json
from typing import Any

import msgspec

from protocols.from_client import FromClient
from protocols.from_server import FromServer
from protocols.views import View

REF = "#/$defs/{name}"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schemas(ref: str = REF) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The schema of what clients send, of what the server sends, and all definitions they use."""
    (sent, received, _), definitions = msgspec.json.schema_components(
        (FromClient, FromServer, View), ref_template=ref
    )
    # Defaults come as tuples and the like; readers of any text see lists.
    plain = msgspec.json.encode((sent, received, definitions))
    return msgspec.json.decode(plain, type=tuple[dict[str, Any], dict[str, Any], dict[str, Any]])


def json_schema() -> str:
    """`messages.schema.json`: a document that accepts any one message of either direction."""
    sent, received, definitions = schemas()
    document = {
        "$schema": DIALECT,
        "title": "Kanvoy messages",
        "description": "One WebSocket frame holds one of these. Generated from protocols/.",
        "anyOf": [{"$ref": REF.format(name="FromClient")}, {"$ref": REF.format(name="FromServer")}],
        "$defs": {"FromClient": sent, "FromServer": received, **definitions},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def fingerprint() -> str:
    """Sixteen hex digits of everything that can reach the wire; wording does not count."""
    sent, received, definitions = schemas()
    bare = _without_words({"sent": sent, "received": received, **definitions})
    canonical = json.dumps(bare, sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(canonical).hexdigest()[:16]


def _without_words(node: object) -> object:
    # A property that is itself called `description` is a dict, never a text.
    if isinstance(node, dict):
        return {
            key: _without_words(value)
            for key, value in node.items()
            if not (key in ("description", "title") and isinstance(value, str))
        }
    if isinstance(node, list):
        return [_without_words(value) for value in node]
    return node
