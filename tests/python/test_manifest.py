"""manifest.json: valid, true to the files, and its yardsticks recomputed from the frames."""
from __future__ import annotations

import copy
import hashlib
import json
import unittest

import h5py
import numpy as np

import reference
import support
from support import SHARD, SYSTEMS, TEST, TRAIN, dataset, manifest, read


def validator(schema):
    try:
        import jsonschema
    except ImportError:
        raise unittest.SkipTest("jsonschema is not installed (Debian: apt-get install python3-jsonschema)") from None
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def label_bytes(values):
    if h5py.check_string_dtype(values.dtype):
        return b"".join(text + b"\0" for text in values[()])
    return values[()].tobytes()


class SchemaTest(unittest.TestCase):
    def setUp(self):
        text = (support.REPOSITORY / "schemas" / "manifest.schema.json").read_text(encoding="utf-8")
        self.manifest_schema = validator(json.loads(text))
        self.config_schema = validator(json.loads(support.run("reference", "schema").stdout))

    def test_every_manifest_is_valid(self):
        for name, root in support.several().items():
            with self.subTest(name):
                self.assertEqual([e.message for e in self.manifest_schema.iter_errors(manifest(root))], [])

    def test_without_a_test_split(self):
        root = support.generate(support.new_directory() / "data", "--system", "mass_spring", "--n", 3, "--n-test", 0,
                                "--image-size", 16)
        found = manifest(root)
        self.assertTrue(self.manifest_schema.is_valid(found))
        self.assertNotIn("yardsticks", found)
        self.assertEqual(list(found["splits"]), ["train"])
        self.assertFalse((root / "test.h5").exists())

    def test_what_differs_is_invalid(self):
        good = manifest(dataset("three_body"))
        changes = {
            "unknown key": lambda m: m.update(created="today"),
            "noise without a direction": lambda m: m["frames"].update(position_noise=[1.0]),
            "unknown split": lambda m: m["splits"].update(val=m["splits"]["test"]),
            "unknown shard key": lambda m: m["splits"]["train"]["shards"][0].update(time=1),
            "unknown yardstick": lambda m: m["yardsticks"].update(other=1),
            "other version": lambda m: m.update(schema_version=1),
            "no yardsticks": lambda m: m.pop("yardsticks"),
            "a standard error below 0": lambda m: m["yardsticks"].update(noise_floor_standard_error=-1e-6),
            "yardsticks without test": lambda m: m["splits"].pop("test"),
            "a path out of it": lambda m: m["splits"]["train"]["shards"][0].update(file="../train/shard-00000.h5"),
            "short hash": lambda m: m["splits"]["train"]["shards"][0].update(sha256="00"),
            "two channels": lambda m: m["frames"]["shape"].__setitem__(3, 2),
        }
        for name, change in changes.items():
            with self.subTest(name):
                bad = copy.deepcopy(good)
                change(bad)
                self.assertFalse(self.manifest_schema.is_valid(bad))

    def test_what_older_programs_did_not_state_may_be_missing(self):
        older = copy.deepcopy(manifest(dataset("three_body")))
        del older["yardsticks"]["noise_floor_standard_error"]
        self.assertTrue(self.manifest_schema.is_valid(older))

    def test_configurations(self):
        for system in SYSTEMS:
            with self.subTest(system):
                good = manifest(dataset(system))["config"]
                self.assertEqual([e.message for e in self.config_schema.iter_errors(good)], [])
                self.assertTrue(self.config_schema.is_valid({"system": system}))
                for bad in ({**good, "n": 0}, {**good, "dt": "fast"}, {**good, "threads": 2}, {**good, "system": "other"},
                            {**good, "image": {"size": 60}}, {**good, "noise": {"std": -1}}):
                    self.assertFalse(self.config_schema.is_valid(bad))


