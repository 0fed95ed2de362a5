"""What the campaigns share: running hamgen, what a directory may hold, and how violations are reported."""
from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import random
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
TOLD_IN_FULL = 25  # violations; of more, one line each
TIMEOUT = 60.0  # seconds; every run here takes a fraction of one
SMALL = ("--system", "pendulum", "--n", "12", "--n-test", "4", "--shard-size", "4", "--image-size", "16")
OTHER = (*SMALL, "--seed", "1")


@dataclass
class Result:
    """How a run of hamgen ended. `status` is negative for a signal, as in subprocess; None: it did not end."""
    command: list[str]
    status: int | None
    out: str
    err: str
    seconds: float

    @property
    def message(self) -> str:
        return self.err.strip()

    def __str__(self) -> str:
        if self.status is None:
            return f"did not end, {self.message!r}"
        return f"{f'signal {-self.status}' if self.status < 0 else f'exit {self.status}'}, {self.message!r}"


def start(program: str, *arguments: object, env: dict[str, str] | None = None, **options) -> subprocess.Popen[str]:
    return subprocess.Popen([program, *map(str, arguments)], env={**os.environ, **(env or {})}, text=True, errors="replace",
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def finish(process: subprocess.Popen[str], timeout: float = TIMEOUT, began: float | None = None) -> Result:
    began = time.monotonic() if began is None else began
    try:
        out, err = process.communicate(timeout=timeout)
        status = process.returncode
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        status = None
    return Result(list(process.args), status, out, err, time.monotonic() - began)


def run(program: str, *arguments: object, timeout: float = TIMEOUT, **options) -> Result:
    began = time.monotonic()
    return finish(start(program, *arguments, **options), timeout, began)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digests(root: Path) -> dict[str, str]:
    """SHA-256 of every file, by path within the directory."""
    return {str(path.relative_to(root)): digest(path) for path in sorted(root.rglob("*")) if path.is_file()}


def differences(root: Path, reference: dict[str, str]) -> list[str]:
    """What is not as in the reference, left-over files included."""
    found = digests(root) if root.exists() else {}
    return ([f"{name} is missing" for name in reference if name not in found] +
            [f"{name} differs" for name in reference if name in found and found[name] != reference[name]] +
            [f"{name} is left over" for name in found if name not in reference])


def false_manifest(root: Path, *references: dict[str, str]) -> list[str]:
    """Differences of a directory that looks finished, from the closest reference; temporary files aside."""
    if not (root / "manifest.json").exists():
        return []
    found = [[text for text in differences(root, reference) if not text.endswith("left over")] for reference in references]
    return [f"there is a manifest.json, but {text}" for text in min(found, key=len)]


class Campaign:
    """Counts what was tried, tells of violations at once, and ends with one line of JSON on stdout."""

    def __init__(self, name: str, options: argparse.Namespace):
        self.name, self.hamgen, self.seed, self.count = name, options.hamgen, options.seed, options.count
        self.random = random.Random(f"{name} {options.seed}")
        self.work = Path(tempfile.mkdtemp(prefix=f"hamgen-{name}-")).resolve()
        self.counts: dict[str, int] = {}
        self.violations: dict[str, int] = {}  # of what was counted
        self.skipped: str | None = None
        self.began = time.monotonic()
        self._references: dict[tuple[str, ...], dict[str, str]] = {}

    def __enter__(self) -> Campaign:
        return self

    def __exit__(self, *_) -> None:
        shutil.rmtree(self.work, ignore_errors=True)

    def add(self, what: str, n: int = 1) -> None:
        self.counts[what] = self.counts.get(what, 0) + n

    def violation(self, of: str, case: str, problems: list[str], *results: Result) -> None:
        """One per case, however many problems it has; `of` is what the case was counted as."""
        self.violations[of] = self.violations.get(of, 0) + 1
        print(f"VIOLATION {self.name}, seed {self.seed}: {case}: {problems[0]}", file=sys.stderr, flush=True)
        if sum(self.violations.values()) > TOLD_IN_FULL:
            return
        for problem in problems[1:8] + ([f"... and {len(problems) - 8} more"] if len(problems) > 8 else []):
            print(f"  {problem}", file=sys.stderr)
        for result in results:
            print(f"  $ {shlex.join(result.command)}\n    {result}", file=sys.stderr)
        sys.stderr.flush()

    def directory(self, name: str = "case") -> Path:
        """An empty place for a case, which holds the dataset's directory "d"."""
        path = self.work / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir()
        return path

    def make(self, configuration: tuple[str, ...], root: Path) -> Path:
        """A dataset made without disturbance."""
        result = run(self.hamgen, *configuration, "--out", root, "--quiet", timeout=600)
        if result.status != 0:
            raise SystemExit(f"{self.name}: cannot make a dataset at all: {shlex.join(result.command)}: {result}")
        return root

    def reference(self, configuration: tuple[str, ...]) -> dict[str, str]:
        """The hashes of an undisturbed run's files, which stay in `reference_root`."""
        if configuration not in self._references:
            self._references[configuration] = digests(self.make(configuration, self.reference_root(configuration)))
        return self._references[configuration]

    def reference_root(self, configuration: tuple[str, ...]) -> Path:
        return self.work / ("reference-" + hashlib.sha256(" ".join(configuration).encode()).hexdigest()[:8])

    def finish(self) -> int:
        """Prints the summary; the exit status."""
        summary = {"campaign": self.name, "counts": self.counts, "violations": sum(self.violations.values()),
                   "violations_of": self.violations, "seed": self.seed,
                   "seconds": round(time.monotonic() - self.began, 1), "hamgen": version(self.hamgen),
                   "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")}
        if self.skipped:
            summary["skipped"] = self.skipped
        print(json.dumps(summary), flush=True)
        return 1 if self.violations else 0


