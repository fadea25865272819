"""A push service on this machine that checks what a real one checks, and can read the messages."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import http_ece  # type: ignore[import-untyped]
import msgspec
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

from protocols.vocabulary import Instant, TenantId
from server.application.push import PushSubscription


@dataclass(frozen=True)
class Message:
    """One message that was taken, as the phone would read it."""

    payload: bytes
    topic: str
    urgency: str
    ttl: int
    claims: dict[str, object]
    key: str


@dataclass
class LoopbackPush:
    """The service, and the one browser that subscribed there."""

    origin: str = ""
    messages: list[Message] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    elsewhere: int = 0
    """Requests to addresses that no subscription names."""
    _private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    _auth: bytes = b"0123456789abcdef"

    def subscription(self, **changed: str) -> PushSubscription:
        """What this browser's page would register."""
        point = self._private.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        subscription = PushSubscription(
            tenant_id=TenantId("acme"),
            device_id="phone",
            endpoint=f"{self.origin}/send/browser-1",
            p256dh=_text(point),
            auth=_text(self._auth),
            made_at=Instant(1),
        )
        return msgspec.structs.replace(subscription, **changed)

    async def take(self, request: web.Request) -> web.Response:
        """Judge and read one message."""
        status, headers = self.answers.pop(0) if self.answers else (201, {})
        if status not in {200, 201}:
            return web.Response(status=status, headers=headers)
        scheme, _, parameters = request.headers["authorization"].partition(" ")
        pairs = dict(pair.strip().split("=", 1) for pair in parameters.split(","))
        assert scheme == "vapid"
        payload = http_ece.decrypt(
            await request.read(),
            private_key=self._private,
            auth_secret=self._auth,
            version=request.headers["content-encoding"],
        )
        self.messages.append(
            Message(
                payload=payload,
                topic=request.headers["topic"],
                urgency=request.headers["urgency"],
                ttl=int(request.headers["ttl"]),
                claims=verified(pairs["t"], pairs["k"]),
                key=pairs["k"],
            )
        )
        return web.Response(status=status)

    async def stray(self, request: web.Request) -> web.Response:
        """Somebody was led here."""
        del request
        self.elsewhere += 1
        return web.Response(status=201)


def verified(token: str, key: str) -> dict[str, object]:
    """The claims of a signed token; raises when the signature is not of this key."""
    signed, _, signature = token.rpartition(".")
    raw = _bytes(signature)
    r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(key))
    public.verify(utils.encode_dss_signature(r, s), signed.encode(), ec.ECDSA(hashes.SHA256()))
    claims: dict[str, object] = json.loads(_bytes(signed.partition(".")[2]))
    return claims


@asynccontextmanager
async def loopback_push() -> AsyncIterator[LoopbackPush]:
    """The service, listening on a free port of the loopback."""
    service = LoopbackPush()
    app = web.Application()
    app.router.add_post("/send/browser-1", service.take)
    app.router.add_route("*", "/{anywhere:.*}", service.stray)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