class TruthTest(unittest.TestCase):
    def test_shard_table(self):
        for name, root in support.several().items():
            for split, total in (("train", TRAIN), ("test", TEST)):
                with self.subTest(name, split=split):
                    found = manifest(root)["splits"][split]
                    self.assertEqual((found["trajectories"], found["index"]["file"]), (total, f"{split}.h5"))
                    index = (root / f"{split}.h5").read_bytes()
                    self.assertEqual((found["index"]["bytes"], found["index"]["sha256"]), (len(index), sha256(index)))
                    self.assertEqual([s["first"] for s in found["shards"]], list(range(0, total, SHARD)))
                    self.assertEqual([s["last"] + 1 for s in found["shards"]],
                                     [min(first + SHARD, total) for first in range(0, total, SHARD)])
                    files = [root / shard["file"] for shard in found["shards"]]
                    self.assertEqual(files, support.shard_files(root, split))
                    for shard, path in zip(found["shards"], files):
                        data = path.read_bytes()
                        self.assertEqual(shard["bytes"], len(data))
                        self.assertEqual(shard["sha256"], sha256(data))
                        record = json.loads(path.with_suffix(".json").read_text())
                        self.assertEqual({key: record[key] for key in shard}, shard)

    def test_the_files_end_with_their_checksum(self):
        for name, root in support.several().items():
            with self.subTest(name):
                for path in (root / "manifest.json", root / "plan.json", *root.glob("*/shard-*.json")):
                    text = path.read_text()
                    before, digits, after = text[:-68], text[-68:-4], text[-4:]
                    self.assertEqual((digits, after), (sha256(before.encode()), '"\n}\n'))
                    self.assertTrue(before.endswith('"checksum": "'))
                plan = json.loads((root / "plan.json").read_text())
                self.assertEqual(plan["config"], manifest(root)["config"])
                self.assertEqual({json.loads(path.read_text())["plan"] for path in root.glob("*/shard-*.json")},
                                 {plan["checksum"], manifest(root)["plan"]})

    def test_content_hash(self):
        try:
            import xxhash
        except ImportError:
            self.skipTest("xxhash is not installed (Debian: apt-get install python3-xxhash)")
        order = [line.split("`")[1] for line in support.run("reference", "shard").stdout.splitlines()[2:]]
        for name, root in support.several().items():
            with self.subTest(name):
                for path in (root / "train" / "shard-00001.h5", root / "test" / "shard-00000.h5"):
                    digest = hashlib.sha256()
                    with h5py.File(path, "r") as shard:
                        for dataset_name in (n for n in order if n in shard):
                            values = shard[dataset_name]
                            is_series = dataset_name == "trajectory" or (
                                not h5py.h5ds.is_scale(values.id) and values.dims[0][0].name == "/trajectory")
                            rows = (row.tobytes() for row in values[()]) if is_series else [label_bytes(values)]
                            digest.update(f"{dataset_name}\n".encode() + b"".join(xxhash.xxh3_128_digest(row) for row in rows))
                    record = json.loads(path.with_suffix(".json").read_text())
                    self.assertEqual(record["content"], digest.hexdigest())

    def test_description(self):
        for name, root in support.several().items():
            with self.subTest(name):
                found = manifest(root)
                self.assertEqual(found["system"], found["config"]["system"])
                self.assertEqual((found["config"]["n"], found["config"]["n_test"]), (TRAIN, TEST))
                (frames,) = read(root, "train", "frames")
                self.assertEqual(found["frames"]["shape"], list(frames.shape[1:]))

    def test_channel_statistics(self):
        for name, root in support.several().items():
            with self.subTest(name):
                frames, found = read(root, "train", "frames")[0], manifest(root)["frames"]
                values = frames.reshape(-1, 3).astype(np.int64)  # whole numbers: sums are exact
                mean = values.sum(axis=0) / len(values)
                std = np.sqrt(((values - mean) ** 2).T.copy().mean(axis=-1))
                np.testing.assert_allclose(found["channel_mean"], mean / 255, rtol=0, atol=1e-12)
                np.testing.assert_allclose(found["channel_std"], std / 255, rtol=0, atol=1e-12)

    def test_out_of_view_is_counted(self):
        for system in SYSTEMS:
            for view in (None, 0.5):
                with self.subTest(system, view=view):
                    self.check_out_of_view(system, view)

    def check_out_of_view(self, system, view):
        root = dataset(system) if view is None else dataset(system, 16, "--set", f"view.half_width={view}")
        found = manifest(root)
        half_width = view or reference.half_width(system, found["config"])
        for split in ("train", "test"):
            c, q = read(root, split, "parameters", "q_observed")
            centres = reference.positions(system, c[:, None], q)
            outside = (np.abs(centres) > half_width).any(axis=(-1, -2))
            self.assertEqual(found["splits"][split]["out_of_view"],
                             {"frames": outside.sum(), "trajectories": outside.any(axis=1).sum()})
            self.assertTrue(view is None or outside.any())


