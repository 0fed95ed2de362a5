"""Every file opens in the usual tools and holds what the layout promises."""
from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path

import h5py
import numpy as np

import support
from support import dataset

VIDEO, STATE = ("trajectory", "time", "y", "x", "channel"), ("trajectory", "time", "coordinate")
LAYOUT = {
    "trajectory": ("int64", ("trajectory",)),
    "time": ("float64", ("time",)),
    "y": ("float64", ("y",)),
    "x": ("float64", ("x",)),
    "channel": ("text", ("channel",)),
    "coordinate": ("text", ("coordinate",)),
    "parameter": ("text", ("parameter",)),
    "parameter_unit": ("text", ("parameter",)),
    "frames": ("uint8", VIDEO),
    "frames_clean": ("uint8", VIDEO),
    "q": ("float64", STATE),
    "p": ("float64", STATE),
    "q_observed": ("float64", STATE),
    "p_observed": ("float64", STATE),
    "dq_dt": ("float64", STATE),
    "dp_dt": ("float64", STATE),
    "energy": ("float64", ("trajectory", "time")),
    "energy_drift": ("float64", ("trajectory",)),
    "parameters": ("float64", ("trajectory", "parameter")),
    "view_x": ("float64", ("trajectory",)),
    "view_y": ("float64", ("trajectory",)),
}
PARAMETERS = {"mass_spring": 2, "pendulum": 4, "two_body": 3, "three_body": 4, "n_body": 10}
COORDINATES = {"mass_spring": 1, "pendulum": 1, "two_body": 4, "three_body": 6, "n_body": 18}
ATTRIBUTES = {"schema_version", "system", "hamiltonian", "reference", "split", "config", "seed", "generator",
              "generator_version", "git_commit", "solver", "absolute_tolerance", "relative_tolerance", "max_energy_drift"}


def files(root):
    """(path, split, trajectories, is virtual) of every HDF5 file."""
    for split, total in (("train", support.TRAIN), ("test", support.TEST), ("validation", support.VALIDATION)):
        yield root / f"{split}.h5", split, total, True
        for number, path in enumerate(support.shard_files(root, split)):
            yield path, split, min(support.SHARD, total - number * support.SHARD), False


def on_every_file(test):
    """Runs test(self, file, root, split, trajectories, is_virtual) on every file of every dataset."""

    @functools.wraps(test)
    def on_all(self):
        for name, root in support.several().items():
            for path, split, trajectories, is_virtual in files(root):
                with self.subTest(f"{name}: {path.relative_to(root)}"), h5py.File(path, "r") as file:
                    test(self, file, root, split, trajectories, is_virtual)

    return on_all


