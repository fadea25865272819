"""A QR code as one SVG path: pages draw it without letting markup in."""

import segno

_QUIET = 2
"""Modules of margin; the standard asks for four, and dialogs have a margin of their own."""


def path_of(text: str) -> tuple[str, int]:
    """The dark modules of a text's code as a path of unit squares, and the modules per side."""
    code = segno.make(text, error="m", micro=False)
    rows = [list(row) for row in code.matrix_iter(border=_QUIET)]
    parts = []
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = x
            while run < len(row) and row[run]:
                run += 1
            if run > x:
                parts.append(f"M{x} {y}h{run - x}v1h-{run - x}z")
            x = max(run, x + 1)
    return "".join(parts), len(rows)
