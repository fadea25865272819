"""Dispatchers who plan anything, sensible or not, about the deliveries of a few orders."""

from hypothesis import strategies as st

from protocols.deliveries import (
    AssignDriver,
    CancelDelivery,
    DeliveryCommand,
    MergeDeliveries,
    MoveStop,
    ReopenDelivery,
    SetDeliveryAddress,
    SetHub,
    SetMethod,
    SetServiceTime,
    SetTracking,
    SplitDelivery,
)
from protocols.values import Address, Take, Tracking, Window
from protocols.vocabulary import DeliveryId, HubId, OrderId

_deliveries = st.sampled_from(["del-1", "del-1", "part-1", "part-1", "part-2", "del-x"]).map(
    DeliveryId
)
_neighbours = st.one_of(st.none(), _deliveries)
_ON = {
    "order_id": st.sampled_from(["ord-1", "ord-1", "ord-1", "ord-2"]).map(OrderId),
    "delivery_id": _deliveries,
}
_ORDER = {"order_id": _ON["order_id"]}


def shapes() -> st.SearchStrategy[DeliveryCommand]:
    """Another set of deliveries, from a few names so that they meet each other."""
    takes = st.builds(
        Take, line_id=st.sampled_from(["line-1", "line-2", "line-8"]), quantity=st.integers(1, 3)
    )
    parts = st.sampled_from(["part-1", "part-1", "part-2"]).map(DeliveryId)
    return st.one_of(
        st.builds(
            SplitDelivery,
            **_ON,
            new_id=parts,
            take=st.lists(takes, min_size=1, max_size=2).map(tuple),
            method=st.sampled_from([None, None, "carrier"]),
            hub_id=st.sampled_from([None, None, None, "hub-x"]),
            window=st.sampled_from([None, None, Window(opens=1, closes=2)]),
        ),
        st.builds(
            MergeDeliveries,
            **_ORDER,
            into_id=_deliveries,
            from_ids=st.lists(_deliveries, min_size=1, max_size=2).map(tuple),
        ),
        st.builds(CancelDelivery, **_ON, reason=st.just("x")),
    )


def plans() -> st.SearchStrategy[DeliveryCommand]:
    """Anything a dispatcher may say of one delivery."""
    driver = st.sampled_from([None, "ana", "ana", "tom"])
    address = st.builds(Address, city=st.sampled_from(["", "Lyon"]))
    return st.one_of(
        st.builds(
            AssignDriver,
            **_ON,
            from_driver=driver,
            to_driver=driver,
            pinned=st.booleans(),
            after_id=_neighbours,
            before_id=_neighbours,
        ),
        st.builds(MoveStop, **_ON, after_id=_neighbours, before_id=_neighbours),
        st.builds(ReopenDelivery, **_ON),
        st.builds(SetMethod, **_ON, method=st.sampled_from(["own_driver", "carrier"])),
        st.builds(SetHub, **_ON, hub_id=st.sampled_from([None, "hub-x"]).map(_hub)),
        st.builds(
            SetTracking,
            **_ON,
            tracking=st.sampled_from([None, Tracking(carrier="DHL", code="1Z")]),
        ),
        st.builds(SetDeliveryAddress, **_ON, address=st.one_of(st.none(), address)),
        st.builds(SetServiceTime, **_ON, seconds=st.sampled_from([0, 300])),
    )


def _hub(name: str | None) -> HubId | None:
    return None if name is None else HubId(name)
