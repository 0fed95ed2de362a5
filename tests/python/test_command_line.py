"""What hamgen refuses and how, what it leaves behind, and what its other commands print."""
from __future__ import annotations

import json
import os
import subprocess
import unittest
from unittest.mock import ANY

import support
from support import dataset, digests, new_directory, run

SMALL = ("--system", "mass_spring", "--n", 4, "--n-test", 2, "--image-size", 16)


class RefusalTest(unittest.TestCase):
    def assert_refused(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Ahamgen: [^\n]+\n\Z")
        for word in words:
            self.assertIn(word, done.stderr)

    def assert_usage(self, arguments, *words):
        with self.subTest(" ".join(map(str, arguments))):
            out = new_directory() / "data"
            self.assert_refused(run(*arguments, "--out", out), 2, *words)
            self.assertFalse(out.exists())

    def test_unknown_names(self):
        self.assert_usage(("--system", "three_bdy"), '"three_bdy"', "mass_spring, pendulum, two_body, three_body, n_body")
        self.assert_usage((*SMALL, "--bogus"), "bogus")
        self.assert_usage((*SMALL, "-x"), "x")
        self.assert_usage((*SMALL, "--set", "steeps=3"), '"steeps"', 'did you mean "steps"')
        self.assert_usage((*SMALL, "--set", "noise.sdt=3"), '"noise.sdt"', 'did you mean "noise.std"')
        self.assert_usage((*SMALL, "--set", "physics.masses=[1,1]"), '"physics.masses"', 'did you mean "physics.mass"')
        self.assert_usage((*SMALL, "--set", "nosie.std=1"), '"nosie.std"', 'did you mean "noise.std"')
        self.assert_usage((*SMALL, "--set", "noise=3"), '"noise" is a section')
        self.assert_usage((*SMALL, "--split", "test"), "--split")
        self.assert_usage(("systems", "--n", "5"), "does not apply")
        self.assert_usage(("frobnicate",), '"frobnicate"', "systems, presets, info, preview, verify, repair, finish, reference")
        self.assert_refused(run("reference", "page"), 2, '"page"', "config, shard, schema")
        self.assert_usage(("systems", "more"), '"more"')
        self.assert_usage(("--n", 5), "--system")
        self.assert_usage(("--preset", "dm_pendulm"), "dm_pendulum_colors", 'did you mean "dm_pendulum"?')
        self.assert_usage(("--preset", "three_body"), "three_body is a system", "hamgen --system three_body")
        self.assert_usage(("--preset", "planet"), 'unknown preset "planet"')

    def test_what_is_for_previews_alone(self):
        for flag in ("--clean", "--observed", "--scale=2", "--fps=5"):
            self.assert_usage((*SMALL, flag), flag.split("=")[0], "hamgen preview")

    def test_wrong_types(self):
        for flag, value, field in (("--n", "abc", "n"), ("--n", "2.5", "n"), ("--n", "", "n"),
                                   ("--n-test", "true", "n_test"), ("--seed", "1.5", "seed"), ("--steps", "[3]", "steps"), ("--dt", "fast", "dt"),
                                   ("--noise-std", "nan", "noise.std"), ("--shard-size", "many", "shard_size"),
                                   ("--image-size", "64x64", "image.size")):
            self.assert_usage((*SMALL, flag, value), f"{field} = ", "is not allowed: expected")
        for assignment in ("physics.mass=heavy", 'start.radius="wide"', "look.background=grey", "look.colors=[1]",
                           "integrator.method=euler", "start.distribution=3", 'look.colors=[]'):
            self.assert_usage((*SMALL, "--set", assignment), f"{assignment.split('=')[0]} = ", "is not allowed: expected")

    def test_out_of_range(self):
        for flag, value, field in (("--n", 0, "n"), ("--n", -5, "n"), ("--n", 10**10, "n"), ("--n-test", -1, "n_test"),
                                   ("--seed", -1, "seed"), ("--steps", 0, "steps"), ("--dt", 0, "dt"), ("--dt", "-1", "dt"),
                                   ("--noise-std", -1, "noise.std"), ("--shard-size", 0, "shard_size"),
                                   ("--image-size", 60, "image.size"), ("--image-size", 0, "image.size"),
                                   ("--image-size", 4096, "image.size"), ("--threads", 0, "--threads"),
                                   ("--threads", -2, "--threads"), ("--threads", "two", "--threads")):
            self.assert_usage((*SMALL, flag, value), f"{field} = ", "is not allowed: expected")
        self.assert_usage((*SMALL, "--set", "start.radius=[2,1]"), "start.radius = [2, 1]", "low <= high")
        self.assert_usage((*SMALL, "--set", "physics.mass=0"), "physics.mass = 0", "> 0")

    def test_malformed_assignments_and_missing_values(self):
        self.assert_usage((*SMALL, "--set", "noise.std"), "noise.std", "path=value")
        self.assert_usage((*SMALL, "--set", "=3"), "path=value")
        self.assert_usage((*SMALL, "--set", "n.x=3"), "n.x")
        for flag in ("--set", "--system", "--n", "--out"):
            with self.subTest(flag):
                self.assert_refused(run(*SMALL, flag), 2, flag.strip("-"))

    def test_configuration_files(self):
        path = new_directory() / "config.json"
        for text, words in (("{", ("config.json", "not valid JSON", "line 1, column 2")), ('{"n": 5,\n "n": 6}', ('"n" is there twice',)),
                            ('{"system": "pendulum",\n "noise": {"std": 1,\n "std": 2}}', ("config.json", '"noise.std" is there twice')),
                            ("system: pendulum\nn: 4\n", ("config.json", "YAML", "JSON")), ("", ("config.json", "empty")),
                            ("[]", ("object",)), ("{}", ("--system",)),
                            ('{"system": "three_bdy"}', ('"three_bdy"', "three_body")), ('{"system": 3}', ("system = 3",)),
                            ('{"system": "pendulum", "steeps": 3}', ('"steeps"', 'did you mean "steps"')),
                            ('{"system": "pendulum", "noise": {"sdt": 3}}', ('"noise.sdt"', 'did you mean "noise.std"')),
                            ('{"system": "pendulum", "n": "3"}', ('n = "3"', "an integer")),
                            ('{"system": "pendulum", "noise": {"std": -3}}', ("noise.std = -3", ">= 0")),
                            ('{"system": "pendulum", "noise": {"std": null}}', ("noise.std = null",))):
            path.write_text(text)
            self.assert_usage(("--config", path), *words)
        self.assert_usage(("--config", path.parent / "none.json"), "none.json")
        self.assert_usage(("--config", path.parent), str(path.parent))

    def test_configurations_from_pipes(self):
        text = json.dumps({"system": "pendulum", "n": 7})
        for name in ("-", "/dev/stdin", "/proc/self/fd/0"):
            with self.subTest(name):
                done = subprocess.run([support.HAMGEN, "--config", name, "--print-config"], input=text, capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr, json.loads(done.stdout or "{}").get("n")), (0, "", 7))
                done = subprocess.run([support.HAMGEN, "--config", name], input="{", capture_output=True, text=True)
                self.assert_refused(done, 2, "line 1, column 2")

    def test_seeds_reach_as_far_as_the_schema_says(self):
        most = 2**63 - 1
        schema = json.loads(run("reference", "schema").stdout)["oneOf"]
        for system in schema:
            self.assertEqual(system["properties"]["seed"]["maximum"], most)
        self.assertEqual(json.loads(run(*SMALL, "--seed", most, "--print-config").stdout)["seed"], most)
        for seed in (most + 1, 2**64 - 1, 2**64):
            self.assert_usage((*SMALL, "--seed", seed), "seed = ", f"an integer >= 0 and <= {most}")

    def test_numbers_without_an_end(self):
        self.assert_usage((*SMALL, "--dt", "1e308"), "dt = 1e+308")
        self.assert_usage((*SMALL, "--set", "view.half_width=1e308"), "view.half_width = 1e+308")
        done = run(*SMALL, "--n", 20, "--noise-std", "1e308", "--out", new_directory() / "data", "--quiet")
        self.assert_refused(done, 1, "noise.std = 1e+308 is too large")

    def test_output_that_cannot_be(self):
        file = new_directory() / "file"
        file.write_text("mine")
        for out, words in ((file, ("is a file",)), (file / "below", ("file/below",)), ("/proc/nope", ("/proc/nope",))):
            with self.subTest(str(out)):
                self.assert_refused(run(*SMALL, "--out", out, "--quiet"), 1, *words)
        self.assertEqual(file.read_text(), "mine")

    def test_nothing_is_overwritten_without_force(self):
        out = support.generate(new_directory() / "data", *SMALL)
        before = digests(out)
        self.assert_refused(run(*SMALL, "--seed", 1, "--out", out, "--quiet"), 1, str(out), "seed: 0 there, 1 here", "--force")
        self.assertEqual(digests(out), before)
        (mine := new_directory() / "notes.txt").write_text("mine")
        self.assert_refused(run(*SMALL, "--out", mine.parent, "--quiet"), 1, "not empty", "--force")
        self.assertEqual(os.listdir(mine.parent), ["notes.txt"])

    def test_full_directory(self):
        place = new_directory()
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", place], capture_output=True).returncode != 0:
            self.skipTest("cannot mount a small file system here (not root?)")
        self.addCleanup(subprocess.run, ["umount", place], check=True)
        out = place / "data"
        done = run("--system", "three_body", "--n", 100, "--n-test", 0, "--shard-size", 5, "--out", out, "--quiet")
        self.assert_refused(done, 1, "shard-", "No space left")
        self.assertFalse((out / "manifest.json").exists())
        self.assertEqual(list(out.rglob(".*")), [])
        self.assert_refused(run("info", out), 1, "not a finished dataset")


