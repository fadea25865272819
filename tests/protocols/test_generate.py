"""The generator writes what the Structs say, and refuses what the wire must not have."""

import ast
from datetime import datetime
from typing import Any, Literal

import msgspec
import pytest

from protocols.generate import __main__ as generate
from protocols.generate.declared import MODULES, declared, shape_of, tag_of
from protocols.generate.sdk import wire_modules
from protocols.generate.typescript import TypeScript, UnsupportedType, part_of
from protocols.values import Window
from protocols.vocabulary import OrderId, Priority

TYPESCRIPT = TypeScript()


def test_what_is_committed_is_what_would_be_generated():
    assert generate.stale(generate.generated()) == []


def test_check_names_what_is_out_of_date_and_fails(capsys, tmp_path):
    wanted = tmp_path / "messages.gen.ts"

    answer = generate.main(["--check"], {wanted: "text"})

    assert answer == 1
    assert capsys.readouterr().out.endswith("messages.gen.ts\n")
    assert not wanted.exists()


def test_without_check_what_is_out_of_date_is_written(capsys, tmp_path):
    wanted = tmp_path / "deep" / "messages.gen.ts"

    answer = generate.main([], {wanted: "text"})

    assert answer == 0
    assert wanted.read_text() == "text"
    assert "fingerprint" in capsys.readouterr().out
    assert generate.main(["--check"], {wanted: "text"}) == 0


@pytest.mark.parametrize(
    ("hint", "written"),
    [
        (OrderId, "OrderId"),
        (Priority, "Priority"),
        (Window | None, "Window | null"),
        (list[OrderId], "readonly OrderId[]"),
        (tuple[str | None, ...], "readonly (string | null)[]"),
        (tuple[int, int], "readonly [number, number]"),
        (dict[str, bool], "Readonly<Record<string, boolean>>"),
        (Literal["it's", 1, True], "'it\\'s' | 1 | true"),
        (Any, "unknown"),
    ],
)
def test_a_type_has_its_typescript(hint, written):
    assert TYPESCRIPT.hint(hint) == written


@pytest.mark.parametrize("hint", [datetime, set[str], bytes, complex])
def test_a_type_the_wire_must_not_have_is_refused(hint):
    with pytest.raises(UnsupportedType):
        TYPESCRIPT.hint(hint)


def test_defaults_hidden_in_a_dict_are_refused():
    with pytest.raises(UnsupportedType):
        part_of(dict[str, _Held])


class _Held(msgspec.Struct, frozen=True, kw_only=True):
    """A struct with a default."""

    empty: str = ""


def test_fields_and_their_words_are_inherited():
    class _Heir(_Held, frozen=True, kw_only=True, tag="heir"):
        """A struct that adds a field."""

        full: str

    assert [field.name for field in shape_of(_Heir).fields] == ["empty", "full"]
    assert tag_of(_Heir) == "heir"


def test_a_struct_without_a_tag_has_none():
    assert shape_of(Window).tag is None
    with pytest.raises(TypeError):
        tag_of(Window)


def test_every_public_type_is_in_the_typescript_once():
    text = TYPESCRIPT.text()

    for item in declared():
        name = TYPESCRIPT.name(item)
        found = text.count(f"export interface {name} {{") + text.count(f"export type {name} =")
        assert found == 1, name


def test_what_may_be_left_out_is_optional_in_typescript():
    text = TYPESCRIPT.text()
    card = text.partition("export interface CardView {")[2].partition("}\n")[0]

    assert "readonly rank: Rank;" in card
    assert "readonly labels?: readonly LabelId[];" in card


def test_the_sdk_carries_every_module_and_needs_no_other_package():
    copies = wire_modules()

    assert {f"{module.__name__.rpartition('.')[2]}.py" for module in MODULES} <= set(copies)
    for name, text in copies.items():
        imported = {
            node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)
        }
        assert not any(str(module).startswith("protocols") for module in imported), name
