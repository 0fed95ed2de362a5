"""Figure 9 of scripts/figures.py: every panel shows what hgn-eval wrote, where it belongs."""
from __future__ import annotations

import argparse
import json
import unittest
from pathlib import Path

import numpy as np
from support import new_directory
from test_figures import HAS_MATPLOTLIB, FigureTest, draw, evaluation, needs_matplotlib

if HAS_MATPLOTLIB:
    import figure_density
    import matplotlib.pyplot as plt

N, SIDE, STEPS = 31, 5, 4
WINDOW = [-3.0, 3.0, -2.0, 2.5]
MODES = np.array([[-1.6, -0.05], [1.6, 0.7]])  # on the lattice


def lattice(n: int) -> np.ndarray:
    """Points [2, n * n] over the window, x fastest."""
    return np.array([axis.ravel() for axis in np.meshgrid(np.linspace(*WINDOW[:2], n), np.linspace(*WINDOW[2:], n))])


def density(width: float) -> np.ndarray:
    return sum(np.exp(-((lattice(N) - mode[:, None]) ** 2).sum(0) / (2 * width**2)) for mode in MODES)


def flow(mean: tuple[float, float] = (0, 0), deviation: tuple[float, float] = (1, 1), **changes: object) -> dict:
    """A run whose coordinates are (x - mean) / deviation, whose points move towards (1, 1) by a quarter a step."""
    mean, deviation = (np.reshape(pair, (2, 1)) for pair in (mean, deviation))
    q, starts = ((lattice(n) - mean) / deviation for n in (N, SIDE))
    paths = [starts + ((1 - mean) / deviation - starts) * i / 4 for i in range(STEPS + 1)]
    energies = [{"potential": (i - density(0.8)).tolist(), "kinetic": (i * (q**2).sum(0)).tolist()} for i in (1, 2)]
    figure = {"window": WINDOW, "lattice": N, "bandwidth": 0.3, "density_of_points": density(0.5).tolist(),
              "density_of_samples": (2 * density(0.6)).tolist(), "hamiltonians": energies, "paths_lattice": SIDE,
              "paths": [dict(zip("xy", state.tolist())) for state in paths]}
    bounds = [{"draws": 1, "mean": -2.5}, {"draws": 10, "mean": -2.25}, {"draws": 100, "mean": -2.125}]
    about = {"data": "target two_modes", "bounds": bounds, "exact_log_likelihood": {"mean": -2.0625},
             "grid": {"divergence": 0.03125}, "figure": figure}
    return {"run": "runs/two", "title": "nhf 2, normal", "model": "nhf", "integrator": "leapfrog", "density": about,
            **changes}


def with_figure(**changes: object) -> dict:
    run = flow()
    run["density"]["figure"].update(changes)
    return run


