"""Every command of scripts/, python/ and tests/: its help, its run bit, any python3 first in the path, and what it says where something
is missing."""
from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import unittest
from pathlib import Path

from support import HAMGEN, REPOSITORY, dataset, new_directory

FOLDERS = ("scripts", "python", "tests", ".ci")
SYSTEM = "/usr/bin/python3"
PROGRAMS = {name: os.environ.get(name.upper().replace("-", "_"), "") for name in ("hgn-fit", "hgn-eval", "hgn-rollout")}
TOOLS = ("awk", "basename", "bash", "cat", "cut", "df", "dirname", "du", "env", "grep", "head", "hostname", "id", "ln", "ls", "mkdir", "paste", "readlink", "realpath",
         "rm", "sed", "sort", "stat", "tail", "touch", "tr")


def has_shebang(path: Path) -> bool:
    return path.is_file() and path.read_bytes().startswith(b"#!")


def commands(root: Path = REPOSITORY) -> list[Path]:
    return [path for folder in FOLDERS for path in sorted((root / folder).rglob("*")) if has_shebang(path)]


def system_has(*modules: str) -> bool:
    asks = "import importlib.util, sys; sys.exit(None in map(importlib.util.find_spec, sys.argv[1:]))"
    return Path(SYSTEM).exists() and subprocess.run([SYSTEM, "-c", asks, *modules], check=False).returncode == 0


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


@functools.lru_cache(maxsize=None)
def bare() -> Path:
    """bin/ of a virtual environment that has no package at all."""
    root = new_directory() / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
    return root / "bin"


def copied() -> Path:
    """The commands, and what they read, in a directory of their own."""
    root = new_directory() / "hamgen"
    unwanted = shutil.ignore_patterns("__pycache__", "corpus", "*.cpp", "*.hpp")
    for folder in (*FOLDERS, "schemas", "docs/results"):
        shutil.copytree(REPOSITORY / folder, root / folder, ignore=unwanted)
    return root


def listing(root: Path) -> dict[str, int]:
    return {str(path.relative_to(root)): path.stat().st_mtime_ns for path in root.rglob("*") if path.is_file()}


