"""One believable instance of every message, for AsyncAPI and for those who read it."""

from msgspec import Struct

from protocols import commands, from_client, from_server, handshake, rejections, views
from protocols.vocabulary import (
    AggregateId,
    ClientId,
    Currency,
    Epoch,
    FieldGroup,
    Instant,
    Minor,
    Nonce,
    Number,
    OrderId,
    PersonId,
    Rank,
    Sequence,
    SessionId,
    StageId,
    TenantId,
    Version,
    WorkflowId,
)

_ORDER = "0192f0c4-7a11-7c30-9a52-5b1f3e6d0a01"
_NEIGHBOUR = "0192f0c4-7a11-7c30-9a52-5b1f3e6d0a02"
_CLIENT = ClientId("0192f0c0-11aa-7000-8000-00c0ffee0001")
_SESSION = SessionId("0192f0c1-22bb-7000-8000-00c0ffee0002")
_ANNA = PersonId("0192f0b0-0001-7000-8000-000000000a01")
_BEN = PersonId("0192f0b0-0002-7000-8000-000000000b02")
_NOON = Instant(1_795_262_400_000)
_EPOCH = Epoch(3)
_NONCE = Nonce(91_733_205_518_114)

_CARD = views.CardView(
    id=OrderId(_ORDER),
    number=1042,
    workflow_id=WorkflowId("0192f0a0-0001-7000-8000-00000000f001"),
    stage_id=StageId("ready"),
    category="ready",
    stage_since=_NOON,
    rank=Rank("a1V"),
    customer="Bakery Holm",
    city="Aarhus",
    total=Minor(48_250),
    currency=Currency("EUR"),
    items=12,
    created_at=_NOON,
)
_STAMP = from_server.Stamp(by_id=_BEN, by_name="Ben", at=_NOON, client_id=_CLIENT, number=Number(7))
_PUT = from_server.Put(
    kind="order", id=AggregateId(_ORDER), version=Version(5), view=_CARD, stamp=_STAMP
)
_PATCH = from_server.Patch(
    kind="order",
    id=AggregateId(_NEIGHBOUR),
    version=Version(9),
    fields={"priority": 3, "hold": None},
    stamp=_STAMP,
)

FROM_CLIENT: tuple[Struct, ...] = (
    handshake.Hello(
        protocol=(1, 1),
        client_id=_CLIENT,
        app=handshake.App(kind="sdk", version="0.1.0"),
        last_number=Number(6),
        receipts_seen=Number(6),
        subscriptions=[handshake.Wanted(channel="board", cursor="3.4711.91733205518114")],
    ),
    from_client.Subscribe(wanted=handshake.Wanted(channel=f"order:{_ORDER}")),
    from_client.Unsubscribe(channel=f"order:{_ORDER}"),
    from_client.Submit(
        number=Number(7),
        command=commands.MoveOrder(
            order_id=OrderId(_ORDER),
            from_stage=StageId("preparing"),
            to_stage=StageId("ready"),
            after_id=OrderId(_NEIGHBOUR),
        ),
        base_version=Version(4),
    ),
    from_client.ShowPresence(channel="presence:board", doing="moving", order_id=OrderId(_ORDER)),
    from_client.ReportMismatch(
        channel="display:hall-north",
        cursor="3.4711.91733205518114",
        shown=2_868_126_004,
        told=1_404_772_391,
    ),
    from_client.Acknowledge(number=Number(7)),
    from_client.Ping(),
    from_client.Pong(),
    from_client.Authenticate(token="example-9tq0Vb3LmZ7kXw2RcYd5uHs8JnPf1GaTeQi"),  # noqa: S106
    from_client.Bye(),
)

FROM_SERVER: tuple[Struct, ...] = (
    handshake.Welcome(
        protocol=1,
        session_id=_SESSION,
        server_time=_NOON,
        user=handshake.Whoami(
            id=_ANNA,
            name="Anna",
            tenant_id=TenantId("holm"),
            tenant="Holm Foods",
            roles=("order", "backoffice"),
            permissions=("order.read", "order.edit", "stage.move"),
        ),
        limits=handshake.Limits(
            frame_bytes=65_536,
            subscriptions=16,
            commands_per_second=20,
            commands_burst=60,
            unacknowledged=32,
        ),
        ping_seconds=25.0,
        pong_seconds=10.0,
        last_number=Number(6),
    ),
    from_server.Subscribed(channel="board", mode="resume"),
    from_server.SnapshotBegin(
        channel="board", epoch=_EPOCH, sequence=Sequence(4711), nonce=_NONCE, chunks=2
    ),
    from_server.SnapshotChunk(
        channel="board", epoch=_EPOCH, index=1, cut=Sequence(4711), items=[_PUT]
    ),
    from_server.SnapshotEnd(channel="board", epoch=_EPOCH),
    from_server.Changes(
        channel="board",
        epoch=_EPOCH,
        after=Sequence(4711),
        upto=Sequence(4714),
        nonce=_NONCE,
        ops=[
            _PUT,
            _PATCH,
            from_server.Remove(kind="order", id=AggregateId("so-gone"), version=Version(3)),
        ],
    ),
    from_server.Receipt(
        number=Number(7),
        outcome="applied",
        sequence=Sequence(4714),
        versions={AggregateId(_ORDER): Version(5)},
    ),
    from_server.Rejected(
        number=Number(8),
        rejection=rejections.Stale(
            aggregate_id=AggregateId(_ORDER),
            current_version=Version(5),
            conflicts=(
                rejections.Conflict(
                    group=FieldGroup("stage"),
                    version=Version(5),
                    by_id=_BEN,
                    by_name="Ben",
                    at=_NOON,
                    theirs="ready",
                    mine="in_transit",
                ),
            ),
        ),
    ),
    from_server.Presence(
        channel="presence:board",
        people=[
            from_server.Person(
                session_id=_SESSION, id=_ANNA, name="Anna", doing="moving", order_id=OrderId(_ORDER)
            )
        ],
    ),
    from_server.Ping(server_time=_NOON, heads={"board": Sequence(4714)}),
    from_server.Pong(server_time=_NOON),
    from_server.PleaseAuthenticate(within_seconds=60.0),
    from_server.Drain(after_ms=12_500),
    from_server.Unsubscribed(channel="board", cause="forbidden"),
    from_server.Resync(channel="board", cause="fork"),
    from_server.Busy(number=Number(9), retry_ms=800, cause="rate"),
    from_server.Error(code="internal", detail="incident 01JD8X"),
)
