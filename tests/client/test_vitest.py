"""The browser client's own tests: each of its test files is one test here."""

import json
import subprocess
from pathlib import Path

import pytest

from tools.node import CLIENT, command_line, node_environment

FILES = sorted(
    path.relative_to(CLIENT).as_posix()
    for folder in ("protocol", "sync", "kit", "board", "driver", "wallboard", "tools")
    for path in (CLIENT / folder).glob("**/*.test.ts")
    if "node_modules" not in path.parts
)

# With pytest-xdist, one worker runs Vitest once for all.
pytestmark = [pytest.mark.xdist_group("vitest"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """What Vitest says about each file, from a single run."""
    report = tmp_path_factory.mktemp("vitest") / "report.json"
    options = ["run", "--reporter=json", f"--outputFile={report}"]
    vitest = str(CLIENT / "node_modules" / "vitest" / "vitest.mjs")
    run = subprocess.run(
        command_line("node", [vitest, *options]),
        cwd=CLIENT,
        env=node_environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        pytest.fail(run.stdout + run.stderr, pytrace=False)
    results = json.loads(report.read_text(encoding="utf-8"))["testResults"]
    return {Path(result["name"]).relative_to(CLIENT).as_posix(): result for result in results}


@pytest.mark.parametrize("file", FILES)
def test_vitest(outcomes: dict[str, dict], file: str):
    outcome = outcomes[file]
    failures = [
        f"{test['fullName']}\n{''.join(test['failureMessages'])}"
        for test in outcome["assertionResults"]
        if test["status"] == "failed"
    ]
    if outcome["status"] != "passed":
        pytest.fail("\n".join(failures) or outcome["message"], pytrace=False)
    assert outcome["assertionResults"], "the file holds no test"
