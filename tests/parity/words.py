"""What the cases speak of: one order and its drivers, the channels, and words to search for."""

from protocols.vocabulary import DeliveryId, DriverId, LineId, Minor, OrderId

ORDER, OTHER = OrderId("order-1"), OrderId("order-2")
DELIVERY = DeliveryId("order-1-d1")
LINE, SECOND = LineId("line-1"), LineId("line-2")
DORA, DENIZ = DriverId("driver-1"), DriverId("driver-2")

BOARDS = ("board", "board~masked")
ONE = ("order:order-1", "order~masked:order-1")
STOPS = ("driver:driver-1",)
PLANNED = ("dispatch",)
HALL = ("display:hall",)
EVERYWHERE = (*BOARDS, *ONE, *STOPS, *PLANNED, *HALL)
CHANNELS = (*EVERYWHERE, "driver:driver-2", "house")

SECRET = "canary"
"""In every word that some audience must not read; behind it stands which word it is."""

PRICE = Minor(7_331_301)
"""No other number of a frame is near it, nor near what is computed from it."""


def canary(word: str) -> str:
    """A word nobody would write."""
    return f"{SECRET}-{word}"
