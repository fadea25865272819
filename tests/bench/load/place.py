"""Where a frame of changes brings its reader, and how a reader that returns is answered."""

import msgspec

CHANGES = b'{"type":"changes"'
RESUMED = b'{"type":"subscribed","channel":"board","mode":"resume"'


class Place(msgspec.Struct):
    """What of a frame says where its reader stands then."""

    epoch: int
    upto: int
    nonce: int

    @property
    def cursor(self) -> str:
        """As a client says it when it comes back."""
        return f"{self.epoch}.{self.upto}.{self.nonce}"


place_of = msgspec.json.Decoder(Place).decode
