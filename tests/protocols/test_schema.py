"""What integrators read is valid, and says what the Structs say."""

import json
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml

from protocols.closing import AT_ONCE, FINAL, Close, may_retry
from protocols.generate.asyncapi import asyncapi, document
from protocols.generate.examples import FROM_CLIENT, FROM_SERVER
from protocols.generate.schema import fingerprint, json_schema
from tests.protocols.test_messages import EXAMPLES, name_of

SCHEMA = json.loads(json_schema())
ASYNCAPI = document()


def references(node: Any) -> list[str]:
    """Every `$ref` in a document."""
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [ref for value in node.values() for ref in references(value)]
    if isinstance(node, list):
        return [ref for value in node for ref in references(value)]
    return []


def resolved(document: Any, ref: str) -> Any:
    """What a local reference means; raises KeyError when it means nothing."""
    node = document
    for step in ref.removeprefix("#/").split("/"):
        node = node[step]
    return node


def test_the_json_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for ref in references(SCHEMA):
        assert resolved(SCHEMA, ref)


@pytest.mark.parametrize("example", EXAMPLES, ids=name_of)
def test_the_json_schema_accepts_every_example(example):
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(msgspec.json.encode(example)))


@pytest.mark.parametrize(
    "wrong",
    [
        {"type": "hologram"},
        {"type": "command", "number": 0, "command": {"kind": "undo", "undone": 1}},
        {"type": "command", "number": 1, "command": {"kind": "undo", "undone": 1, "mood": "fine"}},
        {"type": "unsubscribe", "channel": "Board"},
    ],
)
def test_the_json_schema_refuses_what_the_server_refuses(wrong):
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(wrong)


def test_the_asyncapi_document_has_what_its_specification_asks_for():
    assert ASYNCAPI["asyncapi"] == "3.0.0"
    assert {"title", "version"} <= set(ASYNCAPI["info"])
    assert all({"host", "protocol"} <= set(server) for server in ASYNCAPI["servers"].values())
    assert {each["action"] for each in ASYNCAPI["operations"].values()} == {"send", "receive"}
    for name, message in ASYNCAPI["components"]["messages"].items():
        assert {"name", "payload", "examples"} <= set(message), name
    for ref in references(ASYNCAPI):
        assert resolved(ASYNCAPI, ref), ref


def test_every_message_of_an_operation_is_one_of_its_channel():
    channel = ASYNCAPI["channels"]["realtime"]
    said = [ref["$ref"] for each in ASYNCAPI["operations"].values() for ref in each["messages"]]

    assert channel["address"] == "/v1/realtime"
    assert {ref.rpartition("/")[2] for ref in said} == set(channel["messages"])
    assert len(said) == len(FROM_CLIENT) + len(FROM_SERVER)


def test_every_example_of_the_asyncapi_document_fits_its_payload():
    for name, message in ASYNCAPI["components"]["messages"].items():
        schema = message["payload"] | {"components": ASYNCAPI["components"]}
        for example in message["examples"]:
            jsonschema.Draft202012Validator(schema).validate(example["payload"])
        assert message["title"] == name


def test_the_asyncapi_text_is_the_document():
    assert yaml.safe_load(asyncapi()) == ASYNCAPI
    assert ASYNCAPI["info"]["x-fingerprint"] == fingerprint()


def test_every_close_code_says_what_a_client_does():
    told = {
        each["code"]: each["client"] for each in ASYNCAPI["channels"]["realtime"]["x-close-codes"]
    }

    assert set(told) == {code.value for code in Close}
    assert {code for code, client in told.items() if client == "stop"} == set(told) & set(FINAL)
    assert {code for code, client in told.items() if client == "reconnect_at_once"} == (
        set(told) & set(AT_ONCE)
    )
    assert all(may_retry(code) == (client != "stop") for code, client in told.items())