def words(figure: plt.Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


@needs_matplotlib
class Densities(FigureTest):
    def drawn(self, *runs: dict, hamiltonian: int | None = None) -> plt.Figure:
        figure = figure_density.figure_9(argparse.Namespace(evaluations=[evaluation(*runs)], hamiltonian=hamiltonian))
        self.addCleanup(plt.close, figure)
        return figure

    def test_densities_share_one_scale(self):
        figure = self.drawn(flow())
        data, samples = (axes.collections[0] for axes in figure.axes[:2])
        np.testing.assert_allclose(np.ravel(data.get_array()), density(0.5))
        np.testing.assert_allclose(np.ravel(samples.get_array()), 2 * density(0.6))
        self.assertEqual(data.get_clim(), samples.get_clim())
        corner, next_in_x = data.get_coordinates()[0, :2]
        np.testing.assert_allclose((*corner, *next_in_x), (-3, -2, -2.8, -2))

    def test_minima_are_marked_at_the_modes_of_the_data(self):
        (marks,) = self.drawn(flow()).axes[3].lines
        np.testing.assert_allclose(sorted(np.transpose(marks.get_data()).tolist()), MODES, atol=1e-9)

    def test_basins_lie_where_the_potential_is_low(self):
        filled = self.drawn(flow()).axes[3].collections[:14]  # from low to high
        lowest = next(paths for paths in (level.get_paths() for level in filled) if paths)
        corners = np.concatenate([path.vertices for path in lowest])
        distances = np.hypot(*(corners[:, None] - MODES).transpose(2, 0, 1))
        self.assertEqual(set(distances.argmin(1)), {0, 1})
        self.assertLess(distances.min(1).max(), 0.5)

    def test_maxima_need_height_and_distance(self):
        heights = density(0.5) + 0.2 * np.exp(-20 * ((lattice(N) - [[0], [-1.7]]) ** 2).sum(0))  # a bump too low
        heights[np.argmin(np.abs(lattice(N) - [[-1.2], [0]]).sum(0))] = 0.99  # a bump too near
        (marks,) = self.drawn(with_figure(density_of_points=heights.tolist())).axes[3].lines
        self.assertEqual(len(marks.get_xdata()), 2)

    def test_which_hamiltonian(self):
        for chosen, shown in ((None, 2), (1, 1), (2, 2)):
            axes = self.drawn(flow(), hamiltonian=chosen).axes
            titles = [panel.get_title("left") or panel.get_title() for panel in axes]
            self.assertEqual(titles, ["A: data", "B: samples", f"C: kinetic energy K{'₁₂'[shown - 1]}(p)",
                                      f"D: potential V{'₁₂'[shown - 1]}(q)", "E: one leapfrog step of H₁",
                                      "F: whole flow, 4 steps"])
            bar = axes[2].child_axes[0].get_ylim()
            self.assertAlmostEqual(bar[1] - bar[0], shown * (9 + 2.5**2), delta=0.1)  # the lattice leaves out p = 0

    def test_step_and_paths(self):
        axes = self.drawn(flow()).axes
        (arrows,) = axes[4].collections
        start = lattice(SIDE)
        np.testing.assert_allclose(arrows.XY.T, start)
        np.testing.assert_allclose((arrows.U, arrows.V), (1 - start) / 4)
        *lines, ends = axes[5].lines
        self.assertEqual(len(lines), SIDE**2)
        np.testing.assert_allclose(lines[1].get_xydata(), np.linspace(start[:, 1], (1, 1), STEPS + 1))
        np.testing.assert_allclose(ends.get_data(), np.ones((2, SIDE**2)))

    def test_standardised_coordinates_are_led_back_to_the_data(self):
        plain, own = self.drawn(flow()).axes, self.drawn(flow((1, -2), (2, 0.5))).axes
        for i in (0, 1, 3, 4, 5):
            self.assertEqual((*own[i].get_xlim(), *own[i].get_ylim()), tuple(WINDOW))
        np.testing.assert_allclose((*own[2].get_xlim(), *own[2].get_ylim()), (-2, 1, 0, 9))
        np.testing.assert_allclose(own[4].collections[0].U, plain[4].collections[0].U)
        for line, expected in zip(own[5].lines, plain[5].lines):
            np.testing.assert_allclose(line.get_xydata(), expected.get_xydata(), atol=1e-12)

    def test_labels_tell_how_far_from_the_data(self):
        self.assertEqual(words(self.drawn(flow())), ["Two-modes", "nhf 2, normal\nELBO −2.50 nats\nIWAE 100 −2.12\n"
                                                                  "exact −2.06\nKL on a grid 0.0312"])
        bare = {"data": "my_$points.h5", "bounds": [{"draws": 1, "mean": None}, None, 3],
                "figure": flow()["density"]["figure"]}
        self.assertEqual(words(self.drawn(flow(density=bare, title=None))), ["my_\\$points.h5", ""])
        nameless = flow(density={**bare, "data": None, "bounds": 1}, title=3)
        self.assertEqual(words(self.drawn(nameless)), ["Unknown system", ""])

    def test_a_row_for_every_flow_in_the_plane(self):
        others = flow(model="real_nvp"), flow(density={"data": "mixture", "dimension": 3}), {}, None, flow(density=[])
        self.assertEqual(len(self.drawn(flow(), *others, flow()).axes), 12)

    def test_pictures(self):
        self.assert_drawn(9, evaluation(flow()))
        self.assert_drawn(9, evaluation(flow(), flow((1, 1), (3, 2))), evaluation(flow()), "--hamiltonian", 1)
        flat = [{"potential": [0] * N**2, "kinetic": [1] * N**2}]
        lost = [*flow()["density"]["figure"]["paths"][:1], {"x": [None] * SIDE**2, "y": [1e9] * SIDE**2}]
        self.assert_drawn(9, evaluation(with_figure(hamiltonians=flat, paths=lost, density_of_points=[0] * N**2)))
        thin = with_figure(window=[0, 1, -3000, 3000], density_of_samples=[0] * N**2)
        self.assert_drawn(9, evaluation(with_figure(window=[-3000, 3000, -1, 1]), thin))

    def test_equal_input_gives_equal_bytes(self):
        path = evaluation(flow())
        for name in ("a.svg", "a.pdf", "a.png"):
            out = new_directory() / name
            self.assertEqual(*(draw(9, path, "--out", out).returncode or out.read_bytes() for _ in range(2)))

    def test_what_is_no_flow_in_the_plane(self):
        figure = flow()["density"]["figure"]
        null, short, hamiltonians = [None] + [0] * (N**2 - 1), [0] * (N**2 - 1), figure["hamiltonians"]
        bad = [{key: None} for key in figure if key != "paths_lattice"]
        bad += [{"window": window} for window in ([0, 1, 2], [1, 0, 0, 1], [0, 0, 0, 1], "abcd")]
        bad += [{"hamiltonians": [value]} for value in ({}, None, 3, {**hamiltonians[0], "kinetic": short})]
        bad += [{"hamiltonians": []}, {"hamiltonians": [hamiltonians[0], {**hamiltonians[1], "potential": null}]}]
        bad += [{"density_of_points": null}, {"density_of_samples": short}, {"lattice": 1}, {"lattice": N + 1}]
        bad += [{"paths": paths} for paths in ([], figure["paths"][:1], [*figure["paths"], {}])]
        bad += [{"paths": [{"x": x, "y": [0, 1]}] * 2} for x in ([], [0, 0], [None, 0])]
        for changes in bad:
            with self.subTest(changes.keys()):
                path = evaluation(with_figure(**changes))
                done = draw(9, path, "--out", "a.png")
                self.assert_refused(done, 1, f"{path} has no model nhf of two dimensions")
        path = evaluation()
        self.assert_refused(draw(9, evaluation(flow()), path, "--out", "a.png"), 1, f"{path} has no model nhf")

    def test_wrong_use(self):
        path, out = evaluation(flow()), new_directory()
        three = draw(9, path, "--hamiltonian", 3, "--out", "a.png")
        self.assert_refused(three, 2, "--hamiltonian = 3 is not allowed: runs/two has 1 to 2")
        for word in ("0", "-1", "x"):
            self.assert_refused(draw(9, path, f"--hamiltonian={word}", "--out", "a.png"), 2, "--hamiltonian", word)
        self.assert_refused(draw(9, "--out", "a.png"), 2, "EVALUATION")
        self.assert_refused(draw(9, out / "no.json", "--out", "a.png"), 1, "no.json: No such file")
        (out / "bad.json").write_text(json.dumps({"format": "hamgen-evaluation-1"}))
        self.assert_refused(draw(9, out / "bad.json", "--out", "a.png"), 1, "bad.json is not an evaluation")
        self.assertFalse(Path("a.png").exists())


if __name__ == "__main__":
    unittest.main()