class LayoutTest(unittest.TestCase):
    def test_there_are_the_expected_files(self):
        for name, root in support.several().items():
            with self.subTest(name):
                self.assertEqual(sorted(support.digests(root)), [
                    "manifest.json", "plan.json", "test.h5", "test/shard-00000.h5", "test/shard-00000.json", "train.h5",
                    *(f"train/shard-0000{i}.{kind}" for i in range(3) for kind in ("h5", "json")),
                    "validation.h5", "validation/shard-00000.h5", "validation/shard-00000.json"])

    def test_the_virtual_file_and_the_shards_give_equal_arrays(self):
        for name, root in support.several().items():
            for split in ("train", "test"):
                with h5py.File(root / f"{split}.h5", "r") as whole:
                    self.assertGreater(len(whole), 15)
                    for dataset in (n for n in whole if n == "trajectory" or whole[n].is_virtual):
                        with self.subTest(name, split=split, dataset=dataset):
                            np.testing.assert_array_equal(whole[dataset][()], support.read(root, split, dataset)[0])

    @on_every_file
    def test_shapes_and_types(self, file, root, split, trajectories, is_virtual):
        config = support.manifest(root)["config"]
        size = config["image"]["size"]
        extent = {"trajectory": trajectories, "time": support.FRAMES, "y": size, "x": size, "channel": 3,
                  "coordinate": COORDINATES[config["system"]], "parameter": PARAMETERS[config["system"]]}
        expected = {n: v for n, v in LAYOUT.items() if split != "train" or n != "frames_clean"}
        self.assertEqual(set(file), set(expected))
        for name, (dtype, axes) in expected.items():
            self.assertEqual(file[name].shape, tuple(extent[axis] for axis in axes), name)
            text = h5py.check_string_dtype(file[name].dtype)
            self.assertEqual("text" if text else str(file[name].dtype), dtype, name)
            self.assertTrue(text is None or text.encoding == "utf-8", name)
            self.assertEqual(file[name].is_virtual, is_virtual and axes[0] == "trajectory" and name != "trajectory", name)

    @on_every_file
    def test_frames_are_deflated_one_trajectory_a_chunk(self, file, root, split, trajectories, is_virtual):
        if is_virtual:
            return
        for name in ("frames", "frames_clean") if split != "train" else ("frames",):
            frames = file[name]
            self.assertEqual(frames.compression, "gzip")
            self.assertEqual(frames.id.get_create_plist().get_nfilters(), 1)
            per_chunk = frames.chunks[1]
            self.assertEqual(frames.chunks, (1, per_chunk, *frames.shape[2:]))
            if np.prod(frames.shape[1:]) <= 1 << 20:
                self.assertEqual(per_chunk, support.FRAMES)
            else:
                self.assertLessEqual(np.prod(frames.chunks), 1 << 20)
                self.assertEqual((frames.shape[2], per_chunk), (128, 16))  # two chunks, the last one padded

    @on_every_file
    def test_every_axis_has_its_dimension_scale(self, file, root, split, trajectories, is_virtual):
        for name in file:
            axes = LAYOUT[name][1]
            self.assertEqual(h5py.h5ds.is_scale(file[name].id), axes == (name,), name)
            if axes != (name,):
                self.assertEqual(tuple(axis[0].name.strip("/") for axis in file[name].dims), axes, name)

    @on_every_file
    def test_labels_units_and_names(self, file, root, split, trajectories, is_virtual):
        self.assertEqual(list(file["channel"].asstr()), ["red", "green", "blue"])
        for name in ("coordinate", "parameter", "parameter_unit"):
            labels = list(file[name].asstr())
            self.assertTrue(all(isinstance(label, str) and label for label in labels), name)
            if name != "parameter_unit":
                self.assertEqual(len(set(labels)), len(labels), name)
        for name, data in file.items():
            self.assertGreater(len(data.attrs["long_name"]), 3, name)
            if LAYOUT[name][0] != "text":
                self.assertTrue(isinstance(data.attrs["units"], str) and data.attrs["units"], name)
                self.assertNotIn("{", data.attrs["units"], name)

    @on_every_file
    def test_coordinate_values(self, file, root, split, trajectories, is_virtual):
        config = support.manifest(root)["config"]
        np.testing.assert_array_equal(file["time"], np.arange(support.FRAMES) * config["dt"])
        for name, sign in (("x", 1), ("y", -1)):
            values = sign * file[name][()]
            half_width = values[-1] * len(values) / (len(values) - 1)
            expected = ((2 * np.arange(len(values)) + 1) / len(values) - 1) * half_width
            np.testing.assert_allclose(values, expected, atol=1e-12)
        numbers = file["trajectory"][()]
        np.testing.assert_array_equal(numbers, numbers[0] + np.arange(trajectories))

    @on_every_file
    def test_root_attributes(self, file, root, split, trajectories, is_virtual):
        manifest = support.manifest(root)
        self.assertEqual(set(file.attrs), ATTRIBUTES)
        for key, value in {"schema_version": 2, "system": manifest["system"], "split": split, "seed": 0,
                           "hamiltonian": manifest["hamiltonian"], "generator": "hamgen", "solver": "fehlberg78",
                           "generator_version": manifest["generator"]["version"],
                           "git_commit": manifest["generator"]["git_commit"], "absolute_tolerance": 1e-13,
                           "relative_tolerance": 1e-13, "max_energy_drift": 1e-11}.items():
            self.assertEqual(file.attrs[key], value, key)
        self.assertEqual(json.loads(file.attrs["config"]), manifest["config"])

    def test_nothing_tells_of_the_machine(self):
        root = dataset("three_body", 64)
        config = json.dumps(support.manifest(root)["config"])
        for word in ("threads", "out", "quiet", "force", "/"):
            self.assertNotIn(f'"{word}"' if word != "/" else word, config)
        for path in support.digests(root):
            self.assertNotIn(str(root).encode(), (root / path).read_bytes(), path)

    @on_every_file
    def test_no_time_stamps(self, file, root, split, trajectories, is_virtual):
        for name in ("/", *file):
            self.assertEqual(h5py.h5g.get_objinfo(file[name].id).mtime, 0, name)


class VirtualFileTest(unittest.TestCase):
    def assert_is_all_shards(self, root, split):
        with h5py.File(root / f"{split}.h5", "r") as whole:
            for name, data in whole.items():
                if LAYOUT[name][1][0] == "trajectory":
                    np.testing.assert_array_equal(data[()], support.read(root, split, name)[0], name)
                else:
                    with h5py.File(support.shard_files(root, split)[-1], "r") as shard:
                        np.testing.assert_array_equal(data[()], shard[name][()], name)

    def test_equals_the_shards(self):
        for name, root in support.several().items():
            for split in ("train", "test"):
                with self.subTest(f"{name}: {split}"):
                    self.assert_is_all_shards(root, split)

    def test_moves_with_its_directory(self):
        first, second = support.new_directory() / "here", support.new_directory() / "there"
        shutil.copytree(dataset("three_body", 32), first)
        first.rename(second)
        self.addCleanup(os.chdir, os.getcwd())
        for cwd, root in ((second.parent, Path("there")), (second, Path(".")), (Path("/"), second)):
            with self.subTest(str(root)):
                os.chdir(cwd)
                self.assert_is_all_shards(root, "train")


