"""The client's gates fail when their rules are broken; a gate that cannot fail guards nothing."""

import subprocess
from pathlib import Path

import pytest

from tools.node import CLIENT, command_line, node_environment


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A client of our own, with the real packages and the real rules."""
    (tmp_path / "node_modules").symlink_to(CLIENT / "node_modules")
    for name in (".dependency-cruiser.cjs", "tsconfig.base.json", "tsconfig.json"):
        (tmp_path / name).symlink_to(CLIENT / name)
    return tmp_path


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _run(workspace: Path, program: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command_line("node", [str(CLIENT / "node_modules" / program), *options]),
        cwd=workspace,
        env=node_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.timeout(120)
def test_a_wrong_type_in_a_component_fails_the_check(workspace: Path):
    _write(
        workspace / "kit/src/Broken.svelte",
        '<script lang="ts">\n  const { count }: { count: number } = $props();\n</script>\n'
        "<p>{count.toUpperCase()}</p>\n",
    )

    outcome = _run(workspace, "svelte-check/bin/svelte-check", "--tsconfig", "./tsconfig.json")

    assert outcome.returncode == 1
    assert "toUpperCase" in outcome.stdout


@pytest.mark.timeout(120)
def test_the_engine_has_no_browser(workspace: Path):
    _write(workspace / "sync/tsconfig.json", (CLIENT / "sync/tsconfig.json").read_text())
    _write(workspace / "sync/src/broken.ts", "export const title = document.title;\n")

    outcome = _run(workspace, "typescript/bin/tsc", "--project", "sync")

    assert "Cannot find name 'document'" in outcome.stdout


@pytest.mark.parametrize(
    ("importer", "imported", "rule"),
    [
        ("protocol", "sync", "protocol-knows-nobody"),
        ("sync", "kit", "sync-knows-only-the-protocol"),
        ("kit", "board", "kit-knows-no-app"),
        ("board", "driver", "apps-are-strangers"),
    ],
)
def test_an_import_in_the_wrong_direction_fails(
    workspace: Path, importer: str, imported: str, rule: str
):
    _write(workspace / f"{importer}/src/a.ts", f"import '../../{imported}/src/b.ts';\n")
    _write(workspace / f"{imported}/src/b.ts", "export const b = 1;\n")

    cruise = "dependency-cruiser/bin/dependency-cruiser.mjs"
    outcome = _run(workspace, cruise, "--config", ".dependency-cruiser.cjs", importer, imported)

    assert outcome.returncode > 0
    assert f"error {rule}: {importer}/src/a.ts" in outcome.stdout
