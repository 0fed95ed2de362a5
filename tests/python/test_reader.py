"""python/hamgen/dataset.py: what it returns, and how it handles its files in one process and in several."""
from __future__ import annotations

import multiprocessing
import pickle
import shutil
import unittest
import zlib

import numpy as np

import support
from hamgen import HamgenDataset
from support import FRAMES, TEST, TRAIN, dataset, new_directory, read

FIELDS = ("frames", "q", "p", "q_observed", "energy", "energy_drift", "parameters", "trajectory")


def checksums(data, indices):
    """Runs in another process too."""
    return [{name: zlib.crc32(array.tobytes()) for name, array in data[i].items()} for i in indices]


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
                has_time = field not in ("energy_drift", "parameters", "trajectory")
                expected = whole[field][start : start + 5] if has_time else whole[field]
                np.testing.assert_array_equal(array, expected, field)
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


if __name__ == "__main__":
    unittest.main()
