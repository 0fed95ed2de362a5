"""scripts/hamgen_dataset.py: what it returns, in how many processes, and what it refuses."""
from __future__ import annotations

import json
import multiprocessing
import pickle
import shutil
import subprocess
import sys
import unittest

import h5py
import numpy as np

import support
from hamgen_dataset import DatasetError, HamgenDataset
from support import FRAMES, TEST, TRAIN, dataset, new_directory, read

FIELDS = ("frames", "q", "p", "q_observed", "energy", "energy_drift", "parameters", "trajectory")


def checksum(item):
    return {name: int(np.frombuffer(np.ascontiguousarray(a).tobytes(), np.uint8).sum(dtype=np.int64)) for name, a in item.items()}


def checksums(data, indices):
    """Runs in another process too."""
    return [checksum(data[i]) for i in indices]


class ItemTest(unittest.TestCase):
    def test_items_are_the_rows_of_the_shards(self):
        for name, root in {"two_body": dataset("two_body"), "two chunks": dataset("three_body", 128)}.items():
            for split, total in (("train", TRAIN), ("test", TEST)):
                with self.subTest(name, split=split):
                    fields = FIELDS + (("frames_clean",) if split == "test" else ())
                    data = HamgenDataset(root, split, fields)
                    self.assertEqual(len(data), total)
                    expected = dict(zip(fields, read(root, split, *fields)))
                    for i in (0, 9, total - 1, -1, -total, np.int64(5)):
                        item = data[i]
                        self.assertEqual(list(item), list(fields))
                        for field, array in item.items():
                            self.assertIsInstance(array, np.ndarray)
                            np.testing.assert_array_equal(array, expected[field][i], field)
                    self.assertEqual(item["frames"].dtype, np.uint8)
                    self.assertEqual(item["trajectory"], 5)

    def test_default_is_the_frames_of_train(self):
        item = HamgenDataset(str(dataset("three_body", 64)))[3]
        self.assertEqual({k: v.shape for k, v in item.items()}, {"frames": (FRAMES, 64, 64, 3)})
        self.assertTrue(item["frames"].flags.writeable)
        self.assertEqual(list(HamgenDataset(dataset("pendulum"), fields="energy")[0]), ["energy"])

    def test_index_out_of_range(self):
        data = HamgenDataset(dataset("pendulum"))
        for i in (TRAIN, -TRAIN - 1, 10**12):
            with self.assertRaisesRegex(IndexError, f"{i} is out of range"):
                data[i]
        for i in (1.5, "1", slice(2)):
            with self.assertRaises(TypeError):
                data[i]
        self.assertEqual(sum(1 for _ in data), TRAIN)  # iteration ends

    def test_window(self):
        root = dataset("three_body", 128)
        whole = HamgenDataset(root, "test", FIELDS)[4]
        cut = HamgenDataset(root, "test", FIELDS, window=(14, 5))
        for start, item in ((14, cut[4]), (20, cut.get(4, 20, 5)), (26, cut.get(-6, start=26)), (0, cut.get(4, length=5))):
            for field, array in item.items():
                part = whole[field] if field in ("energy_drift", "parameters", "trajectory") else whole[field][start : start + 5]
                np.testing.assert_array_equal(array, part, field)
        self.assertEqual(len(cut.get(4)["frames"]), FRAMES)
        for window in ((0, FRAMES + 1), (-1, 5), (0, 0), (FRAMES, 1), (FRAMES + 1, None)):
            with self.assertRaisesRegex(ValueError, "frames 0 to 30"):
                HamgenDataset(root, window=window)
            with self.assertRaisesRegex(ValueError, "frames 0 to 30"):
                cut.get(0, *window)

    def test_properties(self):
        root = dataset("two_body")
        data = HamgenDataset(root)
        manifest = support.manifest(root)
        self.assertEqual(data.manifest, manifest)
        np.testing.assert_array_equal(data.time, np.arange(FRAMES) * 0.125)
        self.assertEqual(data.coordinates, ["x_1", "y_1", "x_2", "y_2"])
        np.testing.assert_array_equal(data.channel_mean, manifest["frames"]["channel_mean"])
        np.testing.assert_array_equal(data.channel_std, manifest["frames"]["channel_std"])
        self.assertEqual(data.available["q"], ((FRAMES, 4), ("time", "coordinate"), np.float64, "length"))
        self.assertNotIn("frames_clean", data.available)

    def test_works_without_the_index(self):
        root = shutil.copytree(dataset("pendulum", 16), new_directory() / "data")
        (root / "train.h5").unlink()
        self.assertEqual(len(HamgenDataset(root)[24]["frames"]), FRAMES)


