"""Origins of our pages, and of pages that would like to be taken for ours."""

from server.realtime.gate import Cookies

COOKIE = "kanvoy_session"

COOKIES = Cookies(person=COOKIE, display="kanvoy_session-display")

ORIGINS = frozenset({"https://board.example", "http://localhost:8000"})

STRANGERS: tuple[tuple[str, ...], ...] = (
    ("https://evil.example",),
    ("null",),
    ("",),
    (" ",),
    ("*",),
    ("https://board.example/",),
    ("https://board.example/v1/realtime",),
    ("https://board.example.",),
    ("https://board.example:443",),
    ("https://board.example:8443",),
    ("http://board.example",),
    ("ws://board.example",),
    ("wss://board.example",),
    ("https://BOARD.example",),
    ("HTTPS://board.example",),
    ("https://board.example.evil.example",),
    ("https://evil-board.example",),
    ("https://evil.example/board.example",),
    ("https://evil.example#board.example",),
    ("https://evil.example?https://board.example",),
    ("https://board.example@evil.example",),
    ("https://user@board.example",),
    ("https://user:secret@board.example",),
    ("https://sub.board.example",),
    ("https://xn--bard-0qa.example",),
    ("https://b\u00f6ard.example",),
    ("https://board\u3002example",),
    ("board.example",),
    ("//board.example",),
    ("https:board.example",),
    ("https://board.example, https://evil.example",),
    ("https://evil.example, https://board.example",),
    ("https://board.example https://evil.example",),
    ("https://board.example\t",),
    ("https://board%2eexample",),
    ("http://localhost",),
    ("http://localhost:80000",),
    ("http://localhost:8000.evil.example",),
    ("http://127.0.0.1:8000",),
    ("http://[::1]:8000",),
    ("file://",),
    ("chrome-extension://abcdefgh",),
    ("https://board.example", "https://evil.example"),
    ("https://evil.example", "https://board.example"),
    ("https://board.example", "https://board.example"),
    ("https://board.example", ""),
)
"""Each entry is the values of as many `Origin` headers."""


def with_origin(*values: str) -> list[tuple[bytes, bytes]]:
    """Headers of a request from a page of these origins."""
    return [(b"origin", value.encode()) for value in values]
