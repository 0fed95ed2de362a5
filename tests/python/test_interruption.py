"""Datasets made in parts, stopped, damaged and mended: the bytes are those of a run that nothing happened to."""
from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import time
import unittest

import h5py
import numpy as np

import support
from support import digests, new_directory, run

# A second or so of work, in many shards.
LONG = ("--system", "three_body", "--n", 1500, "--n-test", 20, "--shard-size", 20, "--image-size", 32)
SMALL = ("--system", "pendulum", "--n", 25, "--n-test", 10, "--shard-size", 10, "--image-size", 16)


def finished():
    return support.dataset("pendulum", 16)


def copy():
    return shutil.copytree(finished(), new_directory() / "data")


class ResumeTest(unittest.TestCase):
    def begin(self, *arguments):
        out = new_directory() / "data"
        process = subprocess.Popen([support.HAMGEN, *map(str, LONG), "--out", out, "--quiet", *arguments],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        deadline = time.monotonic() + 60
        while not (out / "train" / "shard-00003.json").exists() and time.monotonic() < deadline:
            time.sleep(0.002)
        return out, process

    def reference(self):
        return digests(support.generate(new_directory() / "data", *LONG))

    def test_signals(self):
        expected = self.reference()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            with self.subTest(number.name):
                out, process = self.begin()
                process.send_signal(number)
                printed, said = process.communicate(timeout=60)
                self.assertEqual((process.returncode, printed), (75, ""))
                self.assertRegex(said, r"\Ahamgen: stopped by a signal; \d+ of 86 shards are there. The same command goes on\n\Z")
                self.assertEqual(list(out.rglob(".*")), [])
                shards = len(list(out.rglob("shard-*.h5")))
                self.assertIn(f"{shards} of 86", said)
                self.assertFalse((out / "manifest.json").exists())
                again = run(*LONG, "--out", out)
                self.assertIn(f"{shards} of 86 shards are there already", again.stderr)
                self.assertEqual(digests(out), expected)

    def test_kill(self):
        out, process = self.begin()
        process.kill()
        process.communicate()
        self.assertFalse((out / "manifest.json").exists())
        self.assertIn("not a finished dataset", run("info", out).stderr)
        self.assertIn("not a finished dataset", run("verify", out).stdout)
        self.assertEqual(digests(support.generate(out, *LONG)), self.reference())

    def test_only_what_is_missing_or_changed_is_made_again(self):
        out = copy()
        expected = digests(out)
        (out / "train" / "shard-00001.h5").unlink()
        (out / "train" / "shard-00002.json").write_text("{}")  # the manifest knows, too
        with open(out / "test" / "shard-00000.h5", "r+b") as file:
            file.write(b"x")
        os.utime(out / "train" / "shard-00000.h5", ns=(1, 1))
        self.assertIn("3 of 5 shards are there already", run(*SMALL, "--out", out).stderr)
        self.assertEqual(digests(out), expected)
        self.assertEqual((out / "train" / "shard-00000.h5").stat().st_mtime_ns, 1)

    def test_a_limit_on_the_size_of_files(self):
        """is like a full disk (ulimit -f): a message, nothing half-written, and the same command goes on."""
        for most in (0, 1000, 30000):  # not even the plan; the plan, and no shard
            out = new_directory() / "data"
            done = subprocess.run([support.HAMGEN, *map(str, SMALL), "--out", out, "--quiet"], capture_output=True, text=True,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertRegex(done.stderr, r"\Ahamgen: cannot write [^\n]+: File too large\n\Z")
            self.assertEqual(list(out.rglob(".*")), [])
            self.assertEqual(digests(support.generate(out, *SMALL)), digests(finished()))

    def test_the_umask_says_who_may_write(self):
        out = new_directory() / "data"
        subprocess.run([support.HAMGEN, *map(str, SMALL), "--out", out, "--quiet"], check=True, umask=0o002,
                       stdout=subprocess.DEVNULL)
        self.assertEqual({path.stat().st_mode & 0o777 for path in (out, *out.rglob("*"))}, {0o664, 0o775})

    def test_other_configuration(self):
        out = copy()
        before = digests(out)
        done = run(*SMALL, "--noise-std", 0.25, "--set", "look.sharpness=50", "--out", out)
        self.assertEqual(done.returncode, 1)
        for word in ("noise.std: 0.1 there, 0.25 here", "look.sharpness: 80.0 there, 50.0 here"):
            self.assertIn(word, done.stderr)
        self.assertEqual(digests(out), before)


class WorkerTest(unittest.TestCase):
    def test_shares_make_the_same_dataset(self):
        for count in (1, 3, 10):
            out = new_directory() / "data"
            for index in reversed(range(count)):
                done = run(*SMALL, "--worker", f"{index}/{count}", "--out", out, "--quiet")
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertFalse((out / "manifest.json").exists())
            self.assertEqual(run("finish", out, "--quiet").returncode, 0)
            self.assertEqual(digests(out), digests(finished()))
            self.assertEqual(run("finish", out, "--quiet").returncode, 0)  # once more does no harm

    def test_at_the_same_time(self):
        out = new_directory() / "data"
        workers = [subprocess.Popen([support.HAMGEN, *map(str, SMALL), "--worker", f"{i % 4}/4", "--out", out, "--quiet"],
                                    stdout=subprocess.DEVNULL) for i in range(8)]  # each share twice
        self.assertEqual([worker.wait() for worker in workers], [0] * 8)
        self.assertEqual(run("finish", out, "--quiet").returncode, 0)
        self.assertEqual(digests(out), digests(finished()))

    def test_finish_names_what_is_missing(self):
        out = new_directory() / "data"
        run(*SMALL, "--worker", "1/2", "--out", out, "--quiet")
        done = run("finish", out)
        self.assertEqual(done.returncode, 1)
        for word in ("3 of 5 shards", "train/shard-00000.h5", "train/shard-00002.h5"):
            self.assertIn(word, done.stderr)
        self.assertFalse((out / "manifest.json").exists())
        self.assertIn("neither manifest.json nor plan.json", run("finish", new_directory()).stderr)

    def test_usage(self):
        for value in ("3", "3/3", "-1/3", "a/b", "1/0", "1/2/3"):
            done = run(*SMALL, "--worker", value, "--out", new_directory() / "data")
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn("--worker", done.stderr)
        self.assertEqual(run(*SMALL, "--worker", "9/3", "--print-config").returncode, 2)
        self.assertEqual(run(*SMALL, "--worker", "0/2", "--force", "--out", new_directory() / "data").returncode, 2)
        self.assertEqual(run("finish").returncode, 2)
        self.assertEqual(run("finish", "a", "--full").returncode, 2)


class VerifyTest(unittest.TestCase):
    def verify(self, root, *arguments):
        done = run("verify", root, "--json", "--quiet", *arguments)
        return done.returncode, json.loads(done.stdout)

    def test_whole(self):
        for name, root in support.several().items():
            with self.subTest(name):
                status, found = self.verify(root, "--full", "--regenerate", "10%")
                self.assertEqual((status, found["problems"], found["notes"]), (0, [], []))
                self.assertEqual((found["trajectories"], found["shards"]), (support.TRAIN + support.TEST + support.VALIDATION, 5))
                self.assertEqual((found["regenerated"], found["regenerated_exactly"]), (4, 4))

    def test_every_kind_of_file(self):
        for name in sorted(digests(finished())):
            for damage in ("bit", "end", "gone", "link"):
                with self.subTest(name, damage=damage):
                    root = copy()
                    path = root / name
                    data = bytearray(path.read_bytes())
                    path.unlink()
                    data[len(data) // 2] ^= 4
                    if damage == "link":
                        path.symlink_to(finished() / name)
                    elif damage != "gone":
                        path.write_bytes(data if damage == "bit" else data[:-1])
                    status, found = self.verify(root)
                    self.assertEqual(status, 1)
                    self.assertIn(name, [problem["file"] for problem in found["problems"]])
                    repaired = run("repair", root, "--json", "--quiet")
                    self.assertEqual(repaired.returncode, 0, repaired.stderr)
                    self.assertNotEqual(json.loads(repaired.stdout)["repaired"], [])
                    self.assertEqual(digests(root), digests(finished()))
                    self.assertFalse(path.is_symlink())

    def test_notes(self):
        root = copy()
        (root / "notes.txt").write_text("mine")
        status, found = self.verify(root)
        self.assertEqual((status, found["notes"]), (0, ["notes.txt is not part of the dataset"]))

    def reseal(self, root, change=lambda manifest: None):
        """Makes every hash and checksum right again after files were changed: a lie that only content gives away."""
        manifest = support.manifest(root)
        change(manifest)
        plan = {key: manifest[key] for key in ("schema_version", "generator", "config")}
        (root / "plan.json").write_text(support.sealed(plan))
        manifest["plan"] = json.loads((root / "plan.json").read_text())["checksum"]
        for split in manifest["splits"].values():
            for shard in split["shards"]:
                data = (root / shard["file"]).read_bytes()
                shard.update(bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
                record = {"schema_version": 2, "plan": manifest["plan"], **shard}
                (root / shard["file"]).with_suffix(".json").write_text(support.sealed(record))
        (root / "manifest.json").write_text(support.sealed(manifest))

    def assert_lie(self, words, change_file=lambda shard: None, change_manifest=lambda manifest: None, arguments=()):
        with self.subTest(words):
            root = copy()
            with h5py.File(root / "train" / "shard-00001.h5", "r+") as shard:
                change_file(shard)
            self.reseal(root, change_manifest)
            status, found = self.verify(root, *arguments)
            self.assertEqual((status, found["whole"]), (1, False))
            self.assertRegex(json.dumps(found["problems"]), words)

    def test_lies_that_are_well_sealed(self):
        self.reseal(root := copy())
        self.assertEqual(self.verify(root, "--full")[0], 0)

        def put(name, place, value):
            return lambda shard: shard[name].__setitem__(place, value)

        self.assert_lie("q_observed of trajectory 13 is nan", put("q_observed", (3, 2, 0), np.nan))
        self.assert_lie("energy of trajectory 12 does not have the drift", put("energy", (2, 5), 1.0))
        self.assert_lie("energy of trajectory 12 does not have the drift", put("energy_drift", 2, 1e-14))
        self.assert_lie("row 4 holds trajectory 99, not 14", put("trajectory", 4, 99))
        self.assert_lie("time is not what its configuration gives", put("time", 1, 0.3))
        self.assert_lie("its configuration is not that", lambda shard: shard.attrs.__setitem__("config", "{}"))
        self.assert_lie("its content does not have its hash", put("q", (0, 0, 0), 0.5), arguments=("--full",))

    def test_lies_that_only_a_new_simulation_finds(self):
        for name, place in (("q", (slice(None), 3, 0)), ("p_observed", (slice(None), 0, 0))):
            root = copy()
            with h5py.File(root / "train" / "shard-00001.h5", "r+") as shard:
                shard[name][place] *= 1 + 1e-15
            self.reseal(root)
            self.assertEqual(self.verify(root)[0], 0)
            status, found = self.verify(root, "--regenerate", "100%")
            self.assertEqual((status, found["regenerated"]), (1, support.TRAIN + support.TEST + support.VALIDATION))
            self.assertIn(f"{name} is not what its configuration gives", found["problems"][0]["what"])

    def test_manifests_that_do_not_follow_from_their_shards(self):
        for change, words in ((lambda m: m.update(hamiltonian="H = 0"), "hamiltonian"),
                              (lambda m: m["frames"]["channel_mean"].__setitem__(0, 0.5), "channel_mean"),
                              (lambda m: m["splits"]["train"].update(redraws=77), "redraws"),
                              (lambda m: m["splits"]["train"]["shards"][1]["pixels"]["sum"].__setitem__(0, 5), "channel_mean"),
                              (lambda m: m["splits"]["test"]["index"].update(bytes=5), "bytes")):
            self.assert_lie(words, change_manifest=change)
        self.assert_lie("yardsticks", change_manifest=lambda m: m.pop("yardsticks"))
        self.assert_lie("shape", change_manifest=lambda m: m["frames"].update(shape=[31, 32, 8, 3]))

    def test_a_manifest_from_before_noise_was_measured(self):
        """is whole, and repair adds what it lacks."""
        for system, noise, other in (("three_body", "position_noise", [0.5, 0.5]),
                                     ("pendulum", "turning_noise", {"pivot": [1, 1], "std": 0.1})):
            whole = support.dataset(system, 16)
            root = shutil.copytree(whole, new_directory() / "data")
            self.reseal(root, lambda m: m["frames"].pop(noise))
            self.assertEqual(self.verify(root)[0], 0)
            self.assertEqual(run("repair", root, "--quiet").returncode, 0)
            self.assertEqual(digests(root)["manifest.json"], digests(whole)["manifest.json"])
            self.reseal(root, lambda m: m["frames"].update({noise: other}))
            self.assertEqual(self.verify(root)[0], 1)

    def test_odd_surroundings(self):
        here = new_directory()
        for i in range(40):
            (here / f"image-{i}").write_text("mine")
        os.mkfifo(here / "image-40")
        root = copy()
        os.mkfifo(root / "pipe")
        (root / os.fsdecode(b"\xff.txt")).write_text("mine")
        done = run("verify", root, "--json", "--quiet", cwd=here)
        self.assertEqual((done.returncode, len(json.loads(done.stdout)["notes"])), (0, 2))
        self.assertEqual(run("preview", root, cwd=here).returncode, 0)

    def test_a_split_that_is_a_link_is_not_written_through(self):
        root = copy()
        (root / "train").rename(root.parent / "elsewhere")
        (root / "train").symlink_to(root.parent / "elsewhere")
        (root / "manifest.json").unlink()
        before = digests(root.parent / "elsewhere")
        for arguments in ((*SMALL, "--out", root), (*SMALL, "--force", "--out", root), ("repair", root)):
            done = run(*arguments)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("link", done.stderr)
            self.assertEqual(digests(root.parent / "elsewhere"), before)

    def test_a_shard_that_is_a_link(self):
        """as data version control makes them is refused by name, and replaced by repair."""
        root = copy()
        path = root / "train" / "shard-00001.h5"
        path.rename(root.parent / "cache")
        path.symlink_to(root.parent / "cache")
        status, found = self.verify(root)
        self.assertEqual((status, [problem["file"] for problem in found["problems"]]), (1, ["train/shard-00001.h5"]))
        self.assertIn("train/shard-00001.h5 is a symbolic link", found["problems"][0]["what"])
        done = run("preview", root, "--index", 12, "--out", new_directory())
        self.assertEqual(done.returncode, 1)
        self.assertIn("train/shard-00001.h5 is a symbolic link", done.stderr)
        self.assertIn("is a symbolic link", run("repair", root, "--quiet").stdout)
        self.assertEqual(digests(root), digests(finished()))
        self.assertFalse(path.is_symlink())

    def test_another_build(self):
        """Its dataset is read, checked and finished alike, and not mixed with shards of this one."""
        root = copy()

        def others(manifest):
            manifest["generator"]["git_commit"] = "0" * 40

        for path in root.rglob("shard-*.h5"):
            with h5py.File(path, "r+") as shard:
                shard.attrs["git_commit"] = "0" * 40
        self.reseal(root, others)
        self.assertEqual(self.verify(root, "--full", "--regenerate", "100%")[0], 0)
        self.assertEqual(run(*SMALL, "--out", root).returncode, 1)
        self.assertIn("another build", run(*SMALL, "--out", root).stderr)
        run("repair", root, "--quiet")  # the index says, too, by whom it is
        before = digests(root)
        self.assertIn("nothing to repair", run("repair", root, "--quiet").stdout)
        (root / "train" / "shard-00001.h5").unlink()
        self.assertEqual(run("repair", root, "--quiet").returncode, 0)
        after = digests(root)
        self.assertEqual({name for name in before if before[name] != after[name]} - {
            "train/shard-00001.h5", "train/shard-00001.json", "manifest.json"}, set())
        (root / "train" / "shard-00001.h5").unlink()
        (root / "train" / "shard-00001.json").unlink()
        (root / "manifest.json").unlink()
        self.assertIn("cannot be compared with what it was", run("repair", root, "--quiet").stderr)

    def test_usage(self):
        for value in ("0%", "101%", "x%", "-3", "0", "%"):
            self.assertEqual(run("verify", finished(), "--regenerate", value).returncode, 2, value)
        self.assertEqual(run("verify", new_directory() / "none").returncode, 1)
        self.assertEqual(run(*SMALL, "--full").returncode, 2)

    def test_repair_has_nothing_to_do(self):
        root = copy()
        before = digests(root)
        self.assertIn("nothing to repair", run("repair", root, "--quiet").stdout)
        self.assertEqual(digests(root), before)

    def test_repair_of_an_unfinished_dataset_finishes_it(self):
        out = new_directory() / "data"
        run(*SMALL, "--worker", "0/2", "--out", out, "--quiet")
        self.assertEqual(run("repair", out, "--quiet").returncode, 0)
        self.assertEqual(digests(out), digests(finished()))

    def test_repair_without_any_plan(self):
        root = copy()
        for name in ("plan.json", "manifest.json"):
            (root / name).write_text("{}")
        done = run("repair", root)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot repair", done.stderr)


if __name__ == "__main__":
    unittest.main()
