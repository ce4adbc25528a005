"""`.ci/run` runs everything, and fails if anything does."""

import shutil

import pytest

from tests.gateway import ROOT
from tests.scripts.conftest import PYTHON, Tree
from tests.timing import limit

WHOLE = "-m pytest -n auto --maxprocesses=8 --dist worksteal"
CHECKS = ["-m ruff check .", "-m ruff format --check .", "-m mypy"]
TOOLS = ("mktemp", "nice", "nproc")
CANARY = '#!/usr/bin/env bash\necho "canary" >> "$CALLS"\n'
SECOND = '#!/usr/bin/env bash\necho "second engine" >> "$CALLS"\n[ "${FAILS-}" != second ]\n'

pytestmark = pytest.mark.slow


@pytest.fixture
def ci(tree: Tree) -> Tree:
    """On a system with npm and the programs that CI installs; two parts only note that they ran."""
    shutil.copytree(ROOT / ".ci", tree.folder / ".ci")
    (tree.folder / ".ci/canary").write_text(CANARY, encoding="utf-8")
    (tree.folder / ".ci/second-engine").write_text(SECOND, encoding="utf-8")
    for tool in TOOLS:
        (tree.commands / tool).symlink_to(str(shutil.which(tool)))
    for name in ("chromium", "nginx", "haproxy", "caddy", "promtool"):
        tree.add(name, "")
    tree.add("npm", "#!/usr/bin/env bash\nmkdir -p node_modules\n")
    return tree


@pytest.mark.parametrize("broken", ["", *CHECKS, "pytest", "second"])
def test_all_parts_are_run(ci: Tree, broken: str) -> None:
    """One that fails does not keep the others from being run, and fails the run."""
    code, said = ci.run("../.ci/run", FAILS=broken)
    assert code == (1 if broken else 0), said
    calls = ci.calls()
    assert [call for call in calls if call in CHECKS] == CHECKS
    assert {WHOLE, "canary", "second engine"} <= set(calls)


def test_output_is_not_mixed(ci: Tree) -> None:
    """The checks say what they say when the suite has said everything, then the canary."""
    ci.add("some-python", PYTHON.replace('note "$@" ;;', 'echo "$@"; note "$@" ;;'))
    (ci.folder / ".ci/canary").write_text("#!/usr/bin/env bash\necho canary\n", encoding="utf-8")
    with ci.start("../.ci/run") as process:
        shown = process.communicate(timeout=limit(60))[0].splitlines()
    said = [line for line in shown if line in (WHOLE, *CHECKS, "canary")]
    assert said == [WHOLE, *CHECKS, "canary"]


@pytest.mark.parametrize("name", ["apt-get", "npm"])
def test_a_failing_set_up_ends_the_run(ci: Tree, name: str) -> None:
    """Nothing is tested where something is missing."""
    (ci.commands / "caddy").unlink()
    ci.add("id", "#!/usr/bin/env bash\necho 0\n")
    ci.add("apt-get", "#!/usr/bin/env bash\n")
    ci.add(name, "#!/usr/bin/env bash\nexit 1\n")
    assert ci.run("../.ci/run")[0] != 0
    assert WHOLE not in ci.calls()


def test_patience(ci: Tree) -> None:
    """CI gives every test longer, skips nothing, and has one process more than cores."""
    noted = "$@ $CI $TEST_TIME_FACTOR $PYTEST_XDIST_AUTO_NUM_WORKERS"
    ci.add("some-python", PYTHON.replace('note "$@" ;;', f'note "{noted}" ;;'))
    ci.add("nproc", "#!/usr/bin/env bash\necho 5\n")
    assert ci.run("../.ci/run")[0] == 0
    (whole,) = [call for call in ci.calls() if call.startswith(WHOLE)]
    assert whole == f"{WHOLE} true 4 6"


def test_missing_programs_are_installed(ci: Tree) -> None:
    """Those that are missing, from Debian, and nginx with its module."""
    for name in ("nginx", "caddy", "promtool"):
        (ci.commands / name).unlink()
    ci.add("id", "#!/usr/bin/env bash\necho 0\n")
    ci.add("apt-get", '#!/usr/bin/env bash\necho "apt-get $*" >> "$CALLS"\n')
    code, said = ci.run("../.ci/run")
    assert code == 0, said
    asked = [call.split() for call in ci.calls() if call.startswith("apt-get install")]
    (call,) = asked
    assert call[-4:] == ["nginx", "caddy", "libnginx-mod-stream", "prometheus"]


def test_npm_is_needed(tree: Tree) -> None:
    """Nothing is skipped for what is missing."""
    shutil.copytree(ROOT / ".ci", tree.folder / ".ci")
    code, said = tree.run("../.ci/run")
    assert code == 1
    assert "npm is missing" in said
    assert tree.calls() == []
