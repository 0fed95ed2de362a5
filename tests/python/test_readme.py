"""The README's numbers are those of the files in docs/results/ and tests/reliability/."""
from __future__ import annotations

import json
import math
import re
import statistics
import unittest

from support import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
RESULTS = REPOSITORY / "docs/results"
PAPER = {"mass_spring": 0.08, "pendulum": 0.07, "two_body": 0.08, "three_body": 0.13}  # train error over the mean image's, Table 1


def results(name: str):
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


def rows_after(heading: str) -> list[list[str]]:
    """The cells of the table whose heading line begins like this, without heading and rule."""
    lines = README[README.index(heading):].split("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]


def percent(value: float) -> str:
    return f"{100 * value:.1f} %" if value < 0.1 else f"{100 * value:.0f} %"


class Readme(unittest.TestCase):
    def test_presets_that_pages_and_scripts_name_are_there(self) -> None:
        there = {path.stem for folder in ("presets", "suite") for path in (REPOSITORY / "schemas" / folder).glob("*.json")}
        pages = [path for folder in (".", "docs", "scripts", "scripts/slurm") for path in (REPOSITORY / folder).glob("*") if path.is_file()]
        commands = [line for page in pages for line in page.read_text(encoding="utf-8", errors="replace").splitlines()
                    if re.search(r"\bhgn-fit|\bhamgen|sbatch", line) and "cmake" not in line]
        named = {name for line in commands for name in re.findall(r"--preset[ =]([a-z_0-9]+)", line)}
        self.assertGreater(len(named), 1)
        self.assertEqual(named - there, set())

    def test_four_systems(self) -> None:
        limits = results("known_law.json")
        expected = [[name, f"{its['pixel MSE x 1e4']:.2f}", f"{its['of the noise floor']:.2f}", f"{its[OF_MEAN]:.3f}", f"{PAPER[name]:.2f}",
                     percent(its[CLEAN]), percent(limits[name]["clean"]), percent(its["60 steps forward"]), percent(its["30 steps backward"]),
                     percent(its["energy drift"]), f"{its['minutes of training']:.0f}"]
                    for name, its in results("four_systems.json")["systems"].items()]
        self.assertEqual(rows_after("| system | MSE x 1e4"), expected)

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
        self.assertEqual(rows_after("| system | model | test | clean"), expected)

    def test_the_limit_of_blur(self) -> None:
        blur = results("four_systems.json")["systems"]["three_body"]["blur, of the mean image's"]
        self.assertIn(f"comes below {100 * blur:.1f} % of the mean image's error", " ".join(README.split()))

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
        self.assertEqual(rows_after("| system | samples of"), expected)

    def test_every_picture_is_there(self) -> None:
        for page in (REPOSITORY / "README.md", *(REPOSITORY / "docs").glob("*.md")):
            text = page.read_text(encoding="utf-8")
            for link in re.findall(r'!\[[^]]*\]\(([^)]+)\)|src="([^"]+)"', text):
                self.assertTrue((page.parent / "".join(link)).exists(), f"{page.name}: {''.join(link)}")

    def test_hnn(self) -> None:
        found = results("hnn.json")
        for cells, (key, its) in zip(rows_after("| system | model | test MSE of the derivatives"), found.items()):
            self.assertEqual(cells[1], key.split()[1])
            for cell, values in ((cells[2], its["derivative_mse"]), (cells[4], its["energy_mse"])):
                numbers = [float(word) for word in cell.split(" ± ")]
                mean = statistics.mean(values)
                self.assertAlmostEqual(numbers[0], mean, delta=0.051 * 10 ** math.floor(math.log10(mean)), msg=f"{key}: {cell}")
            self.assertEqual(cells[6], f"{statistics.mean(its['seconds']) / 60:.1f}", key)

    def test_densities(self) -> None:
        runs = {run["run"]: run for run in results("density.json")}
        for cells in rows_after("| target | KL, NHF"):
            for column, minutes, model in ((1, 4, "nhf"), (2, 5, "real_nvp")):
                run = runs[f"{cells[0]}-{model}"]
                self.assertEqual(cells[column], f"{run['density']['grid']['divergence']:.4f}", cells[0])
                self.assertEqual(cells[minutes], f"{run['seconds'] / 60:.1f}", cells[0])

    def test_reliability(self) -> None:
        section = re.search(r"<!-- reliability -->(.*?)<!-- /reliability -->", README, re.S)[1]
        found = json.loads((REPOSITORY / "tests/reliability/results.json").read_text(encoding="utf-8"))
        counts = {f"{count:,}" for campaign in found for count in campaign["counts"].values()}
        for cells in rows_after("| what was done | times"):
            self.assertIn(cells[1], counts)
            self.assertEqual(cells[3], "0")
        self.assertEqual(sum(campaign["violations"] for campaign in found), 0)
        self.assertTrue(section)

    def test_every_other_measurement(self) -> None:
        """docs/results/measurements.json: what the README says, word for word, and how it was measured."""
        words = " ".join(README.split())
        for entry in results("measurements.json"):
            self.assertIn(entry["says"], words)
            self.assertTrue(entry["measured_by"])
            for value in entry["values"]:
                forms = {f"{value:,}", f"{value:g}", f"{value:.1f}", f"{value:.2f}", f"{value:.1e}".replace("e-0", "e-")}
                self.assertTrue(any(form in entry["says"] for form in forms), f"{value}: {entry['says']}")


OF_MEAN, CLEAN = "of the mean image's", "clean, of the mean image's"

if __name__ == "__main__":
    unittest.main()
