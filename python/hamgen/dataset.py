#!/usr/bin/env python3
"""Read a hamgen dataset in Python: one file, numpy and h5py, nothing else.

    from hamgen import HamgenDataset       # of a copy of this file alone: from dataset import HamgenDataset
    data = HamgenDataset("three_body", split="train", fields=("frames", "q"))
    data[0]["frames"]                      # uint8 [T, H, W, 3]
    data.get(0, start=5, length=10)["q"]   # float64 [10, D]

It is a map-style dataset as PyTorch understands it, so torch.utils.data.DataLoader(data, num_workers=2) works, with
workers that are forked as well as spawned; torch itself is not needed. Shards are found through manifest.json.

    python3 dataset.py three_body          prints what the files hold, as h5py sees them
"""
from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import operator
import os
import sys
import threading
from bisect import bisect_right
from collections import OrderedDict
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

if __name__ == "__main__":  # a command, under any python3 (but not a copy of this file alone)
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    with contextlib.suppress(ImportError):
        from hamgen.interpreter import need

        need("h5py", "numpy")
try:
    import h5py
    import numpy as np
except ModuleNotFoundError as missing:
    raise ModuleNotFoundError(f"hamgen.dataset needs {missing.name}, which this Python ({sys.executable}) does not have. Install it with python3 -m "
                              f"pip install {missing.name}, or use Debian's /usr/bin/python3 with apt-get install python3-{missing.name}",
                              name=missing.name) from missing

SCHEMA_VERSION = 2


class DatasetError(Exception):
    """The dataset, or what was asked of it, is not as it should be; the message is one sentence."""


class Field(NamedTuple):
    """What one trajectory holds of a dataset: shape without the trajectory axis, names of its axes, type and units."""

    shape: tuple[int, ...]
    axes: tuple[str, ...]
    dtype: np.dtype
    units: str