class GenerateTest(unittest.TestCase):
    def test_force_replaces_and_spares_the_files_of_others(self):
        out = support.generate(new_directory() / "data", "--system", "pendulum", "--n", 30, "--shard-size", 10)
        for name in ("notes.txt", "train/mine.txt", "more/shard-00000.h5"):
            (out / name).parent.mkdir(exist_ok=True)
            (out / name).write_text("mine")
        support.generate(out, *SMALL, "--force")
        found = digests(out)
        for name in ("notes.txt", "train/mine.txt", "more/shard-00000.h5"):
            self.assertEqual((out / name).read_text(), "mine")
            del found[name]
        self.assertEqual(found, digests(support.generate(new_directory() / "data", *SMALL)))

    def test_out_defaults_to_the_system(self):
        here = new_directory()
        self.assertEqual(run(*SMALL, "--quiet", cwd=here).returncode, 0)
        self.assertTrue((here / "mass_spring" / "manifest.json").is_file())

    def test_an_empty_directory_will_do(self):
        support.generate(new_directory(), *SMALL)

    def test_test_split_defaults_to_a_fifth(self):
        root = support.generate(new_directory() / "data", "--system", "mass_spring", "--n", 12, "--image-size", 16)
        self.assertEqual(support.manifest(root)["splits"]["test"]["trajectories"], 2)

    def test_dry_run_writes_nothing(self):
        here = new_directory()
        done = run("--system", "three_body", "--n", 50000, "--dry-run", cwd=here)
        self.assertEqual((done.returncode, done.stderr, list(here.iterdir())), (0, "", []))
        self.assertIn("50000", done.stdout)
        plan = json.loads(run("--system", "three_body", "--n", 100, "--dry-run", "--json", cwd=here).stdout)
        self.assertEqual((plan["train"], plan["test"]), (100, 20))
        root = support.generate(here / "data", "--system", "three_body", "--n", 100)
        written = sum(path.stat().st_size for path in root.rglob("*.h5"))
        self.assertLess(abs(plan["bytes"] / written - 1), 0.1)
        self.assertGreater(plan["seconds"], 0)

    def test_print_config_round_trips(self):
        for system in support.SYSTEMS:
            with self.subTest(system):
                here = new_directory()
                first = run("--system", system, "--n", 7, "--set", "look.sharpness=33.25", "--print-config", cwd=here)
                self.assertEqual((first.returncode, first.stderr), (0, ""))
                (here / "config.json").write_text(first.stdout)
                again = run("--config", "config.json", "--print-config", cwd=here)
                self.assertEqual(again.stdout, first.stdout)
                self.assertEqual(json.loads(first.stdout)["look"]["sharpness"], 33.25)
                self.assertEqual(sorted(os.listdir(here)), ["config.json"])

    def test_quiet_and_json(self):
        out = new_directory() / "data"
        done = run(*SMALL, "--out", out, "--quiet", "--json")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        printed = json.loads(done.stdout)
        self.assertEqual(printed.pop("problems"), [])
        self.assertEqual({**printed, "checksum": ANY}, support.manifest(out))
        loud = run(*SMALL, "--out", new_directory() / "data")
        self.assertNotEqual(loud.stderr, "")
        self.assertNotIn("\r", loud.stderr)  # no bar where nobody looks


