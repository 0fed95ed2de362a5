"""Plausible mistakes on the command line: each gets one line that names the mistake and the remedy, and a status."""
from __future__ import annotations

import os
import subprocess
import unittest

from support import HAMGEN, generate, new_directory

SMALL = ("--system", "mass_spring", "--n", 10, "--n-test", 2, "--image-size", 16)

# What is typed, the exit status, and the words that have to be in the answer. DATA and EMPTY stand for directories.
GENERATOR = [
    # Names
    ("hamgen --system three-body", 2, ["three-body", 'did you mean "three_body"']),
    ("hamgen --system three_bdy", 2, ["three_bdy", 'did you mean "three_body"']),
    ("hamgen --system spring", 2, ["spring", "mass_spring"]),
    ("hamgen --preset pendulum_color", 2, ["pendulum_color", "pendulum_colors"]),
    ("hamgen --system pendulum_colors_friction", 2, ["--preset"]),
    ("hamgen --preset three_body", 2, ["three_body is a system", "hamgen --system three_body"]),
    ("hamgen three_body", 2, ["three_body is a system", "hamgen --system three_body"]),
    ("hamgen three-body", 2, ["hamgen --system three_body"]),
    ("hamgen prevew DATA", 2, ["prevew", 'did you mean "preview"']),
    ("hamgen help prevew", 2, ["prevew", 'did you mean "preview"']),
    ("hamgen completion fish", 2, ["fish", "bash, zsh"]),
    # Flags of other programs
    ("hamgen --system pendulum --frames 60", 2, ["--frames", "--steps"]),
    ("hamgen --system pendulum --noise 0.1", 2, ["--noise", "--noise-std"]),
    ("hamgen --system pendulum --output there", 2, ["--output", "--out"]),
    ("hamgen --system pendulum --num 50", 2, ["--num", "--n N"]),
    ("hamgen --system pendulum --image_size 32", 2, ["--image_size", "--image-size"]),
    ("hamgen --system pendulum --workers 4", 2, ["--workers", "--threads"]),
    ("hamgen --system pendulum --resume", 2, ["--resume", "same command"]),
    ("hamgen --system pendulum -x", 2, ["-x"]),
    # Values
    ("hamgen --system pendulum --n", 2, ["--n needs a value", "N"]),
    ("hamgen --system pendulum --n many", 2, ['n = "many"', "an integer"]),
    ("hamgen --system pendulum --n 1.5", 2, ["n = 1.5", "an integer"]),
    ("hamgen --system pendulum --image-size 100", 2, ["image.size = 100", "multiple of 8"]),
    ("hamgen --system pendulum --image-size 64x64", 2, ["image.size", "an integer"]),
    ("hamgen --system pendulum --steps 0", 2, ["steps = 0", ">= 1"]),
    ("hamgen --system pendulum --set noise=0.1", 2, ['"noise" is a section']),
    ("hamgen --system pendulum --set noise.sigma", 2, ["--set noise.sigma", "path=value"]),
    ("hamgen --system pendulum --set std=0.1", 2, ['"std"', 'did you mean "noise.std"']),
    ("hamgen --system pendulum --set masses=2", 2, ['"masses"', "physics.mass"]),
    # Files and directories
    ("hamgen --config nowhere.json", 2, ["nowhere.json"]),
    ("hamgen --system pendulum --out /proc/nope", 1, ["/proc/nope"]),
    ("hamgen verify EMPTY", 1, ["EMPTY", "not a dataset of hamgen"]),
    ("hamgen verify nowhere", 1, ["there is no directory nowhere"]),
    ("hamgen preview DATA/train.h5", 1, ["is a file", "directory"]),
    ("hamgen preview DATA --index 10", 2, ["10"]),
    ("hamgen preview DATA --split tset", 2, ["tset"]),
    ("hamgen verify", 2, ["needs an argument: DIR"]),
    ("hamgen info DATA DATA", 2, ["unexpected argument"]),
    ("hamgen verify DATA --force", 2, ["--force does not apply to hamgen verify"]),
    ("hamgen --system pendulum --index 3", 2, ["--index is for hamgen preview"]),
]

