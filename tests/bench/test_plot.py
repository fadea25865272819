"""What a reader sees of the figures: bars to scale."""

from xml.etree import ElementTree as Xml

from tests.bench.plot import plots, svg

_SVG = "{http://www.w3.org/2000/svg}"


def _widths(drawn: str) -> list[float]:
    root = Xml.fromstring(drawn)
    return [float(bar.attrib["width"]) for bar in root.iter(f"{_SVG}rect")]


def test_bars_are_to_scale_and_the_largest_comes_first() -> None:
    drawn = svg("Deliveries", {"kanvoy": 50.0, "a <peer>": 200.0})

    largest, smaller = _widths(drawn)
    assert largest == 4 * smaller


def test_our_bar_alone_has_our_colour() -> None:
    root = Xml.fromstring(svg("Deliveries", {"kanvoy": 50.0, "peer": 200.0}))

    assert [bar.get("class") for bar in root.iter(f"{_SVG}rect")] == [None, "ours"]


def test_a_report_without_peers_has_no_plot_and_a_reason_is_no_bar() -> None:
    figures = {"kanvoy: kb per socket": 20.0, "node ws: skipped": "no node"}

    assert plots({"name": "idle", "figures": figures}) == {}
    both = {**figures, "Socket.IO: kb per socket": 10.0}
    (drawn,) = plots({"name": "idle", "figures": both}).values()
    assert len(_widths(drawn)) == 2
