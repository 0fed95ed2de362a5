"""stdout takes results, and one that it does not take is an error; stderr takes words, and nothing depends on them."""
from __future__ import annotations

import os
import signal
import subprocess
import unittest

import support
from support import HAMGEN, dataset, digests, new_directory

SMALL = ("--system", "mass_spring", "--n", 4, "--n-test", 2, "--image-size", 16)


def run(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, ignore_sigpipe=False, redirect=""):
    command = ["sh", "-c", f'exec "$0" "$@" {redirect}', HAMGEN, *map(str, arguments)]
    return subprocess.run(command, stdout=stdout, stderr=stderr, text=True, timeout=120, cwd=support.scratch(),
                          restore_signals=not ignore_sigpipe)  # Python itself ignores it


def dead_pipe():
    """A pipe whose reader is gone."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w")


class StderrTest(unittest.TestCase):
    """Whatever becomes of the words, the work and its status are the same."""

    def each(self, check):
        for ignored in (False, True):
            with self.subTest("full", ignored=ignored), open("/dev/full", "w") as full:
                check(stderr=full, ignore_sigpipe=ignored)
            with self.subTest("without a reader", ignored=ignored), dead_pipe() as dead:
                check(stderr=dead, ignore_sigpipe=ignored)
        with self.subTest("closed"):
            check(redirect="2>&-")
        with self.subTest("all closed but stdout"):
            check(redirect="2>&- <&-")

    def test_progress(self):
        expected = digests(support.generate(new_directory() / "data", *SMALL))

        def check(**streams):
            out = new_directory() / "data"
            done = run(*SMALL, "--out", out, **streams)
            self.assertEqual(done.returncode, 0)
            self.assertIn("mass_spring", done.stdout)
            self.assertEqual(digests(out), expected)

        self.each(check)

    def test_what_is_there_already_is_told_or_not(self):
        out = support.generate(new_directory() / "data", *SMALL)
        self.each(lambda **streams: self.assertEqual(run(*SMALL, "--out", out, **streams).returncode, 0))

    def test_refusals_keep_their_status(self):
        self.each(lambda **streams: self.assertEqual(run("--system", "mass_spring", "--n", 0, **streams).returncode, 2))
        self.each(lambda **streams: self.assertEqual(run("info", "/nowhere", **streams).returncode, 1))


class StdoutTest(unittest.TestCase):
    def assert_unwritten(self, done, *words):
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"\Ahamgen: the results could not be written to stdout: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, done.stderr)

    def test_results_that_do_not_arrive_are_an_error(self):
        root = dataset("mass_spring")
        for arguments in (("systems",), ("systems", "--json"), ("presets",), ("info", root), ("info", root, "--json"),
                          ("verify", root, "--quiet"), ("repair", root, "--quiet"), ("finish", root, "--quiet"), ("reference", "config"),
                          ("preview", root, "--out", new_directory() / "pictures"), ("--help",), ("--version",),
                          (*SMALL, "--print-config"), (*SMALL, "--dry-run"), (*SMALL, "--quiet", "--out", new_directory() / "data"),
                          (*SMALL, "--quiet", "--out", new_directory() / "data", "--worker", "0/1")):
            with self.subTest(" ".join(map(str, arguments))):
                with open("/dev/full", "w") as full:
                    self.assert_unwritten(run(*arguments, stdout=full), "No space left")
                self.assert_unwritten(run(*arguments, redirect=">&-"))

    def test_a_reader_that_is_gone(self):
        with dead_pipe() as dead:  # as other programs in a pipe: ended by the signal, without a word
            done = run("systems", stdout=dead)
            self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, ""))
            self.assert_unwritten(run("systems", stdout=dead, ignore_sigpipe=True), "Broken pipe")


if __name__ == "__main__":
    unittest.main()