TRAINER = [
    ("hgn-fit --data DATA --lr 0.001", 2, ["--lr", "optimizer.learning_rate"]),
    ("hgn-fit --data DATA --epochs 10", 2, ["--epochs", "--steps"]),
    ("hgn-fit --data DATA --batch-size 8", 2, ["--batch-size", "--batch"]),
    ("hgn-fit --data DATA --gpu 0", 2, ["--gpu", "--device cuda"]),
    ("hgn-fit --data DATA --set optimizer.lr=0.1", 2, ['"optimizer.lr"', 'did you mean "optimizer.learning_rate"']),
    ("hgn-fit --data DATA --set lr=0.1", 2, ['"lr"', 'did you mean "optimizer.learning_rate"']),
    ("hgn-fit --data DATA --set latent.q_chanels=4", 2, ["latent.q_channels"]),
    ("hgn-fit --data DATA --model hng", 2, ["hng", 'did you mean "hgn"']),
    ("hgn-fit --data DATA --preset tiny", 2, ["tiny", "small"]),
    ("hgn-fit --data DATA --max-time soon", 2, ["soon", "45m"]),
    ("hgn-fit --data DATA --device gpu", 2, ["gpu", "cuda"]),
    ("hgn-fit --data nowhere", 1, ["nowhere"]),
    ("hgn-fit --data EMPTY", 1, ["EMPTY", "not a dataset of hamgen"]),
    ("hgn-fit DATA", 2, ["hgn-fit --data DATA"]),
    ("hgn-fit --resume EMPTY", 1, ["EMPTY", "not a run"]),
    ("hgn-fit --out there", 2, ["--data DIR"]),
    ("hgn-eval --data DATA", 2, ["no run is named"]),
    ("hgn-eval EMPTY --data DATA", 1, ["EMPTY", "not a run"]),
    ("hgn-eval runs --dataset DATA", 2, ["--dataset", "--data"]),
    ("hgn-rollout EMPTY --data DATA --out film.mp4", 2, ["film.mp4", ".gif"]),
    ("hgn-rollout EMPTY --data DATA --frames 60", 2, ["--frames", "--steps"]),
]


class Mistakes(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.here = new_directory()
        generate(cls.here / "DATA", *SMALL)
        (cls.here / "EMPTY").mkdir()

    def check(self, mistakes: list, programs: dict[str, str]) -> None:
        before = sorted(path.name for path in self.here.iterdir())
        for typed, status, words in mistakes:
            with self.subTest(typed):
                program, *arguments = typed.split()
                done = subprocess.run([programs[program], *arguments], cwd=self.here, capture_output=True, text=True, timeout=120)
                self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
                self.assertRegex(done.stderr, rf"\A{program}: [^\n]+\n\Z")
                for word in words:
                    self.assertIn(word, done.stderr)
        self.assertEqual(sorted(path.name for path in self.here.iterdir()), before)

    def test_generator(self) -> None:
        self.check(GENERATOR, {"hamgen": HAMGEN})

    def test_trainer(self) -> None:
        programs = {program: os.environ.get(program.upper().replace("-", "_"), "") for program in ("hgn-fit", "hgn-eval", "hgn-rollout")}
        if not all(programs.values()):
            self.skipTest("hgn-fit was not built")
        self.check(TRAINER, programs)


class Help(unittest.TestCase):
    def test_every_spelling(self) -> None:
        for arguments in (["--help"], ["-h"], ["help"], []):
            done = subprocess.run([HAMGEN, *arguments], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("--image-size PIXELS", done.stdout)
            self.assertIn("preview DIR", done.stdout)
            self.assertLessEqual(max(map(len, done.stdout.splitlines())), 120)
        self.assertTrue(subprocess.run([HAMGEN, "version"], capture_output=True, text=True).stdout.startswith("hamgen "))

    def test_of_a_command(self) -> None:
        for arguments in (["help", "preview"], ["preview", "--help"], ["preview", "-h"]):
            done = subprocess.run([HAMGEN, *arguments], capture_output=True, text=True)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("--index I", done.stdout)
            self.assertNotIn("--system", done.stdout)

    def test_short_out(self) -> None:
        here = new_directory()
        done = subprocess.run([HAMGEN, *map(str, SMALL), "-o", "there", "--quiet"], cwd=here, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((here / "there/manifest.json").is_file())

    def test_bash_completes(self) -> None:
        script = """source <("$0" completion bash)
complete_line() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _hamgen; echo "${COMPREPLY[@]}"; }
complete_line hamgen --system three
complete_line hamgen prev
complete_line hamgen --image
complete_line hamgen --set noise.s
complete_line hamgen reference s"""
        done = subprocess.run(["bash", "-c", script, HAMGEN], capture_output=True, text=True, check=True)
        self.assertEqual(done.stdout.splitlines(), ["three_body", "preview", "--image-size", "noise.std=", "shard schema"])

    def test_zsh_reads_its_file(self) -> None:
        text = subprocess.run([HAMGEN, "completion", "zsh"], capture_output=True, text=True, check=True).stdout
        self.assertTrue(text.startswith("#compdef hamgen\n"))
        try:
            done = subprocess.run(["zsh", "-n"], input=text, capture_output=True, text=True)
        except FileNotFoundError:
            self.skipTest("no zsh here")
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main()