class YardstickTest(unittest.TestCase):
    def test_recomputed_from_the_frames(self):
        for system in SYSTEMS:
            with self.subTest(system):
                root = dataset(system)
                found = manifest(root)["yardsticks"]
                train, test, clean = (read(root, split, name)[0].astype(np.float64) / 255 for split, name in
                                      (("train", "frames"), ("test", "frames"), ("test", "frames_clean")))
                mean_image = train.mean(axis=(0, 1))
                expected = {"trajectories": TEST, "mean_image_mse": ((test - mean_image) ** 2).mean(),
                            "mean_image_mse_clean": ((clean - mean_image) ** 2).mean(),
                            "clean_render_mse": ((test - clean) ** 2).mean()}
                for key, value in expected.items():
                    np.testing.assert_allclose(found[key], value, rtol=1e-9, err_msg=key)
                self.assertGreaterEqual(found["draws"], 2)
                self.assertGreater(found["noise_floor"], 0.5 * found["clean_render_mse"])
                self.assertLess(0, found["noise_floor_standard_error"])
                self.assertLess(found["noise_floor_standard_error"], 0.2 * found["noise_floor"])
                self.assertLess(found["noise_floor"], found["clean_render_mse"])
                self.assertLess(found["clean_render_mse"], found["mean_image_mse"])

    def test_the_floor_is_the_variance_of_fresh_draws(self):
        root = dataset("pendulum", 16)
        found = manifest(root)
        config, draws, random = found["config"], 64, np.random.default_rng(1)
        c, q = read(root, "test", "parameters", "q")
        view = reference.half_width("pendulum", config)
        frames = []
        for _ in range(draws):
            noisy = q + config["noise"]["std"] * random.standard_normal(q.shape)
            centres, radii = reference.positions("pendulum", c[:, None], noisy), reference.radii("pendulum", c[:, None])
            frames.append(reference.render(centres, radii, config["look"], 16, view) / 255)
        ours = np.var(frames, axis=0, ddof=1).mean()
        said = found["yardsticks"]
        self.assertLess(abs(said["noise_floor"] - ours), 2.5 * said["noise_floor_standard_error"])
        self.assertLess(said["noise_floor_standard_error"], 0.1 * ours)

    def test_how_far_noise_moves_discs(self):
        for system in SYSTEMS:
            with self.subTest(system):
                root = dataset(system)
                found = manifest(root)
                if system == "pendulum":  # the arc decides
                    self.assertNotIn("position_noise", found["frames"])
                    turning = found["frames"]["turning_noise"]
                    np.testing.assert_allclose([*turning["pivot"], turning["std"]], [16, 16, found["config"]["noise"]["std"]], rtol=1e-5)
                    continue
                self.assertNotIn("turning_noise", found["frames"])
                c, q, observed = read(root, "train", "parameters", "q", "q_observed")
                moved = (reference.positions(system, c[:, None], observed) - reference.positions(system, c[:, None], q))
                pixels = 32 / (2 * reference.half_width(system, found["config"]))
                np.testing.assert_allclose(found["frames"]["position_noise"], pixels * moved.std(axis=(0, 1, 2)), rtol=0.1)

    def test_no_noise_no_floor(self):
        root = dataset("two_body", 32, "--noise-std", 0)
        self.assertNotIn("position_noise", manifest(root)["frames"])
        found = manifest(root)["yardsticks"]
        self.assertEqual((found["noise_floor"], found["noise_floor_standard_error"], found["clean_render_mse"]), (0, 0, 0))
        self.assertEqual(found["mean_image_mse"], found["mean_image_mse_clean"])


if __name__ == "__main__":
    unittest.main()