def build_shim(folder: Path) -> Path:
    """io_faults.c, to be preloaded."""
    path = folder / "io_faults.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-o", path, HERE / "io_faults.c"], check=True)
    return path


def version(program: str) -> str:
    return run(program, "--version").out.strip()


def parser(text: str | None, count: int, count_help: str) -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(description=text, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--hamgen", default=os.environ.get("HAMGEN"), metavar="PATH", help="the program [$HAMGEN]")
    made.add_argument("--count", type=int, default=count, metavar="N", help=f"{count_help} [{count}]")
    made.add_argument("--seed", type=int, default=0, metavar="N", help="of every random choice [0]")
    return made


def parse(made: argparse.ArgumentParser) -> argparse.Namespace:
    options = made.parse_args()
    if not options.hamgen:
        made.error("where is hamgen? Give --hamgen PATH or set HAMGEN")
    options.hamgen = str(Path(options.hamgen).resolve())
    if not os.access(options.hamgen, os.X_OK):
        made.error(f"{options.hamgen} is not a program")
    return options


def with_fault_points(hamgen: str) -> str | None:
    """The test build beside the program, where it was built."""
    path = Path(hamgen).with_name("hamgen-with-fault-points")
    return str(path) if os.access(path, os.X_OK) else None


def message_problems(result: Result, reason: str | None = None) -> list[str]:
    """What is wrong with how a run ended that could not do its work: no signal, exit 1, one clear line, and behind it
    nothing but an indented list."""
    if result.status is None:
        return [f"it did not end within {result.seconds:.0f} s"]
    if result.status < 0:
        return [f"it was ended by {signal.Signals(-result.status).name}"]
    if result.status != 1:
        return [f"exit status {result.status} instead of 1"]
    if not result.message.startswith("hamgen: "):
        return ["stderr does not begin with \"hamgen: \""]
    if any(not line.startswith("  ") for line in result.message.splitlines()[1:]):
        return ["stderr has several messages"]
    if reason and reason.lower() not in result.message.lower():
        return [f"the message does not say \"{reason}\""]
    return []
