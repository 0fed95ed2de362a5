"""Figure 9 and samples of scripts/figures.py: every panel shows what hgn-eval wrote, where it belongs."""
from __future__ import annotations

import argparse
import json
import unittest
from pathlib import Path

import numpy as np
from support import new_directory
from test_figures import HAS_MATPLOTLIB, FigureTest, draw, evaluation, needs_matplotlib

if HAS_MATPLOTLIB:
    import matplotlib.pyplot as plt

    from hamgen.figures import density as density_figures

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


def with_energies(*energies: tuple[np.ndarray, np.ndarray]) -> dict:
    """A run with such V and K."""
    return with_figure(hamiltonians=[{"potential": v.tolist(), "kinetic": k.tolist()} for v, k in energies])


def bowl(x: float, y: float) -> np.ndarray:
    return ((lattice(N) - [[x], [y]]) ** 2).sum(0) / 2


def words(figure: plt.Figure) -> list[str]:
    return [text.get_text() for text in figure.texts]


@needs_matplotlib
class Densities(FigureTest):
    def drawn(self, *runs: dict, hamiltonian: int | None = None) -> plt.Figure:
        figure = density_figures.figure_9(argparse.Namespace(evaluations=[evaluation(*runs)], hamiltonian=hamiltonian))
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

    def test_of_the_two_signs_of_a_flow_the_one_with_a_convex_kinetic_energy(self):
        potential = -density(0.8)
        for x, y in ((0, 0), (0.8, -0.4), (10, -10)):
            plain = density_figures.read_flow(with_energies((potential, bowl(x, y))))
            self.assertIs(density_figures.with_convex_kinetic(plain, 0), plain)
            mirrored = density_figures.read_flow(with_energies((-potential, -bowl(-x, -y))))
            turned = density_figures.with_convex_kinetic(mirrored, 0)
            self.assertTrue(turned.is_turned)
            np.testing.assert_allclose(turned.own_window, (-3, 3, -2.5, 2))
            p = np.meshgrid(np.linspace(-3, 3, N), np.linspace(-2.5, 2, N))
            expected = ((p[0] - x) ** 2 + (p[1] - y) ** 2) / 2
            np.testing.assert_allclose(turned.kinetic[0], expected - expected.min(), atol=1e-12)
            np.testing.assert_allclose(turned.potential[0].ravel(), potential - potential.min(), atol=1e-12)

    def test_a_kinetic_energy_that_has_no_sign_stays_as_it_is(self):
        for kinetic in (np.ones(N**2), np.full(N**2, 0.1), bowl(0, 0) * 0):
            run = density_figures.read_flow(with_energies((density(1), kinetic)))
            self.assertFalse(density_figures.with_convex_kinetic(run, 0).is_turned)
        corners = [{"potential": [0, 1, 2, 3], "kinetic": [0, -1, 3, 1]}]
        run = with_figure(lattice=2, hamiltonians=corners, density_of_points=[0] * 4, density_of_samples=[1] * 4)
        self.assertFalse(density_figures.with_convex_kinetic(density_figures.read_flow(run), 0).is_turned)

    def test_a_sign_that_was_changed_is_told_and_leaves_the_paths(self):
        run = with_energies((-density(0.8), bowl(0, 0)), (density(0.8), -bowl(0, 0)))
        plain, turned = self.drawn(run, hamiltonian=1), self.drawn(run)
        self.assertEqual(words(turned)[1], words(plain)[1] + "\nshown: −H(q, −p)")
        self.assertEqual(turned.axes[2].get_ylim(), (-2.5, 2))
        for i in (0, 1, 3, 4, 5):
            self.assertEqual(turned.axes[i].get_ylim(), (-2, 2.5))
        for one, other in zip(turned.axes[4].collections[0].get_paths(), plain.axes[4].collections[0].get_paths()):
            np.testing.assert_array_equal(one.vertices, other.vertices)
        for one, other in zip(turned.axes[5].lines, plain.axes[5].lines):
            np.testing.assert_array_equal(one.get_xydata(), other.get_xydata())
        for i in (2, 3):  # K and V have the same least and greatest values
            ranges = [figure.axes[i].child_axes[0].get_ylim() for figure in (plain, turned)]
            self.assertAlmostEqual(*(high - low for low, high in ranges))

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


def points(seed: int, *deviations: float) -> np.ndarray:
    """1,000 normal points, coordinate by coordinate."""
    return np.random.default_rng(seed).normal(size=(len(deviations), 1000)) * np.reshape(deviations, (-1, 1))


def sampled(*deviations: float, **changes: object) -> dict:
    scatter = {"points": points(1, *deviations).tolist(), "samples": points(2, *deviations).tolist(), **changes}
    about = {"data": "target pendulum", "bounds": [{"draws": 1, "mean": -1.5}], "scatter": scatter}
    return {"run": "runs/rnvp", "title": "real_nvp 8", "model": "real_nvp", "density": about}


