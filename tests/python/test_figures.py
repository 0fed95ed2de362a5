"""scripts/figures.py: the figures say what the data say, and wrong input is refused in one line."""
from __future__ import annotations

import argparse
import importlib.util
import io
import json
import math
import os
import subprocess
import sys
import unittest
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import numpy as np
from support import REPOSITORY, dataset, new_directory

from hamgen import HamgenDataset

HGN_FIT, HGN_ROLLOUT = os.environ.get("HGN_FIT"), os.environ.get("HGN_ROLLOUT")
HAS_MATPLOTLIB = importlib.util.find_spec("matplotlib") is not None
needs_matplotlib = unittest.skipUnless(HAS_MATPLOTLIB, "needs matplotlib (Debian: apt-get install python3-matplotlib)")
if HAS_MATPLOTLIB:
    import matplotlib.pyplot as plt

    from hamgen import integrators
    from hamgen.figures import command, datasets, evaluations, parts, rollouts, volume


def draw(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """What the program would do, in this process: Python and matplotlib take a second to start."""
    output, errors = io.StringIO(), io.StringIO()
    with mock.patch.dict(os.environ, environment), redirect_stdout(output), redirect_stderr(errors):
        try:
            status = command.main([str(word) for word in arguments])
        except SystemExit as exit:
            status = exit.code
    return subprocess.CompletedProcess(arguments, status, output.getvalue(), errors.getvalue())


def record(title: str, seed: int | None, course: list[float] | None, **changes: object) -> dict:
    """One run of an evaluation, with the numbers that a figure reads."""
    time = [0.125 * i for i in range(8)]
    run = {"run": f"runs/{title}", "title": title, "seed": seed,
           "pixel_error": {"test": {"per_frame": {"time": time, "mse": [1e-3 * (1 + t + (seed or 0)) for t in time]}}}}
    if course is not None:
        run["energy"] = {"drift": 0.25, "spread": 0.5, "example": {"time": time, "energy": course}}
    return {**run, **changes}


def evaluation(*runs: dict, **changes: object) -> Path:
    path = new_directory() / "report.json"
    content = {"format": "hamgen-evaluation-1", "dataset": {"system": "mass_spring"},
               "yardsticks": {"noise_floor": 5e-4, "mean_image": {"mse": 5e-3}}, "runs": runs}
    path.write_text(json.dumps({**content, **changes}))
    return path


ENERGY = [3.0, 3.1, 2.9, 3.0, 3.2, 3.0, 2.8, 3.0]


def words_of(figure: plt.Figure) -> list[str]:
    legends = [axes.get_legend() for axes in figure.axes if axes.get_legend()]
    return [text.get_text() for legend in legends for text in [legend.get_title(), *legend.get_texts()]]


class FigureTest(unittest.TestCase):
    def assert_refused(self, done, status, *words):
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("figures: "), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def assert_drawn(self, *arguments, **environment):
        """A picture of a sensible size, with more than a few colours on more than a hundredth of it."""
        out = new_directory() / "figure.png"
        done = draw(*arguments, "--out", out, **environment)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, f"{out}\n", ""))
        pixels = (plt.imread(out)[..., :3] * 255).round().astype(int)
        self.assertGreater(min(pixels.shape[:2]), 400)
        self.assertGreater(len(np.unique(pixels.reshape(-1, 3), axis=0)), 50)
        self.assertGreater((pixels.min(2) < 250).mean(), 0.01)


