"""Where the programs are that scripts call: hamgen, hgn-fit, hgn-eval, hgn-rollout."""
from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILT = REPOSITORY / "build/release/bin"


def variable_of(name: str) -> str:
    """HGN_FIT of hgn-fit."""
    return name.upper().replace("-", "_")


def program(name: str) -> str:
    """$HGN_FIT for hgn-fit, or what is built here, or what is on the PATH. Where there is none, where it would be built: why_missing
    says so, and whoever runs it."""
    return os.environ.get(variable_of(name)) or shutil.which(str(BUILT / name)) or shutil.which(name) or str(BUILT / name)


def why_missing(name: str) -> str | None:
    """One sentence on a program that cannot be run; None where it can."""
    found, variable = program(name), variable_of(name)
    if shutil.which(found) is not None:
        return None
    if os.environ.get(variable):
        return f"{variable}={found} is not a program"
    return f"there is no {found}: build {name}, or set {variable} to its path"


def call(*command: object) -> None:
    """Runs it to its end, without what it prints to stdout. Raises CalledProcessError, OSError."""
    subprocess.run([*map(str, command)], check=True, stdout=subprocess.DEVNULL)
