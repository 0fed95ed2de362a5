"""python/hamgen/dataset.py: what it refuses, and what it prints as a program."""
from __future__ import annotations

import shutil
import subprocess
import sys
import unittest

import h5py

import support
from hamgen import DatasetError, HamgenDataset
from support import dataset, new_directory


class RefusalTest(unittest.TestCase):
    def copy(self):
        return shutil.copytree(dataset("pendulum", 16), new_directory() / "data")

    def change_manifest(self, root, change):
        manifest = support.manifest(root)
        change(manifest)
        (root / "manifest.json").write_text(support.sealed(manifest))

    def assert_refused(self, pattern, *arguments, **options):
        with self.assertRaisesRegex(DatasetError, pattern) as caught:
            HamgenDataset(*arguments, **options)
        self.assertNotIn("\n", str(caught.exception))

    def test_what_is_not_a_dataset(self):
        root = new_directory()
        self.assert_refused("there is no directory .*nowhere", root / "nowhere")
        self.assert_refused("not a finished dataset: it has no manifest.json", root)
        (root / "manifest.json").write_text("{")
        self.assert_refused("cannot understand .*manifest.json", root)
        (root / "manifest.json").write_text("[]")
        self.assert_refused("schema version None", root)

    def test_unknown_split_field_and_version(self):
        root = self.copy()
        self.assert_refused("no split 'val': there is test, train", root, "val")
        self.assert_refused("no field 'frame': there is dp_dt, dq_dt, energy,.* frames, ", root, fields=("q", "frame"))
        self.assert_refused("the train split has no field 'frames_clean'", root, fields=("frames_clean",))
        self.assert_refused("no field 'time'", root, fields=("time",))
        self.change_manifest(root, lambda m: m.update(schema_version=3))
        self.assert_refused("schema version 3: this reader understands 2", root)

    def test_damaged_manifest(self):
        root = self.copy()
        text = (root / "manifest.json").read_text()
        for damaged in (text.replace("pendulum", "pendulum ", 1), text + "\n", text.replace('"checksum": "', '"checksum": "0', 1)):
            (root / "manifest.json").write_text(damaged)
            self.assert_refused("manifest.json is damaged", root)

    def test_symbolic_links(self):
        root = self.copy()
        (root / "train").rename(root / "elsewhere")
        (root / "train").symlink_to(root / "elsewhere")
        self.assert_refused("train is a symbolic link", root)

    def test_missing_and_broken_shards(self):
        root = self.copy()
        (root / "train" / "shard-00001.h5").unlink()
        data = HamgenDataset(root)
        data[9]
        with self.assertRaisesRegex(DatasetError, "shard .*shard-00001.h5 is missing"):
            data[10]
        (root / "train" / "shard-00001.h5").write_bytes(b"not HDF5")
        with self.assertRaisesRegex(DatasetError, "shard .*shard-00001.h5 has 8 bytes, not"):
            data[10]
        size = next(s["bytes"] for s in data.manifest["splits"]["train"]["shards"] if s["file"].endswith("1.h5"))
        (root / "train" / "shard-00001.h5").write_bytes(b"not HDF5" + bytes(size - 8))
        with self.assertRaisesRegex(DatasetError, "cannot open shard .*shard-00001.h5"):
            data[10]
        (root / "train" / "shard-00000.h5").unlink()
        self.assert_refused("shard .*shard-00000.h5 is missing", root)

    def test_paths_that_lead_out(self):
        for file in ("/etc/shard.h5", "../data/train/shard-00000.h5", "train/../../x.h5"):
            with self.subTest(file):
                root = self.copy()
                self.change_manifest(root, lambda m: m["splits"]["train"]["shards"][2].update(file=file))
                self.assert_refused("leads out of the dataset", root)

    def test_shard_table_with_holes(self):
        root = self.copy()
        self.change_manifest(root, lambda m: m["splits"]["train"]["shards"].pop(1))
        self.assert_refused("no shard with trajectory 10", root)
        root = self.copy()
        self.change_manifest(root, lambda m: m["splits"]["train"]["shards"].pop())
        self.assert_refused("hold 20 trajectories, not 25", root)

    def test_verify(self):
        root = self.copy()
        HamgenDataset(root, verify=True).verify()
        path = root / "train" / "shard-00001.h5"
        good = path.read_bytes()
        path.write_bytes(good[:-1] + bytes([good[-1] ^ 1]))
        self.assert_refused("shard-00001.h5 does not have the SHA-256", root, verify=True)
        path.write_bytes(good[:-1])
        self.assert_refused(f"shard-00001.h5 has {len(good) - 1} bytes, not {len(good)}", root, verify=True)
        path.unlink()
        self.assert_refused("shard-00001.h5 is missing", root, verify=True)
        HamgenDataset(root, "test", verify=True)


class ProgramTest(unittest.TestCase):
    def run_reader(self, *arguments):
        program = support.REPOSITORY / "python/hamgen/dataset.py"
        return subprocess.run([sys.executable, program, *arguments], capture_output=True, text=True)

    def test_table(self):
        root = dataset("three_body", 64)
        done = self.run_reader(root)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        rows = [line.split() for line in done.stdout.splitlines()]
        self.assertIn(["frames", "[25,", "31,", "64,", "64,", "3]", "uint8", "1", "/", "255"], [row[:10] for row in rows])
        with h5py.File(root / "train.h5", "r") as file:
            self.assertIn(f".attrs['hamiltonian'] = {file.attrs['hamiltonian']}", done.stdout)
            self.assertLessEqual(set(file), {row[0] for row in rows if row})

    def test_no_dataset(self):
        done = self.run_reader(new_directory())
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Ahamgen\.dataset: .* is not a finished dataset.*\n\Z")


if __name__ == "__main__":
    unittest.main()
