"""The numbers of the pages in docs/ are those of the files in docs/results/ and tests/reliability/."""
from __future__ import annotations

import json
import math
import re
import statistics
import unittest
from pathlib import Path

from support import REPOSITORY

from hamgen.experiments.four_systems import RECIPES, mean_of, measured

RESULTS = REPOSITORY / "docs/results"
PAPER = {"mass_spring": 0.08, "pendulum": 0.07, "two_body": 0.08, "three_body": 0.13}  # train error over the mean image's, Table 1
OF_MEAN, COURSES = "of the mean image's", ("inside", "forward", "backward", "double speed")


def results(name: str):
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


def rows_after(page: Path, heading: str) -> list[list[str]]:
    """The cells of the page's table whose heading line begins like this, without heading and rule."""
    text = page.read_text(encoding="utf-8")
    lines = text[text.index(heading):].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def percent(value: float) -> str:
    return f"{100 * value:.1f} %" if value < 0.1 else f"{100 * value:.0f} %"


class Results(unittest.TestCase):
    def test_four_systems(self) -> None:
        limits, expected, by_seed = results("known_law.json"), [], []
        for name in RECIPES:
            runs = measured(name)

            def mean(key: str, runs=runs) -> float:
                return mean_of(runs, key)

            expected.append([name, f"{mean('pixel MSE x 1e4'):.2f}", f"{mean('of the noise floor'):.2f}", f"{mean(OF_MEAN):.3f}", f"{PAPER[name]:.2f}",
                             percent(mean("inside")), percent(limits[name]["clean"]), *(percent(mean(course)) for course in COURSES[1:]),
                             percent(mean("energy drift")), f"{mean('minutes'):.0f}"])
            by_seed += [[name, str(run["seed"]), *(f"{100 * run[course]:.1f}" for course in COURSES),
                         *("yes" if run[verdict] else "no" for verdict in ("valid to the end", "SyMetric"))] for run in runs]
        self.assertEqual(rows_after(RESULTS / "four-systems.md", "| system | MSE x 1e4"), expected)
        self.assertEqual(rows_after(RESULTS / "four-systems.md", "| system | seed | inside"), by_seed)

    def test_comparison(self) -> None:
        expected = []
        for table in results("table1.json")["datasets"]:
            for row in table["rows"]:  # what H and its integrator do
                if row["test"] is not None and row["row"].startswith(("HGN (leapfrog)", "HGN (Euler)", "latent_ode")):
                    cells = [row[key]["mean"] for key in ("test", "clean", "forward", "backward", "double_speed")]
                    drift = "" if row["drift"] is None else f"{row['drift']:.2g}"
                    expected.append([table["dataset"], row["row"], *(f"{cell:.1f}" for cell in cells), drift])
            constant = [table[f"mean_image{course}"] for course in ("", "_clean", "_forward", "_backward", "_double_speed")]
            expected.append([table["dataset"], "mean image", *(f"{value:.1f}" for value in constant), ""])
        self.assertEqual(rows_after(RESULTS / "comparison.md", "| system | model | test | clean"), expected)

    def test_the_limit_of_blur(self) -> None:
        blur = measured("three_body")[0]["blur"]
        words = " ".join((RESULTS / "four-systems.md").read_text(encoding="utf-8").split())
        self.assertIn(f"comes below {100 * blur:.1f} % of the mean image's error", words)

    def test_samples(self) -> None:
        expected = []
        for name, its in results("samples.json").items():
            for source, title in (("data", "the data"), ("encoded", "what is encoded"), ("prior", "the prior N(0, 1)")):
                found = its[source]
                cells = [name, title, f"{100 * found['whole']:.0f} %", "", "", "", ""]
                if "energy" in found:
                    low, middle, high = found["energy"]
                    cells[3:] = [f"{middle:.2f} ({low:.2f} to {high:.2f})", f"{found['distance']:.2f}", f"{found['wandering']:.2f}",
                                 f"{found['roughness']:.1f}"]
                expected.append(cells)
        self.assertEqual(rows_after(RESULTS / "samples.md", "| system | samples of"), expected)

    def test_hnn(self) -> None:
        found, rows = results("hnn.json"), rows_after(RESULTS / "hnn.md", "| system | model | test MSE of the derivatives")
        self.assertEqual(len(rows), len(found))
        for cells, (key, its) in zip(rows, found.items()):
            self.assertEqual(cells[1], key.split()[1])
            for cell, values in ((cells[2], its["derivative_mse"]), (cells[4], its["energy_mse"])):
                numbers = [float(word) for word in cell.split(" ± ")]
                mean = statistics.mean(values)
                self.assertAlmostEqual(numbers[0], mean, delta=0.051 * 10 ** math.floor(math.log10(mean)), msg=f"{key}: {cell}")
            self.assertEqual(cells[6], f"{statistics.mean(its['seconds']) / 60:.1f}", key)

    def test_densities(self) -> None:
        runs = {run["run"]: run for run in results("density.json")}
        rows = rows_after(RESULTS / "densities.md", "| target | KL, NHF")
        self.assertEqual(len(rows) * 2, len(runs))
        for cells in rows:
            for column, minutes, model in ((1, 4, "nhf"), (2, 5, "real_nvp")):
                run = runs[f"{cells[0]}-{model}"]
                self.assertEqual(cells[column], f"{run['density']['grid']['divergence']:.4f}", cells[0])
                self.assertEqual(cells[minutes], f"{run['seconds'] / 60:.1f}", cells[0])

    def test_reliability(self) -> None:
        page = RESULTS / "reliability.md"
        self.assertRegex(page.read_text(encoding="utf-8"), r"(?s)<!-- reliability -->.*<!-- /reliability -->")
        found = json.loads((REPOSITORY / "tests/reliability/results.json").read_text(encoding="utf-8"))
        counts = {f"{count:,}" for campaign in found for count in campaign["counts"].values()}
        rows = rows_after(page, "| what was done | times")
        self.assertGreater(len(rows), 5)
        for cells in rows:
            self.assertIn(cells[1], counts)
            self.assertEqual(cells[3], "0")
        self.assertEqual(sum(campaign["violations"] for campaign in found), 0)

    def test_every_other_measurement(self) -> None:
        """docs/results/measurements.json: what a page says, word for word, and how it was measured."""
        for entry in results("measurements.json"):
            words = " ".join((REPOSITORY / entry["page"]).read_text(encoding="utf-8").split())
            self.assertIn(entry["says"], words, entry["page"])
            self.assertTrue(entry["measured_by"])
            for value in entry["values"]:
                forms = {f"{value:,}", f"{value:g}", f"{value:.1f}", f"{value:.2f}", f"{value:.1e}".replace("e-0", "e-")}
                self.assertTrue(any(form in entry["says"] for form in forms), f"{value}: {entry['says']}")

    def test_every_result_has_its_page(self) -> None:
        index = (RESULTS / "README.md").read_text(encoding="utf-8")
        linked = set(re.findall(r"\]\(([a-z0-9_-]+\.(?:md|json))\)", index))
        self.assertEqual({path.name for path in RESULTS.iterdir()} - {"README.md"} - linked, set())


if __name__ == "__main__":
    unittest.main()
