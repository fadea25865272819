"""A signature: strokes as they were drawn, kept as a drawing of our own making. [UP]"""

import msgspec

from protocols.values import Strokes
from protocols.vocabulary import LARGEST_SIGNATURE
from server.application.upload_ports import Cleaned, Unclean

_MOST_POINTS = 5_000

_decode = msgspec.json.Decoder(Strokes).decode


def drawn(raw: bytes) -> Cleaned | Unclean:
    """The strokes as an SVG of numbers only; nothing of what was sent is in it as text."""
    if len(raw) > LARGEST_SIGNATURE:
        return Unclean("not_a_signature")
    try:
        strokes = _decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return Unclean("not_a_signature")
    # UP8
    points = sum(len(stroke) for stroke in strokes.strokes)
    if not points or points > _MOST_POINTS:
        return Unclean("not_a_signature")
    width, height = strokes.width, strokes.height
    if any(not _inside(point, width, height) for stroke in strokes.strokes for point in stroke):
        return Unclean("not_a_signature")
    paths = "".join(f'<path d="{_path(stroke)}"/>' for stroke in strokes.strokes if stroke)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}"><rect width="100%" height="100%" fill="#fff"/>'
        '<g fill="none" stroke="#161a22" stroke-width="2.5" stroke-linecap="round" '
        f'stroke-linejoin="round">{paths}</g></svg>'
    )
    return Cleaned(svg.encode(), "image/svg+xml")


def _inside(point: tuple[float, ...], width: int, height: int) -> bool:
    """Within the pad, with the little that a finger slips over its edge."""
    x, y = point[0], point[1]
    return -width <= x <= 2 * width and -height <= y <= 2 * height


def _path(stroke: tuple[tuple[float, ...], ...]) -> str:
    first, *rest = stroke
    if not rest:
        # A dot has no length; half a pixel makes it visible.
        return f"M{first[0]:.1f} {first[1]:.1f}l0.5 0"
    return f"M{first[0]:.1f} {first[1]:.1f}" + "".join(f"L{p[0]:.1f} {p[1]:.1f}" for p in rest)
