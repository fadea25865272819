"""Which requests may open a socket, judged on their headers."""

import pytest

from server.realtime.gate import Anonymous, Credential, Foreign, Speech, judge, speech_of
from tests.support.origins import COOKIES, ORIGINS, STRANGERS, with_origin
from tests.support.rules import rule

BEARER = (b"authorization", b"Bearer token-1")
SIGNED_IN = (b"cookie", b"theme=dark; kanvoy_session=token-2")


@rule("AU31")
@pytest.mark.parametrize("credential", [(), (BEARER,), (SIGNED_IN,), (BEARER, SIGNED_IN)])
@pytest.mark.parametrize("origin", STRANGERS)
def test_a_strangers_page_gets_nowhere_whatever_it_carries(origin, credential):
    headers = [*with_origin(*origin), *credential]

    assert isinstance(judge(headers, ORIGINS, COOKIES), Foreign)


@rule("AU31")
@pytest.mark.parametrize("origin", sorted(ORIGINS))
def test_our_own_pages_come_in_with_their_cookie(origin):
    headers = [*with_origin(origin), SIGNED_IN]

    assert judge(headers, ORIGINS, COOKIES) == Credential("cookie", "token-2")


@rule("AU32")
@pytest.mark.parametrize(
    ("headers", "judgement"),
    [
        ([], Foreign()),
        ([SIGNED_IN], Foreign()),
        ([(b"authorization", b"Basic dXNlcjpwYXNz")], Foreign()),
        ([(b"authorization", b"Bearer ")], Foreign()),
        ([(b"authorization", b"Bearer")], Foreign()),
        ([BEARER], Credential("bearer", "token-1")),
        ([(b"Authorization", b"bearer  token-1 ")], Credential("bearer", "token-1")),
    ],
)
def test_without_an_origin_only_a_bearer_comes_in(headers, judgement):
    assert judge(headers, ORIGINS, COOKIES) == judgement


@rule("AU33")
def test_a_bearer_alone_decides():
    headers = [*with_origin("https://board.example"), SIGNED_IN, BEARER]

    assert judge(headers, ORIGINS, COOKIES) == Credential("bearer", "token-1")


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [(b"cookie", b"theme=dark")],
        [(b"cookie", b"kanvoy_session=")],
        [(b"cookie", b"kanvoy_session")],
        [(b"cookie", b"kanvoy_session=a; kanvoy_session=b")],
        [(b"cookie", b"kanvoy_session=a"), (b"cookie", b"kanvoy_session=b")],
        [(b"cookie", b"xkanvoy_session=a")],
        [(b"cookie", b"\xff\xfe=a")],
        [BEARER, (b"authorization", b"Bearer token-9")],
        [(b"authorization", b"Basic dXNlcjpwYXNz")],
    ],
)
def test_no_credential_and_two_are_both_nobody(headers):
    judged = judge([*with_origin("https://board.example"), *headers], ORIGINS, COOKIES)

    assert judged == Anonymous()


@rule("HS10")
@pytest.mark.parametrize(
    ("offered", "speech"),
    [
        ([], Speech("json", None)),
        (["kanvoy.v1.json"], Speech("json", "kanvoy.v1.json")),
        (["kanvoy.v1.msgpack"], Speech("msgpack", "kanvoy.v1.msgpack")),
        (["chat", "kanvoy.v1.msgpack", "kanvoy.v1.json"], Speech("msgpack", "kanvoy.v1.msgpack")),
        (["kanvoy.v9.json"], None),
        (["KANVOY.V1.JSON"], None),
        ([""], None),
    ],
)
def test_the_first_subprotocol_that_we_speak_is_used(offered, speech):
    assert speech_of(offered) == speech


@rule("AU41")
def test_a_ticket_opens_in_place_of_a_header_and_beats_a_cookie():
    headers = [
        (b"origin", b"https://board.example"),
        (b"cookie", b"kanvoy_session=secret"),
        (b"sec-websocket-protocol", b"kanvoy.v1.json, kanvoy.ticket.abc"),
    ]
    twice = [*headers, (b"sec-websocket-protocol", b"kanvoy.ticket.def")]
    foreign = [(b"origin", b"https://evil.example"), *headers[2:]]
    display = [*headers, (b"sec-websocket-protocol", b"kanvoy.as.display")]
    ours = frozenset({"https://board.example"})

    assert judge(headers, ours, COOKIES) == Credential("ticket", "abc")
    assert judge(display, ours, COOKIES) == Credential("ticket", "abc")
    assert judge(headers[2:], ours, COOKIES) == Credential("ticket", "abc")
    assert judge(twice, ours, COOKIES) == Anonymous()
    assert judge(foreign, ours, COOKIES) == Foreign("https://evil.example")


@rule("AU41")
def test_a_ticket_is_never_the_answered_subprotocol():
    assert speech_of(["kanvoy.ticket.abc", "kanvoy.v1.msgpack"]) == Speech(
        "msgpack", "kanvoy.v1.msgpack"
    )
    assert speech_of(["kanvoy.ticket.abc"]) == Speech("json", None)


BOTH = (b"cookie", b"kanvoy_session=token-2; kanvoy_session-display=token-3")
AS_DISPLAY = (b"sec-websocket-protocol", b"kanvoy.v1.json, kanvoy.as.display")


@rule("DV18")
@pytest.mark.parametrize(
    ("headers", "judgement"),
    [
        ([BOTH], Credential("cookie", "token-2")),
        ([BOTH, (b"sec-websocket-protocol", b"kanvoy.v1.json")], Credential("cookie", "token-2")),
        ([BOTH, AS_DISPLAY], Credential("display", "token-3")),
        ([(b"cookie", b"kanvoy_session=token-2"), AS_DISPLAY], Anonymous()),
        ([(b"cookie", b"kanvoy_session-display=token-3")], Anonymous()),
        ([BOTH, (b"cookie", b"kanvoy_session-display=x"), AS_DISPLAY], Anonymous()),
        # A header is for HTTP: on a socket no page can send one, so it says nothing there.
        ([BOTH, (b"x-kanvoy-as", b"display")], Credential("cookie", "token-2")),
        ([BOTH, BEARER, AS_DISPLAY], Credential("bearer", "token-1")),
    ],
)
def test_a_socket_means_one_of_two_cookies_and_never_looks_at_the_other(headers, judgement):
    assert judge([*with_origin("https://board.example"), *headers], ORIGINS, COOKIES) == judgement


@rule("AU31", "AU32", "DV18")
@pytest.mark.parametrize("origin", [(), *STRANGERS])
def test_who_says_to_be_a_display_is_asked_where_it_comes_from_like_everybody(origin):
    headers = [*with_origin(*origin), BOTH, AS_DISPLAY]

    assert isinstance(judge(headers, ORIGINS, COOKIES), Foreign)


@rule("DV18")
def test_what_says_to_be_a_display_is_never_the_answered_subprotocol():
    offered = ["kanvoy.as.display", "kanvoy.v1.msgpack"]

    assert speech_of(offered) == Speech("msgpack", "kanvoy.v1.msgpack")
    assert speech_of(offered[:1]) == Speech("json", None)
    assert speech_of(["kanvoy.as.display", "chat"]) is None
