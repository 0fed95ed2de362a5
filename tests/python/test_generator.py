"""hamgen.generate, verify and systems: the program from Python."""
from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import threading
import time
import unittest
from pathlib import Path
from unittest import mock

from support import HAMGEN, new_directory

import hamgen


@mock.patch.dict(os.environ, {"HAMGEN": HAMGEN})
class Generator(unittest.TestCase):
    def test_a_dataset_and_its_reader(self) -> None:
        out = new_directory() / "swings"
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            root = hamgen.generate("pendulum", 12, out, n_test=2, image_size=16, seed=7, set={"start.radius": [0.5, 1], "physics.gravity": 2})
        self.assertEqual(root, out)
        self.assertIn("12/12", said.getvalue())
        config = json.loads((root / "manifest.json").read_text())["config"]
        self.assertEqual((config["n"], config["seed"], config["start"]["radius"], config["physics"]["gravity"]), (12, 7, [0.5, 1], 2))
        self.assertEqual(hamgen.HamgenDataset(root)[0]["frames"].shape, (31, 16, 16, 3))
        report = hamgen.verify(root, full=True, regenerate=3)
        self.assertEqual((report["whole"], report["regenerated_exactly"]), (True, 3))
        self.assertEqual(hamgen.generate("pendulum", 12, out, n_test=2, image_size=16, seed=7, progress=False,
                                         config={"start": {"radius": [0.5, 1]}, "physics": {"gravity": 2}}), out)  # is there already

    def test_without_out_it_is_named_after_the_system(self) -> None:
        here = new_directory()
        with contextlib.chdir(here):
            root = hamgen.generate(n=3, n_test=0, n_validation=0, config={"system": "mass_spring"}, progress=False)
        self.assertEqual(str(root), "mass_spring")
        self.assertTrue((here / root / "manifest.json").exists())

    def test_what_is_refused_is_a_value_error_with_the_programs_message(self) -> None:
        for words, message in (({"system": "moon"}, 'unknown system "moon"'), ({"system": "pendulum", "imagesize": 3}, "imagesize"),
                               ({"system": "pendulum", "set": {"physics.mass": -1}}, "physics.mass")):
            with self.assertRaisesRegex(ValueError, message) as raised:
                hamgen.generate(**words, out=new_directory() / "none")
            self.assertIsInstance(raised.exception, hamgen.InvalidConfiguration)
            self.assertEqual(raised.exception.status, 2)

    def test_damage_is_told_with_its_place(self) -> None:
        root = hamgen.generate("pendulum", 4, new_directory() / "damaged", n_test=2, image_size=16, progress=False)
        shard = next((root / "train").glob("*.h5"))
        content = bytearray(shard.read_bytes())
        content[len(content) // 2] ^= 1
        shard.write_bytes(content)
        with self.assertRaisesRegex(hamgen.DamagedDataset, shard.name) as raised:
            hamgen.verify(root)
        self.assertEqual([problem["file"] for problem in raised.exception.report["problems"]], [f"train/{shard.name}"])
        with self.assertRaises(hamgen.HamgenError) as nothing:
            hamgen.verify(new_directory())
        self.assertNotIsInstance(nothing.exception, hamgen.DamagedDataset)

    def test_interrupted_it_goes_on_with_the_same_call(self) -> None:
        words = {"system": "pendulum", "n": 4000, "out": new_directory() / "long", "image_size": 32, "shard_size": 50, "threads": 1}
        before = {child for child in _children()}

        def stop() -> None:
            for _ in range(200):
                if started := _children() - before:
                    time.sleep(0.5)
                    os.kill(started.pop(), signal.SIGTERM)
                    return
                time.sleep(0.05)

        stopper = threading.Thread(target=stop)
        stopper.start()
        with contextlib.redirect_stderr(io.StringIO()), self.assertRaises(hamgen.Interrupted):
            hamgen.generate(**words)
        stopper.join()
        self.assertEqual(hamgen.generate(**words, progress=False), words["out"])

    def test_without_the_program_it_says_how_to_get_it(self) -> None:
        with mock.patch.dict(os.environ, {"HAMGEN": "/no/such/hamgen"}), self.assertRaisesRegex(FileNotFoundError, "is not a program"):
            hamgen.systems()

    def test_systems(self) -> None:
        found = {system["name"]: system for system in hamgen.systems()}
        self.assertIn("three_body", found)
        self.assertEqual(found["pendulum"]["config"]["system"], "pendulum")


def _children() -> set[int]:
    mine = os.getpid()
    return {int(child) for task in Path(f"/proc/{mine}/task").iterdir() for child in (task / "children").read_text().split()}


if __name__ == "__main__":
    unittest.main()
