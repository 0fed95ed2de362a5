"""scripts/experiments/table1 as a user meets it: a whole plan, interruptions, failures, and what it refuses. Needs nothing but Python."""
from __future__ import annotations

import copy
import fcntl
import functools
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
TABLE1 = REPOSITORY / "scripts/experiments/table1"
sys.path.insert(0, str(REPOSITORY / "python"))
from hamgen.experiments.table1_plan import PlanError, PlannedDataset, datasets_of, read_plan, runs_of  # noqa: E402
from hamgen.experiments.table1_report import PAPER, tables_of  # noqa: E402

MISSING = [name for name in ("HAMGEN", "HGN_FIT", "HGN_EVAL") if not os.environ.get(name)]

TINY = {"device": "cpu", "precision": "fp32", "latent": {"q_channels": 2, "z_channels": 4}, "encoder.filters": [8, 8],
        "transform.filters": [8], "hamiltonian.filters": [16], "decoder.filters": [8, 8], "data.validation": 4,
        "train": {"batch": 4, "steps": 80, "log_every": 10, "validate_every": 40, "checkpoint_every": 25}}
PLAN = {
    "datasets": {"springs": {"system": "mass_spring", "n": 24, "n_test": 4, "steps": 7, "image": {"size": 16}}},
    "models": {"leapfrog, tiny": {"settings": TINY, "seeds": [0, 1]},
               "determ": {"model": "hgn", "preset": "small", "settings": {**TINY, "latent.deterministic": True}}},
    "max_time": "10m", "threads": 1, "evaluation": {"trajectories": 4, "forward": 8, "backward": 2}}
RUNS = ("leapfrog_tiny-0", "determ-0", "leapfrog_tiny-1")  # in the order of training


@functools.lru_cache(maxsize=None)
def scratch() -> Path:
    return Path(tempfile.mkdtemp(prefix="table1-test-"))


def new_directory() -> Path:
    return Path(tempfile.mkdtemp(dir=scratch()))


def tearDownModule() -> None:
    shutil.rmtree(scratch(), ignore_errors=True)


def written(plan: object) -> Path:
    file = new_directory() / "plan.json"
    file.write_text(plan if isinstance(plan, str) else json.dumps(plan))
    return file


def command(plan: object, out: Path, *arguments: str) -> list[str]:
    return [sys.executable, str(TABLE1), str(plan if isinstance(plan, Path) else written(plan)), "--out", str(out), *arguments]


@functools.lru_cache(maxsize=None)
def environment() -> dict[str, str]:
    """hgn-fit, but that it remembers what --print-config has printed: most of the time here would go into loading LibTorch."""
    wrapper = scratch() / "hgn-fit"
    wrapper.write_text(f"""#!/bin/sh
case "$*" in *--print-config)
  known={scratch()}/$(printf %s "$*" | md5sum | cut -c 1-32).json
  [ -e $known ] || {{ "$REAL_HGN_FIT" "$@" >$known.new && mv $known.new $known; }} && exec cat $known
  exit 2
esac
exec "$REAL_HGN_FIT" "$@"
""")
    wrapper.chmod(0o755)
    return {**os.environ, "HGN_FIT": str(wrapper), "REAL_HGN_FIT": str(Path(os.environ["HGN_FIT"]).resolve())}


def table1(plan: object, out: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(plan, out, *arguments), capture_output=True, text=True, timeout=300, env=environment())


def changed(path: str, value: object) -> dict:
    """The plan with one value changed; ... removes it."""
    plan = copy.deepcopy(PLAN)
    *above, last = path.split("/")
    place = functools.reduce(lambda inner, key: inner[key], above, plan)
    if value is ...:
        del place[last]
    else:
        place[last] = value
    return plan


def digests(root: Path) -> dict[str, str]:
    return {str(file.relative_to(root)): hashlib.sha256(file.read_bytes()).hexdigest()
            for file in root.rglob("*") if file.is_file()}


@functools.lru_cache(maxsize=None)
def whole() -> tuple[Path, subprocess.CompletedProcess[str]]:
    """A plan that nothing happened to. Never changed by a test."""
    out = new_directory() / "table1"
    return out, table1(PLAN, out)


@unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}")
class APlan(unittest.TestCase):
    def test_it_ends_well_and_leaves_what_it_promises(self):
        out, done = whole()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stdout, (out / "table1.txt").read_text())
        for name in ("data/springs/manifest.json", "springs.json", "springs.html", "table1.md", "table1.json",
                     *(f"runs/springs/{run}/result.json" for run in RUNS)):
            self.assertTrue((out / name).is_file(), name)
        config = json.loads((out / "runs/springs/leapfrog_tiny-1/config.json").read_text())
        self.assertEqual((config["seed"], config["threads"], config["latent"]["z_channels"]), (1, 1, 4))
        for number, run in enumerate(("leapfrog, tiny/0", "determ/0", "leapfrog, tiny/1"), 1):
            self.assertIn(f"run {number} of 3, springs/{run}: begins, at most 10 min", done.stderr)

    def test_the_table_holds_the_papers_numbers_and_ours(self):
        out, _ = whole()
        evaluation = json.loads((out / "springs.json").read_text())
        errors = {Path(run["run"]).name: run["pixel_error"] for run in evaluation["runs"]}
        rows = {row["row"]: row for row in json.loads((out / "table1.json").read_text())["datasets"][0]["rows"]}
        self.assertEqual(list(rows), ["HNN", "HNN (conv)", "HGN (Euler)", "HGN (determ)", "HGN (no f_psi)", "HGN (leapfrog)"])
        test = errors["determ-0"]["test"]["mse"]
        self.assertAlmostEqual(rows["HGN (determ)"]["test"]["mean"], 1e4 * test["mean"])
        self.assertAlmostEqual(rows["HGN (determ)"]["test"]["half_width"], 1e4 * test["ci95"])
        mean_image = evaluation["yardsticks"]["mean_image"]["mse"]
        self.assertAlmostEqual(rows["HGN (determ)"]["of_mean_image"], test["mean"] / mean_image)
        one, two = (1e4 * errors[f"leapfrog_tiny-{seed}"]["train"]["mse"]["mean"] for seed in (0, 1))
        self.assertAlmostEqual(rows["HGN (leapfrog)"]["train"]["mean"], (one + two) / 2)
        self.assertAlmostEqual(rows["HGN (leapfrog)"]["train"]["half_width"], 12.7062 * abs(one - two) / 2, 2)
        self.assertEqual(rows["HGN (leapfrog)"]["paper"]["test"], {"mean": 6.23, "plus_minus": 2.03})
        lines = {line[2:18].strip(): line for line in (out / "table1.txt").read_text().splitlines()[1:10]}
        for row, words in {
                "HNN": ("not in the plan", "50.38 +- 1.75  104.37 +- 52.51"),
                "HNN (conv)": ("18.97 +- 0.77  119.09 +- 69.17",),
                "HGN (determ)": (f"{1e4 * test['mean']:.2f} +- ", "4 trajectories", " 80 ", "0.23 +- 0.23     3.07 +- 1.06"),
                "HGN (leapfrog)": (f"{(one + two) / 2:.2f} +- ", "2 seeds", "3.84 +- 1.07     6.23 +- 2.03"),
                "noise floor": (f"{1e4 * evaluation['yardsticks']['noise_floor']:.2f}",),
                "mean image": (f"{1e4 * mean_image:.2f}", "100.0")}.items():
            for word in words:
                self.assertIn(word, lines[row])
        self.assertIn("| HGN (no f_psi) | - | - | - | - | - | - | - | not in the plan | - | - | 4.95 ± 1.71 | 7.04 ± 2.55 |",
                      (out / "table1.md").read_text())

    def test_the_same_command_again_makes_nothing_again(self):
        out, done = whole()
        before = digests(out)
        again = table1(PLAN, out)
        self.assertEqual((again.returncode, again.stdout, again.stderr), (0, done.stdout, ""))
        self.assertEqual(digests(out), before)

    def test_killed_and_continued_it_gives_the_same_runs(self):
        out, _ = whole()
        cut = new_directory() / "table1"
        plan = written(changed("models/leapfrog, tiny/seeds", [0]))
        for run, number in zip(RUNS, (signal.SIGTERM, signal.SIGKILL)):
            process = subprocess.Popen(command(plan, cut), stderr=subprocess.PIPE, text=True, env=environment())
            log = cut / "runs/springs" / run / "log.jsonl"
            deadline = time.monotonic() + 60
            while not (log.exists() and log.read_text()) and time.monotonic() < deadline:
                time.sleep(0.005)
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
            if number == signal.SIGTERM:
                self.assertEqual(process.returncode, 75, errors)
                self.assertIn(f"interrupted; saved. Go on with:  {TABLE1} {plan} --out {cut}", errors)
                self.assertGreater(json.loads((cut / f"runs/springs/{run}.state.json").read_text())["spent"], 0)
                was_in_time = not (cut / "runs/springs" / run / "result.json").exists()
        done = table1(plan, cut)
        self.assertEqual(done.returncode, 0, done.stderr)
        row = (out / "table1.txt").read_text().splitlines()[5]
        self.assertIn("HGN (determ)", row)
        self.assertIn(row.split(), [line.split() for line in done.stdout.splitlines()])
        for run in RUNS[:2]:
            theirs, ours = (root / "runs/springs" / run for root in (out, cut))
            for name in ("model.safetensors", "checkpoints/step-000000080.safetensors"):
                self.assertEqual((ours / name).read_bytes(), (theirs / name).read_bytes(), run)
        resumed = [line for line in (cut / f"runs/springs/{RUNS[0]}.log").read_text().splitlines() if line.startswith("$ ")][1:]
        self.assertEqual(len(resumed), was_in_time)
        for line in resumed:
            self.assertIn("--resume", line)
            self.assertLess(float(line.split("--max-time ")[1].split("s")[0]), 600)

    def test_parts_of_a_plan_and_a_run_that_fails(self):
        out = new_directory() / "table1"
        shutil.copytree(whole()[0] / "data", out / "data")
        plan = changed("models/leapfrog, tiny", {"settings": {**TINY, "hamiltonian.scale": 1e38}})
        plan["models"]["determ"]["max_time"] = "0.1s"
        done = table1(plan, out, "--only", "springs/determ")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual([path.name for path in (out / "runs/springs").iterdir() if path.is_dir()], ["determ-0"])
        self.assertRegex(done.stdout, r"HGN \(determ\).* not evaluated +\d+ of 80 .*\n")
        self.assertRegex(done.stdout, r"HGN \(leapfrog\).* missing")
        self.assertRegex(table1(plan, out, "--evaluate").stdout, r"HGN \(determ\) .* 4 trajectories +\d+ of 80 ")
        done = table1(plan, out)  # the other one diverges
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("springs/leapfrog, tiny/0 failed: status 1: hgn-fit: training diverged", done.stdout)
        statuses = {row["row"]: [run["status"] for run in row["runs"]]
                    for row in json.loads((out / "table1.json").read_text())["datasets"][0]["rows"]}
        self.assertEqual((statuses["HGN (leapfrog)"], statuses["HGN (determ)"]), (["failed"], ["done"]))
        again = table1(plan, out, "--retry")
        self.assertEqual((again.returncode, again.stdout), (1, done.stdout))
        self.assertIn("run 1 of 2, springs/leapfrog, tiny/0: goes on", again.stderr)
        self.assertNotIn("determ", again.stderr)