class HamgenDataset:
    """The trajectories of one split, read lazily from its shards.

    root    directory that hamgen wrote
    split   "train", "test", "validation", or one of the splits that ask questions (docs/configuration.md)
    fields  datasets to return, any of `available`; e.g. "frames" uint8 [T, H, W, 3] (of 255), "q" and "p" float64
            [T, D] (exact state, units in `available`), "energy" float64 [T], "parameters" float64 [P]
    window  (start, length): the frames to return of every field that has a time axis; None for all
    verify  check size and SHA-256 of every shard first (reads all of them); otherwise only sizes are compared. For files
            that you do not trust, verify: h5py follows whatever a file tells it to
    max_open_shards  file handles kept open per process

    Files are opened on first use in each process and never shared with a forked one. Pickling keeps the settings only.
    Raises DatasetError where the directory is not a finished dataset of schema version 2, where split, field or shard
    does not exist, and ValueError for a window outside the trajectory.
    """

    def __init__(self, root: str | os.PathLike[str], split: str = "train", fields: tuple[str, ...] = ("frames",),
                 window: tuple[int, int] | None = None, verify: bool = False, max_open_shards: int = 8) -> None:
        self._root = Path(root).absolute()
        self._manifest = read_manifest(self._root)
        if split not in self._manifest["splits"]:
            raise DatasetError(f"{root} has no split {split!r}: there is {_listed(self._manifest['splits'])}")
        if max_open_shards < 1:
            raise ValueError(f"max_open_shards = {max_open_shards} is not allowed: expected at least 1")
        self._split, self._max_open_shards = split, max_open_shards
        self._shards = self._manifest["splits"][split]["shards"]
        self._firsts = [shard["first"] for shard in self._shards]
        self._check_shard_table()
        if verify:
            self.verify()
        self._forget_handles()
        self._read_labels()
        self._fields = (fields,) if isinstance(fields, str) else tuple(fields)
        for name in self._fields:
            if name not in self._available:
                raise DatasetError(f"the {split} split has no field {name!r}: there is {_listed(self._available)}")
        self._window = self._checked_window(*(window if window is not None else (None, None)))

    @property
    def manifest(self) -> dict[str, Any]:
        """manifest.json: configuration, shard table, yardsticks (see schemas/manifest.schema.json)."""
        return self._manifest

    @property
    def available(self) -> dict[str, Field]:
        """Every field that this split can return."""
        return self._available

    @property
    def time(self) -> np.ndarray:
        """float64 [T]: time of every frame of a trajectory, in units of time."""
        return self._time

    @property
    def coordinates(self) -> list[str]:
        """D names, in the order of the last axis of q and p."""
        return self._coordinates

    @property
    def channel_mean(self) -> np.ndarray:
        """float64 [3]: mean of the train frames / 255, per channel."""
        return np.array(self._manifest["frames"]["channel_mean"])

    @property
    def channel_std(self) -> np.ndarray:
        """float64 [3]: standard deviation of the train frames / 255, per channel."""
        return np.array(self._manifest["frames"]["channel_std"])

    def __len__(self) -> int:
        return self._manifest["splits"][self._split]["trajectories"]

    def __getitem__(self, index: int) -> dict[str, np.ndarray]:
        """Trajectory `index` (from the end where negative) as {field: array}, its frames cut to the window of the
        dataset. Raises IndexError."""
        return self._read(index, *self._window)

    def get(self, index: int, start: int | None = None, length: int | None = None) -> dict[str, np.ndarray]:
        """The same for `length` frames from frame `start` of the whole trajectory on; by default from its beginning, to
        its end. Raises IndexError, and ValueError for frames that there are not."""
        return self._read(index, *self._checked_window(start, length))

    def verify(self) -> None:
        """Compares size and SHA-256 of every shard of the split with the manifest; DatasetError names what differs."""
        problems = []
        for shard in self._shards:
            path = self._root / shard["file"]
            if not path.is_file():
                problems.append(f"{shard['file']} is missing")
            elif path.stat().st_size != shard["bytes"]:
                problems.append(f"{shard['file']} has {path.stat().st_size} bytes, not {shard['bytes']}")
            elif _sha256(path) != shard["sha256"]:
                problems.append(f"{shard['file']} does not have the SHA-256 of the manifest")
        if problems:
            raise DatasetError(f"{self._root} is damaged: " + "; ".join(problems))

    def close(self) -> None:
        """Closes the files this process has open; they open again when needed."""
        for handle in self._handles.values():
            handle.close()
        self._forget_handles()

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in ("_handles", "_lock", "_owner")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forget_handles()

    def _forget_handles(self) -> None:
        self._handles: OrderedDict[int, h5py.File] = OrderedDict()
        self._lock = threading.Lock()
        self._owner = os.getpid()

    def _read(self, index: int, start: int, length: int) -> dict[str, np.ndarray]:
        index = operator.index(index)
        if not -len(self) <= index < len(self):
            raise IndexError(f"trajectory {index} is out of range: the {self._split} split has {len(self)}")
        index %= len(self)
        if self._owner != os.getpid():  # a forked process: what it inherited is its parent's
            self.close()
        number = bisect_right(self._firsts, index) - 1
        row = index - self._firsts[number]
        with self._lock:
            shard = self._open(number)
            arrays = {}
            for name in self._fields:
                is_series = self._available[name].axes[:1] == ("time",)
                where = (row, slice(start, start + length)) if is_series else row
                arrays[name] = np.asarray(shard[name][where])
            return arrays

    def _open(self, number: int) -> h5py.File:
        """The shard's file, opened or found among the ones used last."""
        if number in self._handles:
            self._handles.move_to_end(number)
            return self._handles[number]
        while len(self._handles) >= self._max_open_shards:
            self._handles.popitem(last=False)[1].close()
        self._handles[number] = self._open_file(number)
        return self._handles[number]

    def _open_file(self, number: int) -> h5py.File:
        path = _inside(self._root, self._shards[number]["file"])
        if not path.is_file():
            raise DatasetError(f"shard {path} is missing")
        if (size := path.stat().st_size) != self._shards[number]["bytes"]:
            raise DatasetError(f"shard {path} has {size} bytes, not {self._shards[number]['bytes']}")
        try:
            return h5py.File(path, "r")
        except OSError as error:
            raise DatasetError(f"cannot open shard {path}: {error}") from error

    def _check_shard_table(self) -> None:
        expected = 0
        for shard in self._shards:
            _inside(self._root, shard["file"])
            if shard["first"] != expected or shard["last"] < shard["first"]:
                raise DatasetError(f"manifest.json has no shard with trajectory {expected} of the {self._split} split")
            expected = shard["last"] + 1
        if expected != len(self):
            raise DatasetError(f"the shards in manifest.json hold {expected} trajectories, not {len(self)}")

    def _read_labels(self) -> None:
        with self._open_file(0) as shard:
            self._time = shard["time"][()]
            self._coordinates = list(shard["coordinate"].asstr()[()])
            self._available = {}
            for name, dataset in shard.items():
                axes = _axes(dataset)
                if axes[0] == "trajectory":
                    self._available[name] = Field(dataset.shape[1:], axes[1:], dataset.dtype, dataset.attrs["units"])

    def _checked_window(self, start: int | None, length: int | None) -> tuple[int, int]:
        frames = len(self._time)
        start = 0 if start is None else operator.index(start)
        length = frames - start if length is None else operator.index(length)
        if start < 0 or length < 1 or start + length > frames:
            raise ValueError(f"window ({start}, {length}) is not allowed: a trajectory has frames 0 to {frames - 1}")
        return start, length


