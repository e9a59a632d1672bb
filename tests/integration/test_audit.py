"""The audit of our packages: what fails the build, and what does not."""

import json
import os
from pathlib import Path

import pytest

from deploy.audit import audit, verdict

SOUND = {"name": "peewee", "version": "4.5.0", "vulns": []}
FLAWED = {
    "name": "jinja2",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.6"], "description": ""}],
}


def test_a_known_vulnerability_fails_with_its_name_and_its_cure() -> None:
    code, said = verdict(json.dumps({"dependencies": [SOUND, FLAWED], "fixes": []}), "Found 1 known vulnerability")

    assert (code, said) == (1, "jinja2 2.0 has PYSEC-1; mended in: 3.1.6")


def test_sound_packages_pass() -> None:
    assert verdict(json.dumps({"dependencies": [SOUND], "fixes": []}), "")[0] == 0


@pytest.mark.parametrize("report", ["", "[]", "null", "{"])
def test_an_audit_that_fails_by_itself_fails(report: str) -> None:
    code, said = verdict(report, "ERROR:pip_audit._cli:invalid requirements input")

    assert code == 1
    assert "invalid requirements input" in said


def test_a_service_that_is_away_is_said_and_fails_nothing() -> None:
    away = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), "http://127.0.0.1:1")

    code, said = audit(env=os.environ | away, patience=120)

    assert code == 0
    assert said.startswith("NOT AUDITED: the vulnerability service can't be reached")


def test_an_audit_that_takes_too_long_is_said_and_fails_nothing() -> None:
    code, said = audit(patience=0.01)

    assert (code, said[:11]) == (0, "NOT AUDITED")


def test_a_lock_that_can_t_be_read_fails(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("jinja2\n")

    assert audit(tmp_path / "lock", patience=120)[0] == 1
