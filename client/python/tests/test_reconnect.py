import pytest
from hypothesis import given
from hypothesis import strategies as st
from kanvoy_client.reconnect import LONGEST, Again, Never, Reconnect

from client.python.tests.rules import rule


def a_reconnect(chance: float = 0.5) -> Reconnect:
    return Reconnect(lambda: chance)


@rule("CL61")
@pytest.mark.parametrize("code", [4000, 4003, 4007, 4050, 4099])
def test_a_final_code_is_obeyed_also_when_it_is_newer_than_the_client(code):
    assert a_reconnect().lost(code, alive=99.0) == Never(code)


@rule("CL62")
@pytest.mark.parametrize("code", [4200, 4202, 4277, 1001, 1006, 1012])
def test_a_socket_that_went_away_is_opened_again_at_once(code):
    assert a_reconnect().lost(code, alive=99.0) == Again(0.0)


@rule("CL62")
def test_only_the_first_attempt_is_at_once():
    reconnect = a_reconnect()
    reconnect.lost(1006, alive=99.0)

    assert reconnect.lost(1006, alive=0.0) == Again(0.5)


@rule("CL62")
def test_a_server_that_welcomes_and_hangs_up_gets_no_hot_loop():
    reconnect = a_reconnect()
    reconnect.lost(4200, alive=99.0)

    assert reconnect.lost(4200, alive=0.1) == Again(0.5)


@rule("CL63")
@pytest.mark.parametrize("code", [4100, 4104, 4150, 1000, 1011, 3000])
def test_any_other_code_backs_off(code):
    assert a_reconnect().lost(code, alive=99.0) == Again(0.25)


@rule("CL63")
@given(chance=st.floats(0, 1, exclude_max=True), attempts=st.integers(1, 60))
def test_waits_are_bounded_and_random(chance, attempts):
    reconnect = a_reconnect(chance)
    for attempt in range(attempts):
        plan = reconnect.lost(4101, alive=0.0)
        assert plan == Again(chance * min(LONGEST, 0.5 * 2**attempt))


@rule("CL63")
def test_a_steady_session_starts_the_waits_from_the_beginning():
    reconnect = a_reconnect()
    for _ in range(5):
        reconnect.lost(4101, alive=0.0)

    assert reconnect.lost(4101, alive=60.0) == Again(0.25)
