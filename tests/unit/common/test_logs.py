import subprocess
import sys
from pathlib import Path

import pytest

FAILS = """
from common import logs

logs.configure("fetcher", "{form}")
try:
    api_key = "".join(chr(115) for _ in range(12))
    1 / 0
except ZeroDivisionError:
    logs.log.exception("failed")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_an_error_is_logged_without_what_was_in_variables(tmp_path: Path, form: str) -> None:
    script = tmp_path / "fails.py"
    script.write_text(FAILS.format(form=form))

    ran = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True, env={"PYTHONPATH": "."})

    assert "ZeroDivisionError" in ran.stderr
    assert "s" * 12 not in ran.stderr
