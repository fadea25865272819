"""What a schedule ends with when a property does not hold."""


class Divergence(AssertionError):
    """A screen, an answer or the history is not what it must be. [PROTOCOL.md 9]"""
