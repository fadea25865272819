"""The specification tells the truth where a program can check it."""

import re
from pathlib import Path

import msgspec
import pytest

from protocols.closing import Close
from protocols.from_client import FromClient
from protocols.from_server import FromServer
from protocols.generate.declared import members, tag_of

SPEC = (Path(__file__).resolve().parents[2] / "protocols" / "SPEC.md").read_text()
SAID = [
    line
    for block in re.findall(r"```json\n(.*?)```", SPEC, re.DOTALL)
    for line in block.splitlines()
]
FROM_CLIENTS = {tag_of(member) for member in members(FromClient)}


def test_the_specification_shows_conversations():
    assert len(SAID) > 10


@pytest.mark.parametrize("line", SAID, ids=lambda line: line[:50])
def test_every_message_shown_is_one(line):
    message = msgspec.json.decode(line)
    union = FromClient if message["type"] in FROM_CLIENTS else FromServer

    assert msgspec.json.decode(line, type=union)


@pytest.mark.parametrize("code", Close)
def test_every_close_code_is_explained(code):
    assert str(code.value) in SPEC.partition("## 7. Close codes")[2].partition("\n# ")[0]
