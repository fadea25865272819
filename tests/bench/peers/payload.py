"""Messages of the size that ours have, numbered so that a load can tell what it got."""


class Payload:
    """Makes one text after the other, all of the same size."""

    def __init__(self, size: int) -> None:
        """So many bytes each."""
        self._padding = "x" * (size - len('{"upto":00000000,"padding":""}'))
        self._number = 0

    def next(self) -> str:
        """The next message."""
        self._number += 1
        return f'{{"upto":{self._number + 10_000_000},"padding":"{self._padding}"}}'


class Payloads:
    """A payload for each channel; messages go to one channel after the other."""

    def __init__(self, size: int, channels: int) -> None:
        """So many channels, numbered from 0."""
        self._payloads = [Payload(size) for _ in range(channels)]
        self._turn = 0

    def next(self) -> tuple[int, str]:
        """The next channel and its next message."""
        channel = self._turn
        self._turn = (channel + 1) % len(self._payloads)
        return channel, self._payloads[channel].next()
