"""The demo tells its whole story."""

import subprocess
import sys

from tests.e2e.demo.story import STORY
from tests.support.mesh import ENVIRONMENT, PROJECT


def test_every_step_of_the_demo_holds() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.e2e.demo"],
        cwd=PROJECT,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("\n") > len(STORY)
    assert "Every step held" in done.stdout
