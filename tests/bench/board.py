"""Ten thousand cards and two hundred changes a second in a real Chromium, on the built client.

The demo mode plays a server in a worker of its own, so what the main thread spends is the
board's. Thread time is the browser's own count (`Performance` with `threadTicks`).
"""

import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from server.demo.engines.found import Found
from tests.bench.report import Figure, Report, Scale, at_most, machine, middle, rounded
from tests.support.process import ROOT, running
from tests.support.services.chromium import find_chromium, launch_options
from tools.check_bundle import measure

RATE = 200
_SETTLED = 3.0
"""Seconds after the first card in which the rest is drawn and compiled."""

_WATCH = """
globalThis.bench = { first: null, long: [], frames: 0, on: false };
const look = new MutationObserver(() => {
  if (document.querySelector('[data-card]') === null) return;
  bench.first = performance.now();
  look.disconnect();
});
look.observe(document, { childList: true, subtree: true });
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) {
    bench.long.push({ start: entry.startTime, duration: entry.duration });
  }
}).observe({ type: 'longtask', buffered: true });
const frame = () => {
  if (bench.on) bench.frames += 1;
  requestAnimationFrame(frame);
};
requestAnimationFrame(frame);
"""


def run(scale: Scale) -> Report:
    """One page load per round."""
    chromium = find_chromium()
    if not isinstance(chromium, Found):
        raise RuntimeError(chromium.reason)  # noqa: TRY004
    with (
        tempfile.TemporaryDirectory(prefix="kanvoy-bench-") as folder,
        running("serve", folder=Path(folder), KANVOY_DRAIN_SECONDS="1") as server,
    ):
        address = f"{server.address}/?demo={scale.cards}&rate={RATE}"
        rounds = [_round(chromium, address, scale.seconds) for _ in range(scale.rounds)]
    found = middle(rounds)
    scripts = next(size for name, size, _ in measure(ROOT / "server/web/static") if "scr" in name)
    figures: dict[str, Figure] = {
        "cards": scale.cards,
        "changes per second": RATE,
        "initial JavaScript kB brotli": rounded(scripts),
    }
    figures |= {key.replace("_", " "): rounded(value) for key, value in found.items()}
    return Report(
        name="board",
        machine=machine(),
        figures=figures,
        goals=[
            at_most("main-thread CPU per frame", found["cpu_ms_per_frame"], 4, " ms"),
            at_most("long tasks while changes come", found["long_tasks"], 0),
            at_most("first card", found["first_card_ms"] / 1_000, 1, " s"),
            at_most("initial JavaScript", scripts, 110, " kB"),
        ],
    )


def _round(chromium: Found, address: str, seconds: float) -> dict[str, float]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**launch_options(chromium))
        try:
            # Trusted Types forbid the demo's worker, which only we and developers start.
            page = browser.new_page(viewport={"width": 1_440, "height": 900}, bypass_csp=True)
            page.add_init_script(_WATCH)
            page.goto(address)
            page.wait_for_selector("[data-card]", state="attached", timeout=60_000)
            page.wait_for_timeout(min(_SETTLED, seconds) * 1_000)
            return _measured(page, seconds)
        finally:
            browser.close()


def _measured(page: Page, seconds: float) -> dict[str, float]:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before, start = _metrics(session), time.monotonic()
    page.evaluate("() => { bench.since = performance.now(); bench.frames = 0; bench.on = true; }")
    page.wait_for_timeout(seconds * 1_000)
    seen: dict[str, Any] = page.evaluate(
        "() => ({ first: bench.first, frames: bench.frames,"
        " long: bench.long.filter((one) => one.start >= bench.since),"
        " loading: bench.long.filter((one) => one.start < bench.since).length })"
    )
    after, elapsed = _metrics(session), time.monotonic() - start
    frames = max(1, seen["frames"])
    spent = {key: after[key] - before[key] for key in before}
    return {
        "cpu_ms_per_frame": 1_000 * spent["TaskDuration"] / frames,
        "script_ms_per_frame": 1_000 * spent["ScriptDuration"] / frames,
        "layout_ms_per_frame": 1_000 * spent["LayoutDuration"] / frames,
        "style_ms_per_frame": 1_000 * spent["RecalcStyleDuration"] / frames,
        "frames_per_second": frames / elapsed,
        "main_thread_percent": 100 * spent["TaskDuration"] / elapsed,
        "long_tasks": len(seen["long"]),
        "longest_task_ms": max((one["duration"] for one in seen["long"]), default=0.0),
        "long_tasks_while_loading": seen["loading"],
        "first_card_ms": seen["first"],
        "heap_MB": after["JSHeapUsedSize"] / 1e6,
    }


_KEPT = ("TaskDuration", "ScriptDuration", "LayoutDuration", "RecalcStyleDuration")


def _metrics(session: Any) -> dict[str, float]:
    metrics = session.send("Performance.getMetrics")["metrics"]
    found = {one["name"]: one["value"] for one in metrics}
    return {name: found[name] for name in (*_KEPT, "JSHeapUsedSize")}