def called(words: list[object], path: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A command with this PATH, in an empty directory."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.update(PATH=path, PYTHONDONTWRITEBYTECODE="1", **more)
    return subprocess.run([*map(str, words)], cwd=new_directory(), env=environment, capture_output=True, text=True, check=False, timeout=600)


class EveryCommand(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.root, fakes = copied(), new_directory()
        cls.calls = fakes / "calls"
        for name in ("apt-get", "sudo", "cmake", "ctest", "ninja", "sbatch", "clang++"):
            written(fakes / name, f'#!/bin/sh\necho "{name} $*" >>{cls.calls}\nexit 1\n')
        cls.path = f"{fakes}:{bare()}:{os.environ['PATH']}"

    def check(self, flag: str, status: int) -> None:
        before = listing(self.root)
        for command in commands(self.root):
            name = str(command.relative_to(self.root))
            needs_torch = "torch" in name
            if not system_has("h5py", "matplotlib", "numpy", *(["torch"] if needs_torch else [])):
                continue
            with self.subTest(name):
                here = new_directory()
                environment = {**os.environ, "PATH": self.path, "PYTHONDONTWRITEBYTECODE": "1", "HAMGEN": HAMGEN}
                done = subprocess.run([command, flag], cwd=here, env=environment, capture_output=True, text=True, check=False, timeout=120)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertEqual(list(here.iterdir()), [])
                if status == 0:
                    self.assertGreater(len(done.stdout), 100)
                    self.assertEqual(done.stderr, "")
                else:
                    self.assertRegex(done.stderr, "(?i)usage|--help")
                    self.assertEqual(done.stdout if not name.endswith(".sbatch") else "", "")
        self.assertEqual(listing(self.root), before)
        self.assertFalse(self.calls.exists(), self.calls.exists() and self.calls.read_text())

    def test_help_helps_and_does_nothing_else(self) -> None:
        self.assertGreater(len(commands(self.root)), 30)
        self.check("--help", 0)

    def test_a_flag_that_there_is_not(self) -> None:
        self.check("--no-such-flag", 2)

    def test_run_bits(self) -> None:
        for folder in FOLDERS:
            for path in (REPOSITORY / folder).rglob("*"):
                if path.is_file() and path.suffix != ".pyc":
                    self.assertEqual(os.access(path, os.X_OK), has_shebang(path), path)

    def test_shebangs_find_what_comes_first_in_the_path(self) -> None:
        for command in commands():
            self.assertRegex(command.read_text(encoding="utf-8").splitlines()[0], r"^#!/usr/bin/env (bash|python3)$", command)

    @unittest.skipUnless(shutil.which("shellcheck"), "no shellcheck (Debian: apt-get install shellcheck)")
    def test_shellcheck(self) -> None:
        scripts = [command for command in commands() if "bash" in command.read_text(encoding="utf-8").splitlines()[0]]
        done = subprocess.run(["shellcheck", "-x", *scripts, REPOSITORY / "scripts/common.sh"], capture_output=True, text=True, check=False)
        self.assertEqual(done.stdout, "")


@unittest.skipUnless(system_has("h5py", "matplotlib", "numpy"), f"{SYSTEM} has no h5py, matplotlib, numpy")
class AnotherPython(unittest.TestCase):
    """A virtual environment without packages comes first in the path."""

    def call(self, *words: object) -> str:
        done = called(list(words), f"{bare()}:{os.environ['PATH']}", HAMGEN=HAMGEN)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_the_reader(self) -> None:
        self.assertIn("float64", self.call(REPOSITORY / "python/hamgen/dataset.py", dataset("mass_spring")))
        self.assertIn("float64", self.call("env", f"PYTHONPATH={REPOSITORY / 'python'}", "python3", "-m", "hamgen.dataset", dataset("mass_spring")))

    def test_pictures(self) -> None:
        out, run = new_directory(), new_directory()
        self.call(REPOSITORY / "scripts/figures.py", "10", "--out", out / "figure.png")
        (run / "log.jsonl").write_text("".join(json.dumps({"kind": kind, "time": step, "step": step, "mse": 1 / (1 + step)}) + "\n"
                                               for step in (1, 2) for kind in ("train", "validation")), encoding="utf-8")
        self.call(REPOSITORY / "scripts/plot_training.py", run, "--out", out / "curves.png")
        self.assertEqual(sorted(path.name for path in out.iterdir()), ["curves.png", "figure.png"])

    def test_an_experiment(self) -> None:
        self.assertIn("observer", self.call(REPOSITORY / "scripts/experiments/known_law", dataset("mass_spring"), "--trajectories", 3, "--draws", 4))

    @unittest.skipUnless(PROGRAMS["hgn-fit"] and system_has("numpy", "torch"), f"built without LibTorch, or {SYSTEM} has no torch")
    def test_weights_of_a_run(self) -> None:
        run = new_directory() / "run"
        subprocess.run([PROGRAMS["hgn-fit"], "--data", dataset("mass_spring"), "--out", run, "--max-steps", "1", "--set", "train.batch=2", "--quiet"],
                       check=True, capture_output=True)
        self.assertIn("parameters", self.call(REPOSITORY / "python/hamgen/hgn_torch.py", run))


class MissingPackages(unittest.TestCase):
    def need(self, *words: str, modules: str = '"h5py"', python: Path | None = None) -> subprocess.CompletedProcess[str]:
        """need() of a command where Debian's Python is of no help."""
        command = written(new_directory() / "command",
                          f'"""What the command does."""\nimport sys\nsys.path.insert(0, "{REPOSITORY / "python"}")\nfrom hamgen import interpreter\n'
                          f'interpreter.SYSTEM = "/nowhere/python3"\ninterpreter.need({modules})\nprint(sys.prefix)\n')
        return called([python or bare() / "python3", command, *words], os.environ["PATH"])

    def test_the_sentence_names_it_and_the_way_out(self) -> None:
        done = self.need()
        self.assertEqual((done.returncode, done.stdout, done.stderr.count("\n")), (1, "", 1))
        for words in ("command: this Python (", "has no h5py", "python3 -m pip install h5py", "apt-get install python3-h5py"):
            self.assertIn(words, done.stderr)
        self.assertIn("has no h5py and no numpy", self.need(modules='"h5py", "numpy"').stderr)

    def test_help_is_there_all_the_same(self) -> None:
        done = self.need("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("What the command does.", done.stdout)
        self.assertIn("pip install h5py", done.stdout)

    def test_a_python_that_has_the_packages_is_not_left(self) -> None:
        root = new_directory() / "venv"
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", root], check=True)
        site = next(root.glob("lib/python3*/site-packages"))
        (site / "h5py.py").write_text("", encoding="utf-8")
        self.assertEqual(self.need(python=root / "bin/python3").stdout, f"{root}\n")

    def test_importing_a_module_says_what_it_needs(self) -> None:
        for module, missing in (("dataset", "h5py"), ("hgn_torch", "numpy"), ("nhf_torch", "torch")):
            done = called([bare() / "python3", "-c", f"import hamgen.{module}"], os.environ["PATH"], PYTHONPATH=str(REPOSITORY / "python"))
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, f"ModuleNotFoundError: hamgen.{module} needs {missing}, .*pip install {missing}.*python3-{missing}")


class InstallDependencies(unittest.TestCase):
    def install(self, *words: str, **fakes: str) -> subprocess.CompletedProcess[str]:
        """scripts/install-dependencies on a machine that has TOOLS and these programs, given as their text in sh."""
        folder = new_directory()
        for tool in TOOLS:
            if (found := shutil.which(tool)) and tool not in fakes:
                (folder / tool).symlink_to(found)
        for name, text in fakes.items():
            written(folder / name.replace("_", "-"), f"#!/bin/sh\n{text}\n")
        return called([REPOSITORY / "scripts/install-dependencies", *words], str(folder))

    def refused(self, *said: str, **fakes: str) -> None:
        done = self.install(**fakes)
        self.assertEqual(done.returncode, 1, done.stdout)
        for words in ("scripts/install-dependencies: ", *said):
            self.assertIn(words, done.stderr)

    NOTHING_THERE = {"dpkg_query": "exit 1", "id": "echo 0"}

    def test_lists(self) -> None:
        generator, everything, tests = (self.install("--list", *words).stdout.split() for words in (["--generator"], [], ["--test"]))
        self.assertLess(set(generator), set(everything))
        self.assertLess(set(everything), set(tests))
        self.assertEqual([name for name in generator if "torch" in name or "matplotlib" in name], [])
        self.assertEqual(len(set(tests)), len(tests))

    def test_nothing_to_do(self) -> None:
        done = self.install(apt_get="echo called >&2; exit 1", dpkg_query="printf installed")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("packages are installed", done.stdout)

    def test_no_apt(self) -> None:
        self.refused("no apt-get", "--no-packages")

    def test_no_root_and_no_sudo_or_one_that_refuses(self) -> None:
        self.refused("there is no sudo", "apt-get install build-essential", dpkg_query="exit 1", apt_get="exit 0", id="echo 1000")
        self.refused("sudo refuses", "apt-get install build-essential", dpkg_query="exit 1", apt_get="exit 0", id="echo 1000", sudo="exit 1")

    def test_a_package_that_is_not_in_the_lists(self) -> None:
        for line in ("E: Unable to locate package libtorch-dev", "E: Package 'libtorch-dev' has no installation candidate"):
            self.refused("no libtorch-dev", "Debian 12", **self.NOTHING_THERE, apt_get=f'echo "{line}"; exit 100')

    def test_too_little_disk(self) -> None:
        says = "Need to get 20.3 MB/27.3 MB of archives.\nAfter this operation, 900,119 GB of additional disk space will be used."
        self.refused("900119", "MB free", **self.NOTHING_THERE, apt_get=f'echo "{says}"')

    def test_a_package_that_does_not_install(self) -> None:
        self.refused("could not install build-essential", "--fix-broken", **self.NOTHING_THERE, apt_get='case "$*" in *" -y "*) exit 100 ;; esac')

    def test_lists_that_cannot_be_renewed_are_no_reason_to_stop(self) -> None:
        done = self.install(**self.NOTHING_THERE, apt_get='case "$*" in *update*) exit 100 ;; esac')
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("apt-get update failed", done.stderr)


CMAKE = """#!/bin/sh
echo "$*" >>{calls}
mkdir -p build/release/bin
case "$*" in
  *BUILD_MODEL=OFF*) : >build/release/build.ninja ;;
  --build*) while [ "$1" != --target ]; do shift; done; shift
            for name; do ln -sf {programs}/$name build/release/bin/$name; done ;;
  *) echo "bin/hgn-fit" >build/release/build.ninja ;;
esac
"""


class QuickStart(unittest.TestCase):
    """With a cmake that has the programs ready."""

    def setUp(self) -> None:
        self.root, fakes, programs = copied(), new_directory(), new_directory()
        self.calls = fakes / "calls"
        for name, path in {"hamgen": HAMGEN, **PROGRAMS}.items():
            if path:
                (programs / name).symlink_to(Path(path).resolve())
        written(fakes / "cmake", CMAKE.format(calls=self.calls, programs=programs))
        self.path = f"{fakes}:{os.environ['PATH']}"

    def quickstart(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return called([self.root / "scripts/quickstart", *(words or ("--no-packages", "--time", "2s"))], self.path, **more)

    def fake(self, name: str, text: str) -> None:
        written(Path(self.path.split(":")[0]) / name, f"#!/bin/sh\n{text}\n")

    @unittest.skipUnless(all(PROGRAMS.values()) and os.environ.get("HAMGEN_TEST_EVERYTHING"), "HAMGEN_TEST_EVERYTHING is not set: takes minutes")
    def test_from_nothing_and_again(self) -> None:
        done = self.quickstart()
        self.assertEqual(done.returncode, 0, done.stderr)
        for words in ("1/7", "7/7", "scp '", "Next:", "out/three_body/preview.png", "out/runs/mass_spring/rollout.png", "evaluation.html"):
            self.assertIn(words, done.stdout)
        for file in ("out/three_body/portrait.png", "out/runs/mass_spring/rollout.gif", "out/runs/mass_spring/evaluation.html"):
            self.assertTrue((self.root / file).exists(), file)
        self.assertEqual(self.calls.read_text().splitlines(),
                         ["--preset release -DHAMGEN_BUILD_MODEL=OFF", "--build --preset release --target hamgen", "--preset release",
                          "--build --preset release --target hamgen hgn-fit hgn-eval hgn-rollout"])
        result = self.root / "out/runs/mass_spring/result.json"
        before = result.stat().st_mtime_ns
        self.calls.unlink()
        opened = self.calls.with_name("opened")
        self.fake("xdg-open", f'echo "$1" >>{opened}')
        again = self.quickstart(DISPLAY=":0")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("out/three_body/portrait.png", opened.read_text())
        self.assertNotIn("scp", again.stdout)
        self.assertIn("trains again", again.stdout)
        self.assertEqual(result.stat().st_mtime_ns, before)
        self.assertNotIn("OFF", self.calls.read_text())

    def test_what_fails_is_named(self) -> None:
        self.fake("cmake", "exit 1")
        done = self.quickstart()
        self.assertEqual(done.returncode, 1)
        self.assertIn('"Build hamgen" failed', done.stderr)
        self.assertIn("goes on from here", done.stderr)

    def test_too_little_disk_is_noticed_before_the_build(self) -> None:
        self.fake("df", "echo Avail; echo 12M")
        done = self.quickstart()
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "the build of hamgen, with its datasets, takes [0-9]+ MB, and the disk of .*/hamgen has 12 MB free")
        self.assertFalse(self.calls.exists())

    def test_a_time_that_is_none_is_noticed_before_anything_is_done(self) -> None:
        for words in (["--time", "long"], ["--time", "0m"], ["--time"]):
            self.assertEqual(self.quickstart(*words).returncode, 2)
        self.assertFalse(self.calls.exists())

    def test_interrupted(self) -> None:
        self.fake("cmake", f"echo here >>{self.calls}; exec sleep 60")
        child = subprocess.Popen([self.root / "scripts/quickstart", "--no-packages"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                 env={**os.environ, "PATH": self.path}, start_new_session=True)
        for _ in range(600):
            if self.calls.exists():
                break
            time.sleep(0.1)
        os.killpg(child.pid, signal.SIGINT)  # as a terminal does
        _, said = child.communicate(timeout=30)
        self.assertEqual(child.returncode, 130)
        self.assertIn("Stopped. What is finished stays", said)

    def test_the_tests_configure_as_it_does(self) -> None:
        """A flag that only one of them sets would build every object again."""
        self.fake("ctest", "exit 0")
        for words, configured in (([], "--preset release"), (["dev"], "--preset dev"),
                                  (["--warnings-as-errors"], "--preset release -DHAMGEN_WARNINGS_AS_ERRORS=ON")):
            self.fake("cmake", f'echo "$*" >>{self.calls}')
            self.calls.unlink(missing_ok=True)
            done = called([self.root / "scripts/test", "--no-packages", *words], self.path)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(self.calls.read_text().splitlines()[0], configured)


if __name__ == "__main__":
    unittest.main()