@needs_matplotlib
class Integrators(FigureTest):
    """Figure 10. One step of Euler multiplies areas by its Jacobian, 1 - dt^2 F'(q); one of leapfrog by 1."""

    def areas(self, step, system, side=0.4, dt=0.2, steps=32):
        cell = volume.square(1, 0, side)
        return [volume.area(q, p) for q, p in integrators.trajectory(step, volume.FORCES[system], *cell, dt, steps)]

    def test_euler_grows_by_one_plus_dt_squared_a_step(self):
        for dt in (0.05, 0.2, 0.7):
            expected = 0.16 * (1 + dt**2) ** np.arange(33)
            np.testing.assert_allclose(self.areas(integrators.euler, "oscillator", dt=dt), expected, rtol=1e-12)

    def test_euler_on_the_pendulum_follows_the_jacobian_along_the_way(self):
        q = integrators.trajectory(integrators.euler, volume.FORCES["pendulum"], np.ones(1), np.zeros(1), 0.2, 32)[:-1, 0, 0]
        expected = 1e-6 * np.cumprod(1 + 0.2**2 * np.cos(q))
        np.testing.assert_allclose(self.areas(integrators.euler, "pendulum", side=1e-3)[1:], expected, rtol=1e-4)

    def test_leapfrog_keeps_every_area(self):
        for dt in (0.05, 0.2, 0.7):
            np.testing.assert_allclose(self.areas(integrators.leapfrog, "oscillator", dt=dt), 0.16, rtol=1e-12)
        np.testing.assert_allclose(self.areas(integrators.leapfrog, "pendulum"), 0.16, rtol=2e-4)  # of a polygon

    def test_orders_of_convergence(self):
        def miss(step, steps):
            motion = integrators.trajectory(step, volume.FORCES["oscillator"], np.ones(1), np.zeros(1), 1 / steps, steps)
            return np.hypot(*(motion[-1, :, 0] - [math.cos(1), -math.sin(1)]))

        for step, order in ((integrators.euler, 1), (integrators.leapfrog, 2)):
            self.assertAlmostEqual(math.log2(miss(step, 100) / miss(step, 200)), order, 1)

    def test_forces_are_slopes_of_the_potentials(self):
        q, h = np.linspace(-2, 2, 9), 1e-6
        for name, potential in volume.POTENTIALS.items():
            slope = (potential(q + h) - potential(q - h)) / (2 * h)
            np.testing.assert_allclose(volume.FORCES[name](q), -slope, atol=1e-8)

    def test_the_legend_tells_the_areas(self):
        figure = volume.figure_10(argparse.Namespace(system="oscillator", dt=0.2, steps=32))
        words = words_of(figure)
        self.assertIn("after 32 steps: area 0.1600 = 1.0000 × the first", words)
        self.assertIn(f"after 32 steps: area {0.16 * 1.04**32:.4f} = {1.04**32:.4f} × the first", words)
        plt.close(figure)

    def test_the_program_itself(self):
        out = new_directory()
        for arguments, status in ((("10", "--out", "a.svg"), 0), (("10", "--out", "a.txt"), 2)):
            done = subprocess.run([sys.executable, REPOSITORY / "scripts/figures.py", *arguments], capture_output=True,
                                  text=True, timeout=120, cwd=out)
            self.assertEqual((done.returncode, done.stdout), (status, "" if status else "a.svg\n"), done.stderr)
        self.assertEqual([path.name for path in out.iterdir()], ["a.svg"])

    def test_pictures(self):
        self.assert_drawn(10)
        self.assert_drawn(10, "--system", "pendulum", "--dt", "0.3", "--steps", "1")

    def test_equal_input_gives_equal_bytes(self):
        for name in ("a.svg", "a.pdf", "a.png"):
            out = new_directory() / name
            written = [draw(10, "--out", out).returncode or out.read_bytes() for _ in range(2)]
            self.assertEqual(*written)
            self.assertGreater(len(written[0]), 10_000)


@needs_matplotlib
class Datasets(FigureTest):
    def test_frames_are_those_of_the_dataset(self):
        root = dataset("three_body")
        figure = datasets.figure_5(argparse.Namespace(data=[root], index=4))
        sheet, data = figure.axes[0].images[0].get_array(), HamgenDataset(root)
        times = [float(tick.get_text()) for tick in figure.axes[0].get_xticklabels()]
        shown = np.searchsorted(data.time, np.array(times) - 1e-6)
        self.assertEqual((shown[0], shown[-1]), (0, len(data.time) - 1))
        for column, frame in enumerate(shown):
            np.testing.assert_array_equal(sheet[:, 34 * column : 34 * column + 32], data[4]["frames"][frame] / 255)
        plt.close(figure)

    def test_curves_go_through_the_states_and_between_them_on_level_lines(self):
        data = HamgenDataset(dataset("mass_spring"), fields=("q", "p", "dq_dt", "dp_dt", "energy"))
        item = data[0]
        q, p = (parts.curve(item[name], item[f"d{name}_dt"], data.time)[:, 0] for name in "qp")
        np.testing.assert_array_equal(q[::8], item["q"][:, 0])
        np.testing.assert_allclose(q**2 + p**2, item["energy"][0], rtol=1e-3)  # k = 2, m = 1/2

    def test_pictures_of_every_kind_of_system(self):
        self.assert_drawn(5, "--data", dataset("mass_spring"), dataset("three_body"), dataset("n_body"))
        self.assert_drawn(5, "--data", dataset("pendulum"), "--index", 24)

    def test_columns_are_evenly_spaced_where_they_can_be(self):
        self.assertEqual(list(parts.evenly(31)), list(range(0, 31, 3)))
        self.assertEqual(list(parts.evenly(8, 11)), list(range(8)))
        self.assertEqual(list(parts.evenly(1)), [0])
        for frames in range(1, 60):
            shown = parts.evenly(frames, 8)
            self.assertEqual((shown[0], shown[-1], len(set(shown))), (0, frames - 1, len(shown)))
            self.assertGreaterEqual(len(shown), min(frames, 5))


