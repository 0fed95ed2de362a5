"""Datasets from Python: runs the program hamgen, and turns what it says into values and exceptions. Nothing but the standard library.

    import hamgen

    root = hamgen.generate("pendulum", n=1000, image_size=32)    # Path("pendulum")
    hamgen.verify(root)                                          # raises DamagedDataset where a byte is not as it was written
    [system["name"] for system in hamgen.systems()]
"""
from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Any, Mapping

from hamgen.programs import program, why_missing

_FAILED, _REFUSED, _INTERRUPTED = 1, 2, 75  # docs/reference/exit-statuses.md


class HamgenError(RuntimeError):
    """What hamgen said when it failed. `status`: how it ended."""

    def __init__(self, message: str, status: int = _FAILED) -> None:
        super().__init__(message)
        self.status = status


class InvalidConfiguration(HamgenError, ValueError):
    """A name or a value is not understood; nothing was begun."""


class Interrupted(HamgenError):
    """Stopped by a signal. What was finished is kept: the same call goes on."""


class DamagedDataset(HamgenError):
    """verify() found damage; `report` tells where, and hamgen repair DIR mends it."""

    def __init__(self, message: str, report: dict[str, Any]) -> None:
        super().__init__(message)
        self.report = report


def generate(system: str | None = None, n: int | None = None, out: str | os.PathLike[str] | None = None, *, set: Mapping[str, Any] | None = None,
             config: Mapping[str, Any] | None = None, force: bool = False, progress: bool = True, **options: Any) -> Path:
    """Makes a dataset, or goes on with one that was interrupted, and returns its directory.

    system   one of systems(); may be left out where a preset or `config` names it
    n        trajectories of the train split [1000]
    out      directory [./NAME of the system]
    set      fields by their path: {"start.radius": [0.5, 1], "physics.gravity": 2}
    config   the same as nested dictionaries, as in hamgen's JSON configuration
    force    replace a dataset that is already there
    options  hamgen's other options, by name: n_test=200, n_validation=200, seed=1, image_size=32, steps=60, dt=0.1, noise_std=0.1,
             threads=4, preset="..."

    Progress goes to sys.stderr. Raises InvalidConfiguration (a ValueError), Interrupted, HamgenError, FileNotFoundError where there is no program.
    """
    words: list[str] = []
    named = {"system": system, "n": n, "out": None if out is None else os.fspath(out), **options}
    for name, value in named.items():
        if value is None or value is False:
            continue
        words += [f"--{name.replace('_', '-')}"] + ([] if value is True else [str(value)])
    for path, value in (set or {}).items():
        words += ["--set", f"{path}={json.dumps(value)}"]
    if force:
        words.append("--force")
    if config is not None:
        words += ["--config", "-"]
    if not progress:
        words.append("--quiet")
    manifest = json.loads(_run([*words, "--json"], None if config is None else json.dumps(config)))
    return Path(os.fspath(out) if out is not None else str(manifest["system"]))


def verify(root: str | os.PathLike[str], *, full: bool = False, regenerate: str | int | None = None, threads: int | None = None,
           progress: bool = False) -> dict[str, Any]:
    """Compares every file of a dataset with its checksums, and returns what hamgen verify --json reports.

    full         also decompress every frame and compare the content's hash
    regenerate   also simulate and render a random sample again: "1%", or a number of trajectories

    Raises DamagedDataset; HamgenError where there is no dataset.
    """
    words = ["verify", os.fspath(root), "--json", *(["--full"] if full else []), *([] if progress else ["--quiet"])]
    for name, value in (("--regenerate", regenerate), ("--threads", threads)):
        words += [] if value is None else [name, str(value)]
    try:
        return dict(json.loads(_run(words)))
    except _Failed as failure:
        if not failure.output:
            raise HamgenError(str(failure), failure.status) from None
        report = json.loads(failure.output)
        first = report["problems"][0]["what"] if report["problems"] else "see the report"
        raise DamagedDataset(f"{os.fspath(root)} is damaged: {first}", report) from None


def systems() -> list[dict[str, Any]]:
    """What there is to simulate: name, summary, hamiltonian, reference, conserved quantities and the default configuration of each."""
    return list(json.loads(_run(["systems", "--json"])))


class _Failed(HamgenError):
    def __init__(self, message: str, status: int, output: str) -> None:
        super().__init__(message, status)
        self.output = output


def _echoed(stream: IO[str], last: list[str]) -> None:
    """Passes on what the program says; its own message, "hamgen: ...", is kept for the exception instead."""
    for line in stream:
        if line.startswith("hamgen: "):
            last.append(line.removeprefix("hamgen: ").strip())
        else:
            sys.stderr.write(line)


def _run(words: list[str], stdin: str | None = None) -> str:
    """What hamgen prints. Raises what generate() does; _Failed for status 1."""
    if missing := why_missing("hamgen"):
        raise FileNotFoundError(missing)
    messages: list[str] = []
    with subprocess.Popen([program("hamgen"), *words], text=True, encoding="utf-8", stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout is not None and child.stderr is not None
        listener = threading.Thread(target=_echoed, args=(child.stderr, messages), daemon=True)
        listener.start()
        try:
            if stdin is not None and child.stdin is not None:
                child.stdin.write(stdin)
                child.stdin.close()
            output = child.stdout.read()
        except BaseException:  # such as KeyboardInterrupt: the program saves what is finished
            child.terminate()
            raise
        listener.join()
    status = child.returncode
    if status == 0:
        return output
    message = "\n".join(messages) or f"hamgen ended with status {status}"
    if status == _REFUSED:
        raise InvalidConfiguration(message, status)
    if status == _INTERRUPTED:
        raise Interrupted(message, status)
    raise _Failed(message, status, output)
