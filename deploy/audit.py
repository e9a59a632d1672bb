"""Has any package of requirements.lock a known vulnerability? `make audit`.

A vulnerability fails; a service that can't be reached is said, and fails nothing: it is no fault of the code.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

LOCK = Path(__file__).parent.parent / "requirements.lock"
PATIENCE = 30.0  # seconds for all of it
COMMAND = (sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "--progress-spinner=off", "-f=json")
_UNREACHABLE = re.compile(r"requests\.exceptions\.(\w*Error|\w*Timeout)|ConnectionError|ServiceError")


def audit(lock: Path = LOCK, patience: float = PATIENCE, env: Mapping[str, str] | None = None) -> tuple[int, str]:
    """The exit code, and what to say."""
    try:
        ran = subprocess.run(
            (*COMMAND, f"-r={lock}"), capture_output=True, text=True, timeout=patience, env=env, check=False
        )
    except subprocess.TimeoutExpired:
        return 0, f"NOT AUDITED: the vulnerability service gave no answer in {patience:.0f} seconds."
    return verdict(ran.stdout, ran.stderr)


def verdict(report: str, complaints: str) -> tuple[int, str]:
    """The same, of what pip-audit wrote."""
    try:
        packages: list[dict[str, Any]] = msgspec.json.decode(report)["dependencies"]
    except (msgspec.DecodeError, KeyError, TypeError):
        if unreachable := _UNREACHABLE.findall(complaints):
            why = next((name for name in reversed(unreachable) if name), "no connection")
            return 0, f"NOT AUDITED: the vulnerability service can't be reached ({why})."
        return 1, f"The audit itself failed:\n{complaints.strip()[-2000:]}"
    found = [_line(package, known) for package in packages for known in package.get("vulns", ())]
    return (1, "\n".join(found)) if found else (0, f"No known vulnerability in {len(packages)} packages.")


def _line(package: Mapping[str, Any], known: Mapping[str, Any]) -> str:
    cure = ", ".join(known.get("fix_versions", ())) or "none yet"
    return f"{package['name']} {package['version']} has {known['id']}; mended in: {cure}"


if __name__ == "__main__":
    code, said = audit()
    sys.stdout.write(f"{said}\n")
    sys.exit(code)
