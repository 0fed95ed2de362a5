"""python/hamgen as a package: what importing it takes, files that may be copied away, and where programs are found."""
from __future__ import annotations

import os
import shutil
import subprocess
import sys
import unittest
from pathlib import Path
from unittest import mock

from support import REPOSITORY, dataset, new_directory

from hamgen import programs

PACKAGE = REPOSITORY / "python"


def python(*words: object, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, **options)


def made(path: Path) -> Path:
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


class Package(unittest.TestCase):
    def test_importing_it_takes_nothing_but_python(self) -> None:
        done = python("-c", "import sys, hamgen.programs; print({'h5py', 'numpy', 'torch'} & set(sys.modules))", cwd=PACKAGE)
        self.assertEqual((done.stdout, done.stderr), ("set()\n", ""))

    def test_what_it_exports(self) -> None:
        done = python("-c", "from hamgen import *; print(HamgenDataset.__module__, DatasetError.__module__)", cwd=PACKAGE)
        self.assertEqual((done.stdout, done.stderr), ("hamgen.dataset hamgen.dataset\n", ""))
        self.assertIn("has no attribute 'Dataset'", python("-c", "import hamgen; hamgen.Dataset", cwd=PACKAGE).stderr)

    def test_the_reader_runs_as_a_file_as_a_module_and_as_a_copy(self) -> None:
        root, copy = dataset("mass_spring"), new_directory() / "dataset.py"
        shutil.copy(PACKAGE / "hamgen/dataset.py", copy)
        expected = python(PACKAGE / "hamgen/dataset.py", root).stdout
        self.assertIn("float64", expected)
        for done in (python(copy, root), python("-m", "hamgen.dataset", root, cwd=PACKAGE)):
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, expected, ""))

    def test_scripts_find_it_through_links_from_anywhere(self) -> None:
        directory = new_directory()
        for script in ("reproduce", "experiments/table1", "benchmarks/fit_speed", "tools/gallery"):
            link = directory / Path(script).name
            link.symlink_to(REPOSITORY / "scripts" / script)
            done = python(link, "--help", cwd=directory)
            self.assertEqual((done.returncode, done.stderr), (0, ""), script)


class Programs(unittest.TestCase):
    def test_its_variable_goes_before_what_is_built_and_that_before_the_path(self) -> None:
        root = new_directory()
        built, on_path, chosen = (root / name for name in ("built", "path", "chosen"))
        for folder in (built, on_path, chosen):
            folder.mkdir()
        with mock.patch.object(programs, "BUILT", built), mock.patch.dict(os.environ, {"PATH": str(on_path), "HGN_FIT": ""}):
            self.assertEqual(programs.program("hgn-fit"), str(built / "hgn-fit"))
            self.assertEqual(programs.why_missing("hgn-fit"),
                             f"there is no {built}/hgn-fit: build hgn-fit, or set HGN_FIT to its path")
            for folder in (on_path, built):
                expected = made(folder / "hgn-fit")
                self.assertEqual((programs.program("hgn-fit"), programs.why_missing("hgn-fit")), (str(expected), None))
            os.environ["HGN_FIT"] = str(chosen / "hgn-fit")
            self.assertEqual(programs.why_missing("hgn-fit"), f"HGN_FIT={chosen}/hgn-fit is not a program")
            made(chosen / "hgn-fit")
            self.assertEqual((programs.program("hgn-fit"), programs.why_missing("hgn-fit")), (str(chosen / "hgn-fit"), None))


if __name__ == "__main__":
    unittest.main()