class InfoTest(unittest.TestCase):
    def test_systems(self):
        listed = json.loads(run("systems", "--json").stdout)
        names = [system["name"] for system in listed]
        self.assertEqual(names[:len(support.SYSTEMS)], list(support.SYSTEMS))
        self.assertEqual(len(names), len(set(names)))
        self.assertLessEqual({"double_pendulum", "lennard_jones", "planets", "custom"}, set(names))
        text = run("systems").stdout
        for system in listed:
            self.assertIn(system["name"], text)
            self.assertIn(system["hamiltonian"], text)
            self.assertIn(system["conserved"], text)

    def test_presets(self):
        listed = json.loads(run("presets", "--json").stdout)
        text = run("presets").stdout
        for preset in listed:
            self.assertIn(f"{preset['name']} ", text)
            printed = json.loads(run("--preset", preset["name"], "--n", 7, "--print-config").stdout)
            self.assertEqual((printed["system"], printed["n"]), (preset["config"]["system"], 7))
            self.assertEqual((printed["steps"] + 1, printed["image"]["size"], printed["noise"]["std"]),
                             (preset["frames"], preset["image_size"], preset["noise_std"]))
            row = next(line for line in text.splitlines() if line.startswith(f"{preset['name']} "))
            self.assertRegex(row, rf" {preset['frames']} +{preset['image_size']}x{preset['image_size']} +0 ")
        self.assertIn("dm_pendulum_colors_friction", text)
        differs = next(preset["differs"] for preset in listed if preset["name"] == "dm_pendulum")
        for word in ("dt=0.05", "physics.potential_factor=1", 'start.distribution="annulus"'):
            self.assertIn(word, differs)
            self.assertIn(word, text)
        self.assertNotIn("physics.mass", differs)  # as the system has it

    def test_presets_are_no_systems_and_write_where_their_name_says(self):
        systems = {system["name"] for system in json.loads(run("systems", "--json").stdout)}
        self.assertFalse({preset["name"] for preset in json.loads(run("presets", "--json").stdout)} & systems)
        small = ("--n", 2, "--n-test", 0, "--n-validation", 0, "--steps", 1, "--image-size", 8)
        for name, words in (("dm_pendulum", ()), ("pendulum", ("preset pendulum is called dm_pendulum now",))):
            with self.subTest(name):
                here = new_directory()
                done = run("--preset", name, *small, cwd=here)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual([path.name for path in here.iterdir()], ["dm_pendulum"])
                self.assertEqual("is called" in done.stderr, bool(words))
                for word in words:
                    self.assertIn(word, done.stderr)
                self.assertEqual(support.manifest(here / "dm_pendulum")["config"]["view"]["margin"], 0)  # as it always was
        self.assertEqual(run("--preset", "pendulum", "--print-config").stdout, run("--preset", "dm_pendulum", "--print-config").stdout)

    def test_info(self):
        root = dataset("three_body", 64)
        printed = json.loads(run("info", root, "--json").stdout)
        self.assertEqual(printed.pop("problems"), [])
        self.assertEqual({**printed, "checksum": ANY}, support.manifest(root))
        self.assertIn("three_body", run("info", root).stdout)
        self.assertEqual(run("info", new_directory() / "none").returncode, 1)

    def test_info_names_what_is_damaged(self):
        root = support.generate(new_directory() / "data", *SMALL, "--shard-size", 2)
        shard = root / "train" / "shard-00001.h5"
        os.truncate(shard, shard.stat().st_size - 1)
        for damage in (lambda: None, shard.unlink):
            damage()
            done, listed = run("info", root), run("info", root, "--json")
            self.assertEqual((done.returncode, listed.returncode), (1, 1))
            self.assertIn("train/shard-00001.h5", done.stdout)
            self.assertEqual(len(json.loads(listed.stdout)["problems"]), 1)
            self.assertIn("train/shard-00001.h5", json.loads(listed.stdout)["problems"][0])

    def test_help_and_version(self):
        for arguments, words in ((("--help",), ("--n-test", "--seed", "--force", "three_body")), ((), ("--system",)),
                                 (("--version",), ("hamgen 0",))):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for word in words:
                self.assertIn(word, done.stdout)

    def test_reference_pages_are_up_to_date(self):
        for page, file in (("config", "docs/configuration.md"), ("schema", "schemas/config.schema.json"),
                           ("shard", "schemas/shard.md")):
            with self.subTest(file):
                printed, path = run("reference", page).stdout, support.REPOSITORY / file
                self.assertGreater(len(printed), 1000)
                if not path.exists():
                    self.skipTest(f"{file} does not exist")
                text = path.read_text(encoding="utf-8")
                if page == "shard":
                    self.assertIn(printed.strip(), text)
                else:
                    self.assertEqual(printed, text)


if __name__ == "__main__":
    unittest.main()
