"""How much a feed keeps and sends at once. Defaults are measured; simulations use tiny ones."""

import msgspec


class Sizes(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one feed."""

    ring: int = 256
    """Frames kept for readers that fall behind or come back: about 6 s of the busiest board."""

    ring_ops: int = 20_000
    """Ops of all kept frames together: about 10 MB, however large the bulks that made them."""

    chunk: int = 800
    """Things of one snapshot part: about 250 KB of JSON, the largest frame we send."""

    preview: int = 40
    """Cards of each column in the preview: more than one screen shows."""

    unsent: int = 64 * 1024
    """Bytes a socket may leave unsent before we stop pushing and only keep its cursor."""
