"""The protocol's version and its history; a changed wire without a new line here fails a test."""

PROTOCOL_VERSION = 1
OLDEST_SUPPORTED = 1

HISTORY: dict[int, str] = {
    1: "First: board, order, driver, display and presence channels; commands of the live board.",
}
"""Version → what changed, newest last."""

SUBPROTOCOL_JSON = "kanvoy.v1.json"
SUBPROTOCOL_MSGPACK = "kanvoy.v1.msgpack"

SUBPROTOCOL_AS_DISPLAY = "kanvoy.as.display"
"""Offered beside one of the others: the socket means the display's cookie. Never the answer."""