class Refusals(unittest.TestCase):
    def test_plans_that_cannot_be(self):
        for path, value, word in (
                ("models", ..., "models is missing"),
                ("models", {}, "models = {} is not allowed"),
                ("max_time", "soon", 'max_time = "soon" is not allowed: expected a time like 90s, 45m'),
                ("max_time", "0m", 'max_time = "0m"'),
                ("seads", [0], "seads is an unknown key: did you mean seeds?"),
                ("seeds", [0, -1], "seeds[1] = -1 is not allowed: expected an integer >= 0"),
                ("seeds", [1, 1], "seeds = [1, 1] is not allowed: expected a list of seeds, each once"),
                ("threads", True, "threads = true"),
                ("evaluation/forward", 0, "evaluation.forward = 0"),
                ("datasets/springs/system", ..., "datasets.springs.system is missing"),
                ("datasets/a b", {"system": "mass_spring"}, 'datasets."a b": this name is not allowed'),
                ("models/leapfrog, tiny/max_time", 5, 'models."leapfrog, tiny".max_time = 5'),
                ("models/determ/settings/seed", 3, "models.determ.settings.seed is not allowed: the plan has a field of its own")):
            with self.subTest(path=path, value=value), self.assertRaises(PlanError) as refusal:
                read_plan(written(changed(path, value)))
            self.assertIn(f"plan.json: {word}", str(refusal.exception))
        for text, word in (("{", "cannot read"), ("[]", "the plan = [] is not allowed"),
                           ('{"models": {"a": {}, "a": {}}}', "a is there twice"),
                           ('{"datasets": {}, "models": {}, "seeds": NaN}', "datasets = {}")):
            with self.subTest(text), self.assertRaises(PlanError) as refusal:
                read_plan(written(text))
            self.assertIn(word, str(refusal.exception))

    @unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}")
    def test_what_else_cannot_be(self):
        for path, value, *parts in (
                ("seeds", {}, "plan.json: seeds = {} is not allowed"),
                ("datasets/springs/n", 0, "datasets.springs: hamgen: n = 0 is not allowed"),
                ("datasets/springs/n_test", 0, "datasets.springs.n_test = 0"),
                ("datasets/springs/system", "springs", "datasets.springs: hamgen: ", "springs"),
                ("models/leapfrog, tiny/settings", {"latent.deterministic": 1, "latent": {"deterministic": 0}}, "is there twice"),
                ("models/leapfrog, tiny", {"preset": "huge"}, 'models."leapfrog, tiny": hgn-fit: unknown preset'),
                ("models/leapfrog, tiny", {"datasets": ["sprigs"]}, 'models."leapfrog, tiny".datasets: there is no dataset "sprigs"'),
                ("models/leapfrog, tiny", {"datasets": []}, 'models."leapfrog, tiny".datasets = [] is not allowed'),
                ("models/leapfrog, tiny", {"model": "hnn"}, 'models."leapfrog, tiny".model = "hnn"', "it learns from states"),
                ("models/leapfrog  tiny", {"settings": {}}, 'models."leapfrog  tiny"', "choose another name")):
            out = new_directory() / "table1"
            with self.subTest(path=path, value=value):
                done = table1(changed(path, value), out)
                self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
                for part in parts:
                    self.assertIn(part, done.stderr)
                self.assertFalse(out.exists(), "nothing is left behind")

    @unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}")
    def test_a_model_may_be_for_some_datasets_only_and_have_threads_of_its_own(self):
        plan = read_plan(REPOSITORY / "schemas/plans/table1.json")
        runs = {run.name: run for run in runs_of(plan, Path("out"), datasets_of(plan, Path("out")))}
        self.assertEqual([name for name in runs if "chaotic" in name], ["three_body_50k/hgn chaotic/0"])
        self.assertEqual(runs["three_body_50k/hgn chaotic/0"].config["latent"]["anchor"], "late")
        self.assertEqual([runs[name].config["threads"] for name in ("three_body_50k/hgn chaotic/0", "three_body/hgn leapfrog/0")],
                         [2, 1])
        self.assertIn("three_body/hgn leapfrog/2", runs)

    @unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}")
    def test_changed_plans_and_a_second_one_at_work(self):
        out, _ = whole()
        before = digests(out)
        with open(out / ".lock", "r+b") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            second = subprocess.Popen(command(PLAN, out), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      env=environment())  # waits a little
            other = changed("models/determ/settings/train", {**TINY["train"], "steps": 90})
            other["datasets"]["springs"]["n"] = 25
            other["models"]["leapfrog, tiny"]["max_time"] = "20m"
            done = table1(other, out)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            for word in ("data/springs was begun with another configuration (n: 24 there, 25 here; n_validation: 4 there, 5 here)",
                         "runs/springs/determ-0 was begun with another configuration (train.steps: 80 there, 90 here)",
                         "runs/springs/leapfrog_tiny-1 was begun with another configuration (max_time: 600.0 there, 1200.0 here)"):
                self.assertIn(word, done.stderr)
            printed, errors = second.communicate(timeout=120)
            self.assertEqual((second.returncode, printed), (1, ""))
            self.assertIn("is at work in", errors)
        self.assertEqual(digests(out), before)