@needs_matplotlib
class Samples(FigureTest):
    def drawn(self, *runs: dict, labels: list[str] | None = None) -> plt.Figure:
        figure = density_figures.figure_samples(argparse.Namespace(evaluations=[evaluation(*runs)], labels=labels))
        self.addCleanup(plt.close, figure)
        return figure

    def test_pairs_of_coordinates_data_on_the_left_samples_on_the_right(self):
        deviations = (1, 2, 0.5, 0.5)
        axes = self.drawn(sampled(*deviations)).axes
        self.assertEqual([panel.get_title() for panel in axes], ["data", "samples"] * 2)
        for i, panel in enumerate(axes):
            values = points(1 + i % 2, *deviations)[i // 2 * 2 :][:2]
            np.testing.assert_array_equal(panel.lines[0].get_data(), values)
        lefts = [panel.get_position().x0 for panel in axes]
        self.assertEqual(lefts, sorted(lefts))

    def test_both_panels_show_the_middle_of_both(self):
        wide = points(3, 2, 0.5)
        data, samples = self.drawn(sampled(1, 1, samples=wide.tolist())).axes
        self.assertEqual((data.get_xlim(), data.get_ylim()), (samples.get_xlim(), samples.get_ylim()))
        low, high = np.percentile(wide[0], (0.5, 99.5))
        np.testing.assert_allclose(data.get_xlim(), (low - 0.08 * (high - low), high + 0.08 * (high - low)))
        low, high = np.percentile(points(1, 1, 1)[1], (0.5, 99.5))
        np.testing.assert_allclose(data.get_ylim(), (low - 0.08 * (high - low), high + 0.08 * (high - low)))

    def test_equal_units_where_one_range_is_not_far_longer(self):
        for deviations in ((1, 1), (1, 2.5), (2.5, 1), (1, 4), (40, 1)):
            is_equal = max(deviations) < 3
            for panel in self.drawn(sampled(*deviations)).axes:
                box = panel.get_window_extent()
                units = box.width / np.ptp(panel.get_xlim()), box.height / np.ptp(panel.get_ylim())
                self.assertEqual(np.isclose(*units), is_equal)
                self.assertEqual(np.isclose(box.width, box.height, rtol=0.1), not is_equal or deviations == (1, 1))

    def test_an_odd_last_coordinate_has_one_panel_with_both(self):
        for deviations in ((1,), (1, 1, 2)):
            axes = self.drawn(sampled(*deviations)).axes
            self.assertEqual(len(axes), len(deviations))
            for seed, steps in enumerate(axes[-1].patches, 1):
                heights, edges, _ = steps.get_data()
                values = points(seed, *deviations)[-1]
                np.testing.assert_allclose(heights, np.histogram(values, edges)[0] / 1000 / np.diff(edges))
                self.assertGreater((heights * np.diff(edges)).sum(), 0.98)
            self.assertEqual([text.get_text() for text in axes[-1].get_legend().get_texts()], ["data", "samples"])
            self.assertEqual(len(axes[-1].patches), 2)

    def test_names_of_coordinates(self):
        def names(**labels):
            axes = self.drawn(sampled(1, 1, 1), **labels).axes
            return [axes[0].get_xlabel(), axes[0].get_ylabel(), axes[2].get_xlabel()]

        self.assertEqual(names(), ["x₁", "x₂", "x₃"])
        self.assertEqual(names(labels=["q1", "$p", "m"]), ["q1", "\\$p", "m"])
        self.assertEqual(self.drawn(sampled(*[1] * 16)).axes[-2].get_ylabel(), "x₁₆")

    def test_a_row_for_every_run_that_has_samples(self):
        others = flow(), {}, None, flow(density=[]), flow(density={"scatter": 3})
        figure = self.drawn(sampled(1, 1), *others, sampled(1))
        self.assertEqual(len(figure.axes), 3)
        self.assertEqual(words(figure), ["Pendulum", "real_nvp 8\nELBO −1.50 nats"] * 2)
        tops = [panel.get_position().y0 for panel in figure.axes]
        self.assertGreater(tops[1], figure.axes[2].get_position().y1)

    def test_pictures(self):
        self.assert_drawn("samples", evaluation(sampled(1, 1)), "--labels", "q", "p")
        self.assert_drawn("samples", evaluation(sampled(*range(1, 6)), sampled(1)), evaluation(sampled(1, 1e5)))
        still = {"points": [[2.0] * 3, [1, 2, 3], [2.0] * 3], "samples": [[2.0], [5], [2.0]]}
        self.assert_drawn("samples", evaluation(sampled(1, **still)))
        path, out = evaluation(sampled(1, 1, 1)), new_directory() / "a.svg"
        self.assertEqual(*(draw("samples", path, "--out", out).returncode or out.read_bytes() for _ in range(2)))

    def test_what_has_no_samples(self):
        one = points(1, 1).tolist()
        bad = [{name: value} for name in ("points", "samples")
               for value in (None, [], {}, [[]], [3], [one[0], one[0][1:]], [[None]], [["a"]], one * 2, one * 17)]
        for changes in [*bad, {"points": one * 17, "samples": one * 17}]:
            with self.subTest(changes.keys()):
                path = evaluation(sampled(1, **changes))
                self.assert_refused(draw("samples", path, "--out", "a.png"), 1, f"{path} has no samples of a density")
        path = evaluation(flow())
        done = draw("samples", evaluation(sampled(1)), path, "--out", "a.png")
        self.assert_refused(done, 1, f"{path} has no samples of a density")

    def test_wrong_use(self):
        path = evaluation(sampled(1, 1))
        for labels in (["q"], ["q", "p", "r"]):
            done = draw("samples", path, "--labels", *labels, "--out", "a.png")
            self.assert_refused(done, 2, f"--labels {' '.join(labels)} is not allowed: runs/rnvp has", "1 to 2")
        self.assert_refused(draw("samples", path, "--labels", "--out", "a.png"), 2, "--labels")
        self.assert_refused(draw("samples", "--out", "a.png"), 2, "EVALUATION")
        self.assert_refused(draw("samples", new_directory() / "no.json", "--out", "a.png"), 1, "no.json: No such file")
        self.assertFalse(Path("a.png").exists())


if __name__ == "__main__":
    unittest.main()