@needs_matplotlib
class Evaluations(FigureTest):
    def test_the_legend_tells_mean_and_variance_of_the_rollout(self):
        path = evaluation(record("HGN", 0, ENERGY), record("latent ODE", 0, None))
        figure = evaluations.figure_6(argparse.Namespace(evaluations=[path]))
        words = words_of(figure)
        self.assertIn("E = μ ± σ² × 10⁴", words)
        self.assertIn(f"{np.mean(ENERGY):.3f} ± {1e4 * np.var(ENERGY):.0f}", words)
        self.assertIn("0.25 (0.50)", words)
        self.assertIn("latent ODE", words)
        errors, energy, drift = (figure.axes[i] for i in (1, 2, 4))
        np.testing.assert_allclose(errors.lines[0].get_ydata(), [10 * (1 + 0.125 * i) for i in range(8)])
        np.testing.assert_allclose(energy.lines[0].get_ydata(), ENERGY)
        self.assertEqual((len(errors.lines), len(energy.lines), len(drift.lines)), (4, 1, 1))  # two yardsticks
        np.testing.assert_allclose(drift.lines[0].get_ydata(), [np.nan, 0.2, 0.2, np.nan, 0.4, np.nan, 0.4, np.nan])
        plt.close(figure)

    def test_looks_are_the_same_in_every_column(self):
        paths = [evaluation(record("HGN", 0, ENERGY), record("HGN", 1, ENERGY), record("HNN", 0, ENERGY)),
                 evaluation(record("HNN", 0, ENERGY), record("HGN", 1, ENERGY))]
        one, other = parts.looks_of([parts.read_evaluation(path) for path in paths])
        self.assertEqual([look.label for look in one], ["HGN, seed 0", "HGN, seed 1", "HNN"])
        self.assertEqual(other, [one[2], one[1]])
        self.assertEqual((one[0].color, one[0].dash == one[1].dash), (one[1].color, False))
        self.assertEqual(len(set(parts.COLORS)), 8)
        self.assert_drawn(6, *paths)

    def test_whatever_is_missing_or_null(self):
        nulls = {"drift": None, "spread": None, "example": {"time": [0, 1], "energy": [None, 2.0]}}
        gaps = {"test": {"per_frame": {"time": [0, 1], "mse": [None, 0.1]}}}
        path = evaluation(record("complete", 0, ENERGY), record("no spread", 0, ENERGY, energy=nulls),
                          record("collapsed", 0, [0.0] * 8), record("odd", 0, None, energy={"example": {"time": [0]}}),
                          record("$\\nonsense$", 0, None), record("of states", 0, None, pixel_error=None), {}, None,
                          record("gaps", None, None, pixel_error=gaps), yardsticks=None, dataset={})
        self.assert_drawn(6, path)
        self.assert_drawn(6, evaluation(record("latent ODE", 0, None)))

    def test_what_is_no_evaluation(self):
        out = new_directory()
        self.assert_refused(draw(6, out / "no.json", "--out", "a.png"), 1, "no.json: No such file")
        for content in ("", "[]", "{}", "null", '{"format": "hamgen-evaluation-1"}', "[" * 100_000, "\x00"):
            (out / "bad.json").write_text(content)
            self.assert_refused(draw(6, out / "bad.json", "--out", "a.png"), 1, "bad.json")
        states = evaluation(record("HNN", 0, None, pixel_error=None))
        self.assert_refused(draw(6, states, "--out", "a.png"), 1, str(states), "models of states")


@needs_matplotlib
class Usage(FigureTest):
    def test_values_that_are_not_allowed(self):
        for arguments, words in (((), ("FIGURE",)), ((4, "--out", "a.png"), ("'4'", "5", "10")), ((10,), ("--out",)),
                                 ((10, "--out", "a.jpg"), ("'a.jpg'", ".png, .pdf or .svg")),
                                 ((5, "--out", "a.png"), ("--data",)), ((6, "--out", "a.png"), ("EVALUATION",)),
                                 ((10, "--out", "a.png", "--dt", "nan"), ("--dt", "< 2")),
                                 ((10, "--out", "a.png", "--dt", "2"), ("--dt", "< 2")),
                                 ((10, "--out", "a.png", "--steps", "0"), ("--steps", "1 to 200")),
                                 ((8, "runs/hgn", "--out", "a.png", "--samples", "x"), ("--samples", "'x'"))):
            with self.subTest(arguments):
                self.assert_refused(draw(*arguments), 2, *words)
        root = dataset("pendulum")
        self.assert_refused(draw(5, "--data", root, "--index", 25, "--out", "a.png"), 2, "--index = 25", "0 to 24")

    def test_what_is_not_there(self):
        self.assert_refused(draw(5, "--data", "/nowhere", "--out", "a.png"), 1, "/nowhere")
        self.assert_refused(draw(10, "--out", "/nowhere/a.png"), 1, "there is no directory /nowhere")
        rollout = (8, "runs/hgn", "--out", "a.png")
        self.assert_refused(draw(*rollout, HGN_ROLLOUT="/nowhere/hgn-rollout"), 1, "HGN_ROLLOUT=/nowhere/hgn-rollout")
        self.assert_refused(draw(*rollout, HGN_ROLLOUT="/bin/true"), 1, "/bin/true did not show runs/hgn")
        self.assert_refused(draw(*rollout, HGN_ROLLOUT="/bin/false"), 1, "status 1")