class Report(unittest.TestCase):
    def test_rows_of_the_paper_without_a_model_stand_once_for_each_system(self):
        config = {"n": 1, "n_test": 1, "steps": 30, "image": {"size": 32}}
        datasets = [PlannedDataset(name, Path(name), [], {"system": system, **config})
                    for name, system in (("a", "pendulum"), ("b", "pendulum"), ("c", "two_body"))]
        tables = tables_of(new_directory(), datasets, [])
        self.assertEqual([[row["row"] for row in table["rows"]] for table in tables], [list(PAPER), [], list(PAPER)])


class CommittedPlans(unittest.TestCase):
    @unittest.skipIf(MISSING, f"needs {', '.join(MISSING)}")
    def test_they_are_accepted(self):
        done = table1(REPOSITORY / "schemas/plans/table1_quick.json", new_directory() / "table1", "--dry-run")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("run 7 of 7, mass_spring/pixel_hnn_conv/0: to be trained, at most 5 min left of 5 min", done.stdout)
        quick, whole_table = (read_plan(REPOSITORY / f"schemas/plans/{name}.json")["models"] for name in ("table1_quick", "table1"))
        for model in (*quick.values(), *whole_table.values()):
            model.setdefault("settings", {}).pop("train", None)
            model.pop("seeds", None)
            model.pop("datasets", None)
        del whole_table["hgn chaotic"]  # of three bodies only
        self.assertEqual(quick, whole_table)


if __name__ == "__main__":
    unittest.main()
