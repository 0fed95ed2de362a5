"""hgn-fit as a user meets it: a run's files, interruption and resume, and what it refuses."""
import functools
import hashlib
import json
import math
import os
import shutil
import signal
import struct
import subprocess
import time
import unittest
from pathlib import Path

import numpy as np
from support import generate, new_directory, sealed

from hamgen import HamgenDataset

HGN_FIT = os.environ.get("HGN_FIT")

TINY = ["--precision", "fp32", "--device", "cpu", "--threads", "1", "--batch", "4"]
for setting in ("latent.q_channels=2", "latent.z_channels=4", "encoder.filters=[8,8]", "transform.filters=[8]",
                "hamiltonian.filters=[16]", "decoder.filters=[8,8]", "data.validation=4", "train.log_every=10",
                "train.validate_every=40", "train.checkpoint_every=25"):
    TINY += ["--set", setting]


@functools.lru_cache(maxsize=None)
def dataset(*arguments):
    return generate(new_directory() / "videos", "--system", "mass_spring", "--n", 24, "--n-test", 4, "--steps", 7,
                    "--image-size", 16, "--shard-size", 10, *arguments)


def fit(*arguments, **options):
    return subprocess.run([HGN_FIT, *map(str, arguments)], capture_output=True, text=True, timeout=300, **options)


def train(out, *arguments, data=None):
    return fit("--data", data or dataset(), "--out", out, "--steps", 60, *TINY, "--quiet", *arguments)


def log_of(run):
    """What was computed, and not when, or where a session ended."""
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    lines = [line for line in lines if line["kind"] in ("train", "validation")]
    for line in lines:
        line.pop("time")
        line.pop("steps_per_second", None)
    return lines