@needs_matplotlib
@unittest.skipUnless(HGN_FIT and HGN_ROLLOUT, "HGN_FIT and HGN_ROLLOUT are not set: needs hgn-fit and hgn-rollout")
class RollOuts(FigureTest):
    @classmethod
    def setUpClass(cls):
        from test_hgn_fit import dataset, fit, train
        cls.train = staticmethod(train)
        cls.data, cls.hgn, cls.states = dataset(), new_directory() / "hgn", new_directory() / "hnn"
        others = ("--data", cls.data, "--model", "hnn", "--steps", 5, "--threads", 1, "--quiet", "--out", cls.states)
        for done in (train(cls.hgn), fit(*others)):
            assert done.returncode == 0, done.stderr

    def test_rows_of_figure_7(self):
        arguments = argparse.Namespace(runs=[self.hgn, self.hgn], data=self.data, index=2, device="cpu")
        figure = rollouts.figure_7(arguments)
        for axes, split in zip(figure.axes, ("train", "test")):
            item = HamgenDataset(self.data, split, ("frames", "frames_clean")[: 1 + (split == "test")])[2]
            sheet = np.asarray(axes.images[0].get_array())
            row = [sheet[17 * i : 17 * i + 16] for i in range(7)]
            self.assertEqual(sheet.shape, (7 * 17 - 1, 8 * 17 - 1, 3))
            for column in range(8):
                frame = slice(17 * column, 17 * column + 16)
                np.testing.assert_allclose(row[0][:, frame], item["frames"][column] / 255, atol=1e-6)
                if split == "test":
                    np.testing.assert_allclose(row[1][:, frame], item["frames_clean"][column] / 255, atol=1e-6)
            np.testing.assert_array_equal(row[2], row[6], "the second run is the same one, shown forward")
            for i in range(3, 6):
                np.testing.assert_array_equal(row[i][:, :16], row[2][:, :16], "all begin with the same state")
                self.assertTrue((row[i] != row[2]).any())
            np.testing.assert_allclose(row[4][:, 17:33], row[2][:, 34:50], atol=0.02, err_msg="frame 1 is frame 2")
        labels = [tick.get_text() for tick in figure.axes[0].get_yticklabels()]
        self.assertEqual(labels, ["data", "ground truth", "hgn leapfrog:\nforward", "backward", "double speed",
                                  "half speed", "hgn leapfrog:\nforward"])
        plt.close(figure)

    def test_pictures(self):
        self.assert_drawn(7, self.hgn, self.hgn, "--data", self.data, "--index", 1)
        self.assert_drawn(8, self.hgn, self.hgn, self.hgn, "--samples", 2, "--seed", 3)
        self.assert_drawn(8, self.hgn, "--data", self.data)
        self.assert_drawn("rollouts", self.hgn, self.hgn, "--data", self.data, self.data, "--index", 1)

    def test_what_hgn_rollout_refuses(self):
        seven = (7, self.hgn, "--data", self.data, "--out", "a.png")
        self.assert_refused(draw(*seven, "--index", 4), 2, "the test split has trajectories 0 to 3")
        self.assert_refused(draw(7, self.hgn, "--data", "/nowhere", "--out", "a.png"), 1, "/nowhere")
        two = ("rollouts", self.hgn, self.hgn, "--data", self.data, "--out", "a.png")
        self.assert_refused(draw(*two), 2, "2 runs and 1 datasets")
        small = new_directory() / "small"
        self.assertEqual(self.train(small, "--image-size", 8, "--max-steps", 1).returncode, 0)
        self.assert_refused(draw(*seven[:2], small, *seven[2:]), 1, f"8 pixels in {small}, 16 in {self.hgn}")
        self.assert_refused(draw(8, self.states, "--out", "a.png"), 2, "sees no frames")
        self.assert_refused(draw(8, "/nowhere", "--out", "a.png"), 1, "/nowhere is not a run")


if __name__ == "__main__":
    unittest.main()
