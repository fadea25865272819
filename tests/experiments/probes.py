"""What the prober asks: one specification per route, message, command and channel.

`missing` compares the specifications with what the product has; anything new without one is a
finding and fails the build.
"""

from collections.abc import Iterator
from typing import Any, get_args

import msgspec
from litestar import Litestar
from litestar.routes import HTTPRoute

from protocols.commands import Command
from protocols.from_client import FromClient
from server.realtime import channels
from tests.experiments.slots import slots_of
from tests.parity.cases import CASES, KINDS, kind_of

LETTERS = "0123456789abcdef" * 4


class RouteSpec(msgspec.Struct, frozen=True, kw_only=True):
    """One way to ask at one address; names in it are what may be somebody else's."""

    path: str
    query: str = ""
    body: Any = None
    raw: bytes | None = None
    ends: bool = False
    """What is asked with is used up by it: the asker signs in anew for every probe."""

    def plain(self) -> dict[str, Any]:
        """Everything that may carry a name, as it can be walked."""
        return {"path": self.path.split("/"), "query": self.query.split("&"), "body": self.body}


_UPLOAD = {
    "id": "upload-1", "kind": "photo", "bytes": 9, "sha256": LETTERS,
    "order_id": "order-1", "delivery_id": "order-1-d1",
}  # fmt: skip
_SUBSCRIPTION = {
    "endpoint": "https://push.example/mine", "p256dh": "B" * 87, "auth": "A" * 22,
}  # fmt: skip
_PROOF = {"email": "zoe@example.org", "password": "guess"}
_COMMAND = {"number": 1, "command": {"kind": "release_order", "order_id": "order-1"}}

ROUTES: dict[str, tuple[RouteSpec, ...]] = {
    "POST /v1/session": (RouteSpec(path="/v1/session", body=_PROOF),),
    "GET /v1/session": (RouteSpec(path="/v1/session"),),
    "DELETE /v1/session": (RouteSpec(path="/v1/session", ends=True),),
    "POST /v1/tokens": (RouteSpec(path="/v1/tokens", body=_PROOF),),
    "POST /v1/pairings": (
        RouteSpec(path="/v1/pairings", body={"kind": "driver", "driver_id": "driver-1"}),
        RouteSpec(path="/v1/pairings", body={"kind": "display", "view_id": "hall"}),
    ),
    "POST /v1/pairings/claim": (RouteSpec(path="/v1/pairings/claim", body={"code": "device-1"}),),
    "POST /v1/tokens/refresh": (
        RouteSpec(path="/v1/tokens/refresh", body={"refresh_token": "device-1"}),
    ),
    "GET /v1/devices": (RouteSpec(path="/v1/devices"),),
    "DELETE /v1/devices/{device_id:str}": (RouteSpec(path="/v1/devices/device-1"),),
    "POST /v1/ws-tickets": (RouteSpec(path="/v1/ws-tickets"),),
    "POST /v1/displays/codes": (RouteSpec(path="/v1/displays/codes", body={"name": "hall"}),),
    "POST /v1/displays/token": (
        RouteSpec(path="/v1/displays/token", body={"device_code": "device-1"}),
    ),
    "POST /v1/displays/lookup": (
        RouteSpec(path="/v1/displays/lookup", body={"user_code": "device-1"}),
    ),
    "POST /v1/displays/approve": (
        RouteSpec(path="/v1/displays/approve", body={"user_code": "BCDF-GHJK", "view_id": "hall"}),
    ),
    "POST /v1/uploads": (RouteSpec(path="/v1/uploads", body=_UPLOAD),),
    "PUT /v1/uploads/{upload_id:str}": (
        RouteSpec(path="/v1/uploads/upload-1", query="offset=0", raw=b"bytes of mine"),
    ),
    "GET /v1/uploads/{upload_id:str}": (RouteSpec(path="/v1/uploads/upload-1"),),
    "GET /v1/uploads/{upload_id:str}/content": (RouteSpec(path="/v1/uploads/upload-1/content"),),
    "GET /v1/push-subscription": (RouteSpec(path="/v1/push-subscription"),),
    "PUT /v1/push-subscription": (RouteSpec(path="/v1/push-subscription", body=_SUBSCRIPTION),),
    "DELETE /v1/push-subscription": (RouteSpec(path="/v1/push-subscription"),),
    "POST /v1/commands": (RouteSpec(path="/v1/commands", body=_COMMAND),),
    "GET /v1/orders/{order_id:str}": (RouteSpec(path="/v1/orders/order-1"),),
    "GET /v1/orders/{order_id:str}/timeline": (
        RouteSpec(path="/v1/orders/order-1/timeline"),
        RouteSpec(path="/v1/orders/order-1/timeline", query="before=9"),
    ),
    "GET /v1/customers": (
        RouteSpec(path="/v1/customers"),
        RouteSpec(path="/v1/customers", query="q=qzecret"),
        RouteSpec(path="/v1/customers", query="q=rosa"),
    ),
    "GET /v1/products": (
        RouteSpec(path="/v1/products"),
        RouteSpec(path="/v1/products", query="q=chai"),
    ),
    "GET /v1/orders/{order_id:str}/deliveries/{delivery_id:str}/drivers": (
        RouteSpec(path="/v1/orders/order-1/deliveries/order-1-d1/drivers"),
    ),
    "POST /v1/plans": (
        RouteSpec(path="/v1/plans", body={"seconds": 1, "driver_ids": ["driver-1"]}),
        RouteSpec(path="/v1/plans", body={"seconds": 1, "zone_id": "north"}),
    ),
    "DELETE /v1/plans/{plan_id:str}": (RouteSpec(path="/v1/plans/plan-1"),),
    "POST /v1/plans/{plan_id:str}/commit": (
        RouteSpec(path="/v1/plans/plan-1/commit", body={"items": ["order-1-d1"]}),
    ),
    "GET /health": (RouteSpec(path="/health"),),
    "GET /ready": (RouteSpec(path="/ready"),),
    "GET /metrics": (RouteSpec(path="/metrics"),),
    "GET /v1/operations": (RouteSpec(path="/v1/operations"),),
    "GET /": (RouteSpec(path="/"),),
    "GET /{address:path}": (
        RouteSpec(path="/orders/order-1"),
        RouteSpec(path="/v1/orders/order-1/export"),
        RouteSpec(path="/uploads/upload-1.jpg"),
    ),
    "GET /v1/openapi": (RouteSpec(path="/v1/openapi"),),
    "GET /v1/openapi/{path:str}": (RouteSpec(path="/v1/openapi/order-1"),),
    "GET /v1/openapi/openapi.json": (RouteSpec(path="/v1/openapi/openapi.json"),),
}
"""`METHOD address as the router knows it` → how to ask there."""