def read_manifest(root: str | os.PathLike[str]) -> dict[str, Any]:
    """manifest.json of a dataset. Raises DatasetError where there is none that this reader understands, or where its
    checksum is wrong: the SHA-256 of everything before the checksum's own digits."""
    root = Path(root)
    if not root.is_dir():
        raise DatasetError(f"there is no directory {root}")
    try:
        text = (root / "manifest.json").read_bytes()
        manifest = json.loads(text)
    except FileNotFoundError:
        raise DatasetError(f"{root} is not a finished dataset: it has no manifest.json") from None
    except (OSError, ValueError, RecursionError) as error:
        raise DatasetError(f"cannot understand {root / 'manifest.json'}: {error}") from error
    version = manifest.get("schema_version") if isinstance(manifest, dict) else None
    if version != SCHEMA_VERSION:
        raise DatasetError(f"{root} has schema version {version}: this reader understands {SCHEMA_VERSION}")
    end = f'"checksum": "{manifest.get("checksum")}"\n}}\n'.encode()
    sealed = text[: -len(end) + len('"checksum": "')]
    if not text.endswith(end) or hashlib.sha256(sealed).hexdigest() != manifest["checksum"]:
        raise DatasetError(f"{root / 'manifest.json'} is damaged: its checksum is wrong")
    return manifest


def _inside(root: str | os.PathLike[str], file: str) -> Path:
    path = PurePosixPath(file)
    if path.is_absolute() or ".." in path.parts:
        raise DatasetError(f"manifest.json leads out of the dataset: {file!r}")
    place = Path(root)
    for part in path.parts:
        place /= part
        if place.is_symlink():
            raise DatasetError(f"{place} is a symbolic link, which no part of a dataset is")
    return place


def _listed(names: Any) -> str:
    return ", ".join(sorted(names))


def _axes(dataset: h5py.Dataset) -> tuple[str, ...]:
    if h5py.h5ds.is_scale(dataset.id):
        return (dataset.name.strip("/"),)
    return tuple(axis[0].name.strip("/") for axis in dataset.dims)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def describe(root: str | os.PathLike[str]) -> str:
    """A table of what h5py finds in each split's index: name, shape, type, units; and the attributes that matter."""
    lines = []
    for split in read_manifest(root)["splits"].values():
        path = _inside(root, split["index"]["file"])
        with h5py.File(path, "r") as file:
            lines.append(f'h5py.File("{path}")')
            for name in ("system", "hamiltonian", "split", "seed", "solver", "generator_version"):
                lines.append(f"  .attrs[{name!r}] = {file.attrs[name]}")
            rows = [("name", "shape", "dtype", "units", "axes")]
            for name, data in sorted(file.items(), key=lambda item: (-item[1].ndim, item[0])):
                dtype = "text" if h5py.check_string_dtype(data.dtype) else str(data.dtype)
                rows.append((name, str(list(data.shape)), dtype, data.attrs.get("units", ""), ", ".join(_axes(data))))
            widths = [max(map(len, column)) for column in zip(*rows)]
            lines += ["  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths)).rstrip() for row in rows] + [""]
    return "\n".join(lines)


def main() -> int:
    parser = argparse.ArgumentParser(description="Print what a hamgen dataset holds, as h5py sees it.")
    parser.add_argument("dataset", metavar="DIR", help="directory that hamgen wrote")
    try:
        print(describe(parser.parse_args().dataset), end="")
    except (DatasetError, OSError, KeyError) as error:
        print(f"hamgen.dataset: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
