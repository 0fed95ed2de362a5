"""What cannot be read may be whole: it is not called damaged, and nothing is put in its place."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import support
from support import digests, new_directory

SMALL = ("--system", "pendulum", "--n", 25, "--n-test", 10, "--shard-size", 10, "--image-size", 16)


def run(*arguments):
    """hamgen as somebody whom permissions concern."""
    nobody = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
    return subprocess.run([support.HAMGEN, *map(str, arguments)], capture_output=True, text=True, timeout=120, **nobody)


class UnreadableTest(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        os.chmod(holder.name, 0o755)
        self.root = shutil.copytree(support.dataset("pendulum", 16), Path(holder.name) / "data")
        self.whole = digests(self.root)
        if os.geteuid() == 0:
            for path in (self.root, *self.root.rglob("*")):
                os.chown(path, 65534, 65534)

    def close(self, name, mode=0):
        path = self.root / name
        self.addCleanup(path.chmod, path.stat().st_mode & 0o777)
        path.chmod(mode)

    def test_verify_has_a_word_for_it(self):
        self.close("train/shard-00001.h5")
        done = run("verify", self.root, "--quiet")
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertRegex(done.stdout, r"\n  UNREADABLE  train/shard-00001.h5: cannot open .*: Permission denied\n")
        self.assertNotIn("DAMAGED", done.stdout)
        self.assertNotIn("hamgen repair", done.stdout)
        (self.root / "train" / "shard-00002.json").write_text("{}")
        done = run("verify", self.root, "--quiet")
        self.assertIn("  DAMAGED  train/shard-00002.json", done.stdout)
        self.assertIn("hamgen repair", done.stdout)
        found = json.loads(run("verify", self.root, "--quiet", "--json").stdout)["problems"]
        self.assertEqual([problem["is_unreadable"] for problem in found], [True, False])

    def test_every_kind_of_file(self):
        for name in ("manifest.json", "plan.json", "train.h5", "test/shard-00000.json", "test/shard-00000.h5"):
            with self.subTest(name):
                mode = (self.root / name).stat().st_mode & 0o777
                (self.root / name).chmod(0)
                done = run("verify", self.root, "--quiet")
                (self.root / name).chmod(mode)
                self.assertIn(f"  UNREADABLE  {name}: cannot open", done.stdout)
                self.assertNotIn("DAMAGED", done.stdout)

    def test_nothing_is_put_in_its_place(self):
        for command in (("repair", self.root), ("finish", self.root), (*SMALL, "--out", self.root)):
            with self.subTest(command[0]):
                (self.root / "train" / "shard-00001.h5").chmod(0)
                done = run(*command, "--quiet")
                (self.root / "train" / "shard-00001.h5").chmod(0o644)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"\Ahamgen: cannot open \S*train/shard-00001.h5: Permission denied. It may be whole")
                self.assertEqual(digests(self.root), self.whole)

    def test_info_of_a_closed_directory(self):
        self.close("train")
        done = run("info", self.root)
        self.assertEqual(done.returncode, 1)
        self.assertIn("  UNREADABLE  train/shard-00000.h5 cannot be examined: Permission denied", done.stdout)
        self.assertNotIn("missing", done.stdout)

    def test_preview_of_a_directory_that_only_may_be_read(self):
        self.close(".", 0o555)
        done = run("preview", self.root)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertRegex(done.stderr, r"\Ahamgen: cannot write pictures to \S+: Permission denied; --out chooses [^\n]+\n\Z")


class NoDatasetTest(unittest.TestCase):
    def test_verify_says_so(self):
        root = new_directory()
        (root / "notes.txt").write_text("mine")
        for place, words in ((root, "is not a dataset of hamgen"), (root / "notes.txt", "is a file: expected the directory of a dataset"),
                             (root / "none", "there is no directory")):
            done = support.run("verify", place)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(words, done.stderr)


class FewOpenFilesTest(unittest.TestCase):
    def test_more_shards_than_files_may_be_open(self):
        root = support.generate(new_directory() / "data", "--system", "mass_spring", "--n", 100, "--n-test", 0, "--shard-size", 1,
                                "--image-size", 8, "--steps", 2)
        command = f"ulimit -n 64; exec '{support.HAMGEN}' verify '{root}' --quiet --regenerate 100%"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)


if __name__ == "__main__":
    unittest.main()
