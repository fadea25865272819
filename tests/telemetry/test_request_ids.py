"""What a request may call itself."""

import pytest

from server.telemetry.request_ids import name_request, request_id_of
from tests.support.rules import rule


def _named(*given: bytes) -> str:
    scope = {"headers": [(b"x-request-id", value) for value in given]}
    assert name_request(scope, lambda: "ours") == request_id_of(scope)
    return request_id_of(scope)


@rule("OB6")
@pytest.mark.parametrize(
    "given",
    [
        b"0193f0a2-7c1e-7abc-8def-0123456789ab",
        b"01JDQX7W9N8Z",
        b"req_1.2-3",
        b"a" * 64,
    ],
)
def test_a_short_and_harmless_name_is_kept(given: bytes):
    assert _named(given) == given.decode()


@rule("OB6")
@pytest.mark.parametrize(
    "given",
    [
        (),
        (b"",),
        (b"short",),
        (b"a" * 65,),
        (b"-leading-dash",),
        (b"two words here",),
        (b"line\nbreak-here",),
        (b"12345678\n",),
        (b'{"event":"signed_in"}',),
        (b"$(reboot)-12345",),
        ("ünsafe-12345".encode(),),
        (b"12345678", b"12345678"),
    ],
)
def test_any_other_is_replaced_by_one_of_ours(given: tuple[bytes, ...]):
    assert _named(*given) == "ours"


def test_what_nobody_named_has_no_name():
    assert request_id_of({"headers": []}) == ""