def read_events(path):
    """(step, tag, value) of a TensorBoard event file, decoded with the protobuf library and a bitwise CRC-32C; of a picture the value is
    (height, width, bytes)."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    file = descriptor_pb2.FileDescriptorProto(name="event.proto", package="test", syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto

    def message(name, *fields):
        entry = file.message_type.add(name=name)
        for number, field, kind, label, type_name in fields:
            entry.field.add(number=number, name=field, type=kind, label=label, type_name=type_name)

    one, many = kinds.LABEL_OPTIONAL, kinds.LABEL_REPEATED
    message("Image", (1, "height", kinds.TYPE_INT32, one, None), (2, "width", kinds.TYPE_INT32, one, None),
            (3, "colorspace", kinds.TYPE_INT32, one, None), (4, "encoded_image_string", kinds.TYPE_BYTES, one, None))
    message("Value", (1, "tag", kinds.TYPE_STRING, one, None), (2, "simple_value", kinds.TYPE_FLOAT, one, None),
            (4, "image", kinds.TYPE_MESSAGE, one, ".test.Image"))
    message("Summary", (1, "value", kinds.TYPE_MESSAGE, many, ".test.Value"))
    message("Event", (1, "wall_time", kinds.TYPE_DOUBLE, one, None), (2, "step", kinds.TYPE_INT64, one, None),
            (3, "file_version", kinds.TYPE_STRING, one, None), (5, "summary", kinds.TYPE_MESSAGE, one, ".test.Summary"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    event_type = message_factory.MessageFactory(pool).GetPrototype(pool.FindMessageTypeByName("test.Event"))

    def masked_crc(data):
        crc = 0xFFFFFFFF
        for byte in data:
            crc ^= byte
            for _ in range(8):
                crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        crc ^= 0xFFFFFFFF
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

    data, at, events = path.read_bytes(), 0, []
    while at < len(data):
        (length,), (check,) = struct.unpack_from("<Q", data, at), struct.unpack_from("<I", data, at + 8)
        body = data[at + 12 : at + 12 + length]
        assert masked_crc(data[at : at + 8]) == check and masked_crc(body) == struct.unpack_from("<I", data, at + 12 + length)[0]
        events.append(event_type.FromString(body))
        at += 16 + length
    assert events[0].file_version == "brain.Event:2"

    def content(value):
        image = value.image
        return (image.height, image.width, image.encoded_image_string) if value.HasField("image") else value.simple_value

    return [(event.step, value.tag, content(value)) for event in events[1:] for value in event.summary.value]


@unittest.skipUnless(HGN_FIT, "needs hgn-fit")
class ARun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.run_directory = new_directory() / "run"
        cls.done = train(cls.run_directory, "--json")

    def test_it_ends_well_and_leaves_what_it_promises(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)
        self.assertEqual(self.done.stderr, "")
        result = json.loads(self.done.stdout)
        told = json.loads((self.run_directory / "result.json").read_text())
        self.assertEqual(len(told.pop("checksum")), 64)
        self.assertEqual(result, told)
        self.assertEqual((result["ending"], result["steps"], result["test"]["trajectories"]), ("finished", 60, 4))
        for key in ("mse", "mse_clean", "energy_drift", "noise_floor", "mean_image_mse_clean"):
            self.assertTrue(math.isfinite(result["test"][key]), key)
        for name in ("config.json", "run.json", "log.jsonl", "model.safetensors", "best.safetensors",
                     "samples/step-000000060.png"):
            self.assertTrue((self.run_directory / name).is_file(), name)
        self.assertEqual(len(list((self.run_directory / "checkpoints").iterdir())), 3)

    def test_the_configuration_is_whole_and_resolved(self):
        config = json.loads((self.run_directory / "config.json").read_text())
        self.assertEqual((config["device"], config["precision"], config["threads"]), ("cpu", "fp32", 1))
        again = fit("--config", self.run_directory / "config.json", "--print-config")
        self.assertEqual(json.loads(again.stdout), config)
        about = json.loads((self.run_directory / "run.json").read_text())
        self.assertEqual(len(about["data_sha256"]), 64)

    def test_tensorboard_events_hold_the_log(self):
        events = read_events(self.run_directory / "events.out.tfevents.hamgen")
        expected = [(line["step"], f"{line['kind']}/{name}", float(np.float32(value)))
                    for line in log_of(self.run_directory) for name, value in line.items()
                    if name not in ("kind", "step", "file") and value is not None]
        self.assertEqual([event for event in events if not event[1].endswith("steps_per_second") and event[1] != "samples"], expected)
        self.assertGreater(len(expected), 60)

    def test_tensorboard_events_hold_the_sample_pictures(self):
        events = read_events(self.run_directory / "events.out.tfevents.hamgen")
        (picture,) = [event for event in events if event[1] == "samples"]
        png = (self.run_directory / "samples/step-000000060.png").read_bytes()
        width, height = struct.unpack_from(">II", png, 16)
        self.assertEqual(picture, (60, "samples", (height, width, png)))

    def test_python_refuses_a_run_that_is_damaged(self):
        try:
            from hamgen.hgn_torch import load_run
        except ImportError:
            self.skipTest("needs torch (Debian: python3-torch)")
        for name, change, word in (("model.safetensors", lambda data: data[:-9] + bytes([data[-9] ^ 1]) + data[-8:], "SHA-256"),
                                   ("run.json", lambda data: data.replace(b'"dt": 0.1', b'"dt": 0.2'), "checksum"),
                                   ("config.json", lambda data: data.replace(b'"scale": 4', b'"scale": 5'), "hamiltonian.scale = 4, not 5")):
            run = new_directory() / "run"
            shutil.copytree(self.run_directory, run)
            load_run(run)
            before = (run / name).read_bytes()
            (run / name).write_bytes(change(before))
            self.assertNotEqual((run / name).read_bytes(), before)
            with self.subTest(name), self.assertRaisesRegex(ValueError, word):
                load_run(run)
        self.assert_refused_by_hgn_eval(run)

    def assert_refused_by_hgn_eval(self, run):
        done = subprocess.run([os.environ["HGN_EVAL"], run, "--data", dataset(), "--quiet"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("config.json has changed since", done.stderr)

    def test_python_reconstructs_what_the_program_did(self):
        try:
            import torch
            from hamgen.hgn_torch import load_run
        except ImportError:
            self.skipTest("needs torch (Debian: python3-torch)")
        data = HamgenDataset(dataset(), split="test", fields=("frames", "frames_clean"))
        items = [data[i] for i in range(len(data))]
        frames, clean = (torch.from_numpy(np.stack([item[name] for item in items])) for name in ("frames", "frames_clean"))
        hgn = load_run(self.run_directory)
        video = hgn.reconstruct(frames)
        result = json.loads(self.done.stdout)["test"]
        for truth, key in ((frames, "mse"), (clean, "mse_clean")):
            self.assertAlmostEqual(float((video - hgn.to_pixels(truth)).square().mean()) / result[key], 1, 4)

    def mean_image_mse(self, size):
        def frames(split):
            data = HamgenDataset(dataset(), split=split)
            stack = np.stack([data[i]["frames"] for i in range(len(data))]) / 255
            factor = stack.shape[2] // size
            return stack.reshape(*stack.shape[:2], size, factor, size, factor, 3).mean((3, 5))

        return ((frames("test") - frames("train").mean((0, 1))) ** 2).mean()

    def test_the_run_goes_below_runs_by_default(self):
        home = new_directory()
        (home / "videos").symlink_to(dataset())
        done = fit("--data", "videos", "--max-steps", 1, *TINY, "--quiet", cwd=home)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((home / "runs/videos/model.safetensors").is_file())

    def test_it_is_reproducible(self):
        again = new_directory() / "run"
        self.assertEqual(train(again).returncode, 0)
        for name in ("model.safetensors", "best.safetensors", "checkpoints/step-000000060.safetensors"):
            self.assertEqual((again / name).read_bytes(), (self.run_directory / name).read_bytes(), name)
        self.assertEqual(log_of(again), log_of(self.run_directory))

    def test_signals_save_and_a_resumed_run_ends_like_one_that_was_not_interrupted(self):
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGINT):
            run = new_directory() / "run"
            process = subprocess.Popen([HGN_FIT, "--data", dataset(), "--out", run, "--steps", "60", *TINY, "--quiet"],
                                       stderr=subprocess.PIPE, text=True)
            while not (run / "log.jsonl").exists() or not (run / "log.jsonl").read_text():
                time.sleep(0.01)
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
            if process.returncode == 0:
                continue  # it was faster than the signal
            self.assertEqual(process.returncode, 75, errors)
            self.assertIn(f"hgn-fit --resume {run}", errors)
            self.assertFalse((run / "result.json").exists())
            done = fit("--resume", run, "--quiet")
            self.assertEqual(done.returncode, 0, done.stderr)
            for name in ("model.safetensors", "checkpoints/step-000000060.safetensors"):
                self.assertEqual((run / name).read_bytes(), (self.run_directory / name).read_bytes(), name)
            self.assertEqual(log_of(run), log_of(self.run_directory))

    def test_limits_stop_save_and_evaluate(self):
        run = new_directory() / "run"
        done = train(run, "--max-steps", 13, "--json")
        self.assertEqual(json.loads(done.stdout)["ending"], "step limit")
        self.assertEqual(json.loads(fit("--resume", run, "--max-time", "0.01s", "--json", "--quiet").stdout)["ending"], "time limit")
        self.assertEqual(json.loads(fit("--resume", run, "--json", "--quiet").stdout)["ending"], "finished")
        self.assertEqual(log_of(run), log_of(self.run_directory))
        self.assertEqual((run / "model.safetensors").read_bytes(), (self.run_directory / "model.safetensors").read_bytes())

    def test_a_damaged_checkpoint_is_told_and_the_one_before_taken(self):
        run = new_directory() / "run"
        shutil.copytree(self.run_directory, run)
        newest = run / "checkpoints/step-000000060.safetensors"
        newest.write_bytes(newest.read_bytes()[:1000])
        done = fit("--resume", run, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("skipped: cannot read", done.stderr)
        self.assertEqual((run / "model.safetensors").read_bytes(), (self.run_directory / "model.safetensors").read_bytes())
        self.assertEqual(log_of(run), log_of(self.run_directory))

    def test_larger_frames_are_trained_smaller(self):
        run = new_directory() / "run"
        done = train(run, "--image-size", 8, "--max-steps", 5, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        test = json.loads(done.stdout)["test"]
        self.assertNotIn("noise_floor", test)  # it holds for the frames as they are
        self.assertAlmostEqual(test["mean_image_mse"], self.mean_image_mse(8), 6)
        self.assertEqual(json.loads((run / "run.json").read_text())["data_shape"]["image_size"], 8)


@unittest.skipUnless(HGN_FIT, "needs hgn-fit")
class Refusals(unittest.TestCase):
    def assert_refused(self, done, status, *parts):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for part in parts:
            self.assertIn(part, done.stderr)

    def test_one_run_is_trained_by_one_program(self):
        out = new_directory() / "run"
        command = [HGN_FIT, "--data", dataset(), "--out", out, "--steps", 100_000, *TINY, "--quiet"]
        with subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE) as first:
            try:
                for _ in range(600):
                    if (out / "log.jsonl").exists():
                        break
                    time.sleep(0.1)
                for arguments in (("--resume", out), ("--data", dataset(), "--out", out, *TINY, "--force")):
                    self.assert_refused(fit(*arguments), 1, "is in use: another hgn-fit is training there")
                self.assertIsNone(first.poll())
            finally:
                first.send_signal(signal.SIGTERM)
                first.wait(60)
        self.assertEqual(first.returncode, 75)
        self.assertFalse((out / ".lock").exists())
        log = [line["step"] for line in log_of(out)]
        self.assertEqual(log, sorted(log))
        self.assertEqual(fit("--resume", out, "--max-steps", log[-1] + 1, "--quiet").returncode, 0)

    def test_datasets_that_are_none(self):
        out = new_directory() / "run"
        self.assert_refused(train(out, data="/nowhere/videos"), 1, "there is no directory /nowhere/videos")
        self.assert_refused(train(out, data=new_directory()), 1, "is not a dataset of hamgen")
        self.assertFalse(out.exists())

    def damaged(self, change):
        copy = new_directory() / "videos"
        shutil.copytree(dataset(), copy)
        change(copy)
        return copy

    def test_shards_that_are_missing_cut_off_or_of_another_shape(self):
        out = new_directory() / "run"
        shard = "train/shard-00001.h5"
        gone = self.damaged(lambda copy: (copy / shard).unlink())
        self.assert_refused(train(out, data=gone), 1, shard, "No such file")
        empty = self.damaged(lambda copy: (copy / shard).write_bytes(b""))
        self.assert_refused(train(out, data=empty), 1, shard, "has 0 bytes")
        zeros = self.damaged(lambda copy: (copy / shard).write_bytes(bytes((copy / shard).stat().st_size)))
        self.assert_refused(train(out, data=zeros), 1, shard)

        def other_frames(copy):
            manifest = json.loads((copy / "manifest.json").read_text())
            manifest["frames"]["shape"][0] = 6
            (copy / "manifest.json").write_text(sealed(manifest))

        self.assert_refused(train(out, data=self.damaged(other_frames)), 1, "shape that the manifest says")

        def other_schema(copy):
            manifest = json.loads((copy / "manifest.json").read_text())
            manifest["schema_version"] = 99
            (copy / "manifest.json").write_text(sealed(manifest))

        self.assert_refused(train(out, data=self.damaged(other_schema)), 1, "schema version 99")

        def swapped(copy):
            for one, other in (("0", "x"), ("1", "0"), ("x", "1")):
                (copy / f"train/shard-0000{one}.h5").rename(copy / f"train/shard-0000{other}.h5")
            manifest = json.loads((copy / "manifest.json").read_text())
            for record in manifest["splits"]["train"]["shards"]:
                data = (copy / record["file"]).read_bytes()
                record.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
            (copy / "manifest.json").write_text(sealed(manifest))

        self.assert_refused(train(out, data=self.damaged(swapped)), 1, "is not what its record says: row 0 holds trajectory")
        self.assertFalse(out.exists(), "nothing is left behind")

    def test_values_that_are_not_allowed(self):
        out = new_directory() / "run"
        self.assert_refused(train(out, "--device", "cuda:7"), 2, "cuda:7", "GPU")
        self.assert_refused(train(out, "--device", "tpu"), 2, "expected auto, cpu, cuda")
        self.assert_refused(train(out, "--preset", "huge"), 2, "paper, quick, small")
        self.assert_refused(train(out, "--max-time", "soon"), 2, "90s, 45m")
        self.assert_refused(train(out, "--max-steps", "0"), 2, "--max-steps")
        self.assert_refused(train(out, "--set", "hamiltonian.fiters=[8]"), 2, "did you mean", "hamiltonian.filters")
        self.assert_refused(train(out, "--set", "decoder.filters=[8,0]"), 2, "decoder.filters = [8, 0]", ">= 1")
        self.assert_refused(train(out, "--set", "decoder.filters=[8,2.5]"), 2, "integers")
        self.assert_refused(train(out, "--set", "hamiltonian.form=joint"), 2, "leapfrog", "joint", "tao")
        self.assert_refused(train(out, "--set", "model=gan"), 2, "expected one of hgn")
        self.assert_refused(train(out, "--image-size", "24"), 2, "24")
        self.assert_refused(train(out, data=dataset("--image-size", "24")), 2, "24x24", "8, 16, 32, 64")
        self.assert_refused(train(out, "--set", "data.context=9"), 2, "data.context = 9", "8 frames")
        self.assert_refused(fit("--out", out), 2, "--data")
        self.assert_refused(fit("dance"), 2, "dance")
        self.assertFalse(out.exists(), "nothing is left behind")

    def test_directories_that_are_taken(self):
        run = new_directory() / "run"
        self.assertEqual(train(run, "--max-steps", 1).returncode, 0)
        self.assert_refused(train(run), 1, "not empty", "--resume", "--force")
        self.assertEqual(train(run, "--max-steps", 1, "--force").returncode, 0)
        precious = new_directory()
        (precious / "thesis.tex").write_text("years of work")
        (precious / "config.json").write_text("{}")
        self.assert_refused(train(precious, "--force"), 1, "not a run of hgn-fit")
        self.assertTrue((precious / "thesis.tex").exists())
        (run / "notes.txt").write_text("mine")
        weights = (run / "model.safetensors").read_bytes()
        self.assert_refused(train(run, "--force", data="/nowhere"), 1, "/nowhere")
        self.assertEqual((run / "model.safetensors").read_bytes(), weights, "the old run goes only for a new one")
        self.assertEqual(train(run, "--max-steps", 1, "--force").returncode, 0)
        self.assertEqual((run / "notes.txt").read_text(), "mine")
        shutil.copytree(dataset(), run / "videos")
        self.assert_refused(train(run, "--force", data=run / "videos"), 2, "lies in the directory of the run")

    def test_a_run_that_was_stopped_before_its_first_step_can_be_resumed(self):
        run = new_directory() / "run"
        done = train(run, "--max-time", "0.000001s", "--json")
        self.assertEqual(json.loads(done.stdout)["steps"], 0)
        self.assertEqual(fit("--resume", run, "--max-steps", 2, "--quiet").returncode, 0)

    def test_a_run_goes_on_with_other_threads_and_more_steps_and_says_so(self):
        run = new_directory() / "run"
        self.assertEqual(train(run, "--steps", 6, "--max-steps", 3, "--threads", 1).returncode, 0)
        done = fit("--resume", run, "--threads", 2, "--steps", 8, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("threads = 1, not 2", done.stderr)
        self.assertIn("train.steps = 6, not 8", done.stderr)
        config = json.loads((run / "config.json").read_text())
        self.assertEqual((config["threads"], config["train"]["steps"]), (2, 8))
        self.assertEqual(json.loads((run / "result.json").read_text())["steps"], 8)
        lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
        self.assertEqual([line["changed"] for line in lines if line["kind"] == "resume"],
                         [["threads = 1, not 2", "train.steps = 6, not 8"]])
        self.assert_refused(fit("--resume", run, "--steps", 2, "--quiet"), 1, "beyond train.steps = 2")
        self.assert_refused(fit("--resume", run, "--batch", 2, "--quiet"), 2, "--batch does not go with --resume")

    def test_a_dataset_that_was_moved_is_asked_for(self):
        directory = new_directory()
        data = directory / "data"
        shutil.copytree(dataset(), data)
        self.assertEqual(train(directory / "run", "--max-steps", 2, data=data).returncode, 0)
        data.rename(directory / "elsewhere")
        self.assert_refused(fit("--resume", directory / "run"), 1, "is not there", "add --data DIR")
        done = fit("--resume", directory / "run", "--data", directory / "elsewhere", "--max-steps", 3, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)
        done = fit("--resume", directory / "run", "--max-steps", 4, "--quiet")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_resuming_what_cannot_be_resumed(self):
        self.assert_refused(fit("--resume", new_directory()), 1, "not a run of hgn-fit")
        run = new_directory() / "run"
        self.assertEqual(train(run, "--max-steps", 3).returncode, 0)
        self.assert_refused(fit("--resume", run, "--seed", 3), 2, "--seed does not go with --resume")
        self.assert_refused(fit("--resume", run, "--data", dataset("--seed", 5)), 1, "not the one")
        for file in (run / "checkpoints").iterdir():
            file.write_bytes(b"PK\x03\x04 a pickle")
        self.assert_refused(fit("--resume", run), 1, "no checkpoint to go on from", "header")

    def test_a_loss_that_is_not_finite(self):
        run = new_directory() / "run"
        done = train(run, "--set", "hamiltonian.scale=1e38")
        self.assert_refused(done, 1, "training diverged in step 1", "is not finite")
        self.assertFalse((run / "result.json").exists())


if __name__ == "__main__":
    unittest.main()