class MissingShardTest(unittest.TestCase):
    """HDF5 says nothing of a shard that it cannot open: the numbers have to."""

    def read_elsewhere(self, index, most_open_files):
        """What another process, with so many open files at the most, reads of q: rows of NaN, and rows of zeros."""
        program = ("import resource, sys, h5py, numpy as np\n"
                   f"resource.setrlimit(resource.RLIMIT_NOFILE, ({most_open_files},) * 2)\n"
                   "q = h5py.File(sys.argv[1], 'r')['q'][()]\n"
                   "print(np.isnan(q).all(axis=(1, 2)).sum(), (q == 0).any(axis=(1, 2)).sum())")
        done = subprocess.run([sys.executable, "-c", program, index], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return tuple(map(int, done.stdout.split()))

    def test_more_shards_than_files_may_be_open(self):
        root = support.generate(support.new_directory() / "data", "--system", "mass_spring", "--n", 100, "--n-test", 0,
                                "--shard-size", 1, "--image-size", 8)
        self.assertEqual(self.read_elsewhere(root / "train.h5", 256), (0, 0))
        missing, zeros = self.read_elsewhere(root / "train.h5", 64)
        self.assertGreater(missing, 30)
        self.assertEqual(zeros, 0)

    def test_an_index_alone_and_one_without_a_shard(self):
        root = shutil.copytree(dataset("pendulum", 16), support.new_directory() / "data")
        (root / "train" / "shard-00001.h5").unlink()
        alone = shutil.copy(root / "train.h5", support.new_directory())
        for path, missing in ((alone, slice(None)), (root / "train.h5", slice(support.SHARD, 2 * support.SHARD))):
            with self.subTest(str(path)), h5py.File(path, "r") as file:
                np.testing.assert_array_equal(file["trajectory"][()], np.arange(support.TRAIN))
                for name in (name for name in file if file[name].is_virtual):
                    values = file[name][()]
                    lost = np.isnan(values) if values.dtype.kind == "f" else values == 0
                    self.assertTrue(lost[missing].all(), name)
                    self.assertEqual(np.isnan(values).sum() if values.dtype.kind == "f" else 0,
                                     values[missing].size if values.dtype.kind == "f" else 0, name)

    def test_hamgen_tells_of_an_index_that_needs_many_open_files(self):
        for shards, words in ((200, ""), (201, "takes 201 open files")):
            out = support.new_directory() / "data"
            done = support.run("--system", "mass_spring", "--n", shards, "--n-test", 0, "--shard-size", 1, "--image-size", 8,
                               "--steps", 1, "--out", out)
            self.assertEqual(done.returncode, 0)
            self.assertEqual("note: " in done.stderr, bool(words))
            self.assertIn(words, done.stderr)


class ToolTest(unittest.TestCase):
    def test_xarray(self):
        try:
            import h5netcdf  # noqa: F401
            import xarray
        except ImportError as error:
            self.skipTest(f"xarray with h5netcdf is not installed: {error}")
        for name, root in {"three_body": dataset("three_body", 128), "pendulum": dataset("pendulum")}.items():
            for path, split, trajectories, _ in files(root):
                with self.subTest(f"{name}: {path.name}"), xarray.open_dataset(path, engine="h5netcdf") as data:
                    self.assertEqual(data["frames"].dims, VIDEO)
                    self.assertEqual(data.sizes["trajectory"], trajectories)
                    self.assertEqual(list(data["channel"].values), ["red", "green", "blue"])
                    self.assertEqual("frames_clean" in data, split != "train")
                    red = data["frames"].sel(channel="red", trajectory=int(data["trajectory"][-1])).isel(time=-1)
                    with h5py.File(path, "r") as file:
                        np.testing.assert_array_equal(red.values, file["frames"][-1, -1, :, :, 0])
                        np.testing.assert_array_equal(data["q"].values, file["q"][()])

    def run_tool(self, *command):
        if shutil.which(command[0]) is None:
            self.skipTest(f"{command[0]} is not installed (Debian: apt-get install hdf5-tools)")
        for name, root in support.several().items():
            for path, *_ in files(root):
                with self.subTest(f"{name}: {path.name}"):
                    done = subprocess.run([*command, path], capture_output=True, text=True)
                    self.assertEqual((done.returncode, done.stderr), (0, ""))
                    for name in ("frames", "energy_drift", "coordinate"):
                        self.assertIn(name, done.stdout)

    def test_h5dump(self):
        self.run_tool("h5dump", "-H")

    def test_h5ls(self):
        self.run_tool("h5ls", "-r")


if __name__ == "__main__":
    unittest.main()
