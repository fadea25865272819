"""The name of a request: on every line the log tells of it, and in its answer. [OB]"""

import re
from collections.abc import Callable, Iterable
from typing import Any

HEADER = "x-request-id"

_SAFE = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{7,63}", re.ASCII)
"""What proxies draw: UUIDs, ULIDs, hexadecimal digits. Nothing that a log or a shell reads."""

_STATE = "kanvoy.request_id"

Scope = Any
"""ASGI's; Litestar's and our tests' differ in type."""


def name_request(scope: Scope, new_id: Callable[[], str]) -> str:
    """Give the request its name: what a proxy called it, when that is harmless, else a new one."""
    # OB6
    given = _given(scope["headers"])
    name = given if given is not None and _SAFE.fullmatch(given) else new_id()
    scope.setdefault("state", {})[_STATE] = name
    return name


def request_id_of(scope: Scope) -> str:
    """The name that was given; empty when nobody gave one."""
    return str(scope.get("state", {}).get(_STATE, ""))


def _given(headers: Iterable[tuple[bytes, bytes]]) -> str | None:
    """The header, unless there are two: which of them to believe would be a guess."""
    found = [value for name, value in headers if name.lower() == HEADER.encode()]
    return found[0].decode("latin-1") if len(found) == 1 else None
