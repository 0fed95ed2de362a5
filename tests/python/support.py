"""What the tests share: the hamgen program, and small datasets made with it once."""
from __future__ import annotations

import atexit
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py
import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "python"))

if not os.environ.get("HAMGEN"):
    raise RuntimeError("HAMGEN is not set: it has to be the path of the hamgen program, e.g. build/release/bin/hamgen")
HAMGEN = str(Path(os.environ["HAMGEN"]).resolve())
if not os.access(HAMGEN, os.X_OK):
    raise RuntimeError(f"HAMGEN={os.environ['HAMGEN']} is not a program")

# The paper's systems: those that reference.py computes anew.
SYSTEMS = ("mass_spring", "pendulum", "two_body", "three_body", "n_body")
TRAIN, TEST, VALIDATION, SHARD = 25, 10, 5, 10  # trajectories
FRAMES = 31
# More bodies than colours, no two alike.
_EXTRA = {"n_body": ("--set", "physics.masses=[0.5,0.25,0.15,0.4,0.1,0.2,0.3,0.35,0.12]", "--set", "start.radius=[1.5,2]")}


@functools.lru_cache(maxsize=None)
def scratch() -> Path:
    """A directory for this process, removed when it ends."""
    path = Path(tempfile.mkdtemp(prefix="hamgen-test-"))
    owner = os.getpid()
    atexit.register(lambda: os.getpid() == owner and shutil.rmtree(path, ignore_errors=True))
    return path


def new_directory() -> Path:
    return Path(tempfile.mkdtemp(dir=scratch()))


def run(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run([HAMGEN, *map(str, arguments)], cwd=cwd or scratch(), capture_output=True, text=True, timeout=120)


def generate(out: Path, *arguments: object) -> Path:
    done = run(*arguments, "--out", out, "--quiet")
    if done.returncode != 0:
        raise AssertionError(f"hamgen {' '.join(map(str, arguments))} failed: {done.stderr}")
    return out


@functools.lru_cache(maxsize=None)
def dataset(system: str, size: int = 32, *arguments: object) -> Path:
    """TRAIN train and TEST test trajectories in shards of SHARD. Never changed by a test."""
    return generate(new_directory() / "data", "--system", system, "--n", TRAIN, "--n-test", TEST, "--shard-size", SHARD,
                    "--image-size", size, *_EXTRA.get(system, ()), *arguments)


def several() -> dict[str, Path]:
    """Every system, every frame size that the tests look at; the one of 128 has two chunks per trajectory."""
    found = {f"{system}, {size} px": dataset(system, size) for system in SYSTEMS for size in (32, 64)}
    return {**found, "pendulum, 16 px": dataset("pendulum", 16), "three_body, 128 px": dataset("three_body", 128)}


def manifest(root: Path) -> dict:
    return json.loads((root / "manifest.json").read_text(encoding="utf-8"))


def sealed(value: dict) -> str:
    """The text of a JSON file that ends with its own checksum, as hamgen writes it."""
    text = json.dumps({**value, "checksum": "0" * 64}, indent=2) + "\n"
    before, after = text.rsplit("0" * 64, 1)
    return before + hashlib.sha256(before.encode()).hexdigest() + after


def shard_files(root: Path, split: str) -> list[Path]:
    return sorted((root / split).glob("shard-*.h5"))


def read(root: Path, split: str, *names: str) -> list[np.ndarray]:
    """Datasets over all shards of a split."""
    columns: list[list[np.ndarray]] = [[] for _ in names]
    for path in shard_files(root, split):
        with h5py.File(path, "r") as shard:
            for column, name in zip(columns, names):
                column.append(shard[name][()])
    return [np.concatenate(column) for column in columns]


def digests(root: Path) -> dict[str, str]:
    """SHA-256 of every file, by path within the directory."""
    return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(root.rglob("*")) if path.is_file()}