SOCKET_ROUTES = frozenset({"/v1/realtime"})
"""Probed by their messages and channels instead."""

_ON_ORDER = {"kind": "release_order", "order_id": "order-1"}

MESSAGES: dict[str, tuple[dict[str, Any], ...]] = {
    "hello": (
        {
            "protocol": [1, 1], "client_id": "client", "app": {"kind": "board"},
            "receipts_seen": 3, "last_number": 3,
            "subscriptions": [{"channel": "board"}, {"channel": "order:order-1"}],
        },
    ),
    "subscribe": (
        {"wanted": {"channel": "order:order-1"}},
        {"wanted": {"channel": "order:order-1", "cursor": "1.3.77"}},
    ),
    "unsubscribe": ({"channel": "order:order-1"},),
    "command": (
        {"number": 1, "command": _ON_ORDER, "over": 1, "depends_on": [1]},
        {"number": 1, "command": _ON_ORDER, "fact": True},
    ),
    "presence": (
        {"channel": "presence:board", "doing": "moving", "order_id": "order-1"},
        {"channel": "presence:order:order-1", "doing": "editing", "group": "note-1"},
        {
            "channel": "presence:drivers", "doing": "viewing",
            "position": {"lat": 1.0, "lon": 2.0},
        },
    ),
    "mismatch": ({"channel": "order:order-1", "cursor": "1.3.77", "shown": 1, "told": 2},),
    "acknowledge": ({"number": 1},),
    "ping": ({},),
    "pong": ({},),
    "authenticate": ({"token": "bearer-1"},),
    "bye": ({},),
}  # fmt: skip
"""`type` → what it may say."""

CHANNELS: dict[str, tuple[str, ...]] = {
    "Board": ("board", "board~masked"),
    "OneOrder": ("order:order-1", "order~masked:order-1"),
    "OneDriver": ("driver:driver-1", "driver:driver-2"),
    "Dispatch": ("dispatch",),
    "House": ("house",),
    "OneDisplay": ("display:hall", "display:lobby"),
    "BoardPresence": ("presence:board",),
    "OrderPresence": ("presence:order:order-1",),
    "DriverPresence": ("presence:drivers",),
}
"""What a channel name means → how it is spelled."""

COMMANDS: dict[str, tuple[dict[str, Any], ...]] = {
    kind: tuple(
        {"kind": kind, **_without_kind}
        for case in CASES
        if kind_of(case.command) == kind
        for _without_kind in (msgspec.to_builtins(case.command),)
    )
    for kind in sorted(KINDS)
}
"""`kind` → believable commands; the parity cases have one of each, or their own test fails."""


def missing(app: Litestar) -> list[str]:
    """What nobody wrote a specification for."""
    known = {f"{method} {path}" for path, method in _routes(app)}
    kinds = {str(each.__struct_config__.tag) for each in get_args(Command)}
    types = {str(each.__struct_config__.tag) for each in get_args(FromClient)}
    places = {each.__name__ for each in get_args(channels.Place)}
    gaps = [
        *(f"no probe for the route {each}" for each in sorted(known - set(ROUTES))),
        *(f"no probe for the command {each}" for each in sorted(kinds - _filled(COMMANDS))),
        *(f"no probe for the message {each}" for each in sorted(types - _filled(MESSAGES))),
        *(f"no probe for the channel {each}" for each in sorted(places - _filled(CHANNELS))),
        *(f"no such route: {each}" for each in sorted(set(ROUTES) - known)),
    ]
    nameless = [each for each in KINDS if not any(slots_of(c) for c in COMMANDS[each])]
    return [*gaps, *(f"the command {each} names nothing" for each in nameless if each in _NAMING)]


_NAMING = KINDS - {"set_dispatch", "undo"}
"""Commands that name something; the others name nothing but the asker's own numbers."""


def _filled(specifications: dict[str, Any]) -> set[str]:
    return {name for name, each in specifications.items() if each}


def _routes(app: Litestar) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            # Litestar answers OPTIONS by itself, without asking anything of ours.
            yield from ((route.path, m) for m in route.methods if m not in {"OPTIONS", "HEAD"})
        elif route.path not in SOCKET_ROUTES:
            yield route.path, "SOCKET"
