"""`.ci/run` runs everything, and fails if anything does."""

import shutil

import pytest

from tests.gateway import ROOT
from tests.scripts.conftest import PYTHON, Tree

WHOLE = "-m pytest -n auto --maxprocesses=8 --dist worksteal"
CANARY = '#!/usr/bin/env bash\necho "canary" >> "$CALLS"\n'

pytestmark = pytest.mark.slow


@pytest.fixture
def ci(tree: Tree) -> Tree:
    """On a system with npm, a browser and proxies; the canary only notes that it flew."""
    shutil.copytree(ROOT / ".ci", tree.folder / ".ci")
    (tree.folder / ".ci/canary").write_text(CANARY, encoding="utf-8")
    for name in ("chromium", "nginx", "haproxy", "caddy"):
        tree.add(name, "")
    tree.add("npm", "#!/usr/bin/env bash\nmkdir -p node_modules\n")
    return tree


@pytest.mark.parametrize("broken", ["", "mypy", "pytest"])
def test_all_parts_are_run(ci: Tree, broken: str) -> None:
    """One that fails does not keep the others from being run, the whole suite last."""
    code, said = ci.run("../.ci/run", FAILS=broken)
    assert code == (1 if broken else 0), said
    calls = [call for call in ci.calls() if call != "canary"]
    assert calls[-2:] == ["-m mypy", WHOLE]


def test_patience(ci: Tree) -> None:
    """CI gives every test longer, and skips nothing."""
    ci.add("some-python", PYTHON.replace('note "$@" ;;', 'note "$@ $CI $TEST_TIME_FACTOR" ;;'))
    assert ci.run("../.ci/run")[0] == 0
    (whole,) = [call for call in ci.calls() if call.startswith(WHOLE)]
    assert whole == f"{WHOLE} true 4"


def test_missing_programs_are_installed(ci: Tree) -> None:
    """Those that are missing, from Debian, and nginx with its module."""
    for name in ("nginx", "caddy"):
        (ci.commands / name).unlink()
    ci.add("id", "#!/usr/bin/env bash\necho 0\n")
    ci.add("apt-get", '#!/usr/bin/env bash\necho "apt-get $*" >> "$CALLS"\n')
    code, said = ci.run("../.ci/run")
    assert code == 0, said
    asked = [call.split() for call in ci.calls() if call.startswith("apt-get install")]
    assert [call[-3:] for call in asked] == [["nginx", "caddy", "libnginx-mod-stream"]]


def test_npm_is_needed(tree: Tree) -> None:
    """Nothing is skipped for what is missing."""
    shutil.copytree(ROOT / ".ci", tree.folder / ".ci")
    code, said = tree.run("../.ci/run")
    assert code == 1
    assert "npm is missing" in said
    assert tree.calls() == []