class HandleTest(unittest.TestCase):
    def setUp(self):
        self.root = support.generate(new_directory() / "data", "--system", "mass_spring", "--n", 20, "--n-test", 0,
                                     "--shard-size", 1, "--image-size", 16)

    def test_handles_are_bounded_and_the_oldest_goes(self):
        data = HamgenDataset(self.root)
        self.assertEqual(len(data._handles), 0)  # lazy
        for i in range(20):
            data[i]
            self.assertLessEqual(len(data._handles), 8)
        self.assertEqual(list(data._handles), list(range(12, 20)))
        kept = data._handles[12]
        dropped = data._handles[13]
        data[12], data[0]
        self.assertIs(data._handles[12], kept)
        self.assertFalse(dropped)  # h5py: a closed file is false
        data.close()
        self.assertFalse(kept)
        self.assertEqual(data[3]["frames"].shape, (FRAMES, 16, 16, 3))
        self.assertEqual(len(HamgenDataset(self.root, max_open_shards=1)._handles), 0)
        with self.assertRaisesRegex(ValueError, "max_open_shards"):
            HamgenDataset(self.root, max_open_shards=0)

    def test_pickle_drops_handles_and_keeps_settings(self):
        data = HamgenDataset(self.root, fields=("q", "frames"), window=(3, 4), max_open_shards=2)
        expected = checksums(data, range(20))
        copy = pickle.loads(pickle.dumps(data))
        self.assertEqual((len(data._handles), len(copy._handles)), (2, 0))
        self.assertEqual(checksums(copy, range(20)), expected)
        self.assertEqual(len(copy._handles), 2)

    def test_other_processes(self):
        data = HamgenDataset(self.root, fields=("q", "frames"))
        expected = checksums(data, range(20))  # leaves eight shards open, for the forked ones to inherit
        for method in ("fork", "spawn"):
            with self.subTest(method), multiprocessing.get_context(method).Pool(2) as pool:
                jobs = [pool.apply_async(checksums, (data, range(20))) for _ in range(4)]
                for job in jobs:
                    self.assertEqual(job.get(60), expected)

    def test_a_forked_process_opens_its_own_files(self):
        data = HamgenDataset(self.root, fields=("q",))
        data[0]
        parents = data._handles[0]

        def child(connection):
            data[0]
            connection.send((data._handles[0] is not parents, bool(parents), len(data._handles)))

        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe()
        process = context.Process(target=child, args=(theirs,))
        process.start()
        self.assertEqual(ours.recv(), (True, False, 1))
        process.join(60)
        self.assertTrue(parents)  # and leaves the parent's alone
        np.testing.assert_array_equal(data[0]["q"], read(self.root, "train", "q")[0][0])

    def test_torch_data_loader(self):
        try:
            from torch.utils.data import DataLoader
        except ImportError:
            self.skipTest("torch is not installed")
        data = HamgenDataset(self.root, fields=("frames", "q", "energy_drift"))
        expected = [data[i] for i in range(20)]
        for method in ("fork", "spawn"):
            with self.subTest(method):
                batches = list(DataLoader(data, batch_size=5, num_workers=2, multiprocessing_context=method))
                self.assertEqual(tuple(batches[0]["frames"].shape), (5, FRAMES, 16, 16, 3))
                for name in expected[0]:
                    ours = np.concatenate([batch[name].numpy() for batch in batches])
                    np.testing.assert_array_equal(ours, np.stack([item[name] for item in expected]))


class RefusalTest(unittest.TestCase):
    def copy(self):
        return shutil.copytree(dataset("pendulum", 16), new_directory() / "data")

    def change_manifest(self, root, change):
        manifest = support.manifest(root)
        change(manifest)
        (root / "manifest.json").write_text(json.dumps(manifest))

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
        self.change_manifest(root, lambda m: m.update(schema_version=2))
        self.assert_refused("schema version 2: this reader understands 1", root)

    def test_missing_and_broken_shards(self):
        root = self.copy()
        (root / "train" / "shard-00001.h5").unlink()
        data = HamgenDataset(root)
        data[9]
        with self.assertRaisesRegex(DatasetError, "shard .*shard-00001.h5 is missing"):
            data[10]
        (root / "train" / "shard-00001.h5").write_bytes(b"not HDF5")
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
        program = support.REPOSITORY / "scripts" / "hamgen_dataset.py"
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
        self.assertRegex(done.stderr, r"\Ahamgen_dataset: .* is not a finished dataset.*\n\Z")


if __name__ == "__main__":
    unittest.main()
