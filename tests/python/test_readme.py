"""The README: short, true to docs/results/, and every picture of every page is there."""
from __future__ import annotations

import re
import statistics
import unittest

from support import REPOSITORY
from test_results import COURSES, percent, results, rows_after

from hamgen.experiments.four_systems import RECIPES, mean_of, measured

README = REPOSITORY / "README.md"
MOST_LINES, MOST_COLUMNS = 150, 120


class Readme(unittest.TestCase):
    def test_it_is_short(self) -> None:
        lines = README.read_text(encoding="utf-8").splitlines()
        self.assertLessEqual(len(lines), MOST_LINES)
        self.assertEqual([line for line in lines if len(line) > MOST_COLUMNS], [])

    def test_four_systems(self) -> None:
        expected = [[name, *(percent(mean_of(measured(name), course)) for course in COURSES), f"{mean_of(measured(name), 'minutes'):.0f}"] for name in RECIPES]
        self.assertEqual(rows_after(README, "| system | inside the window"), expected)

    def test_what_to_expect_of_preset_quick(self) -> None:
        systems = results("quick.json")["systems"]
        for page, system in ((README, "mass_spring"), (REPOSITORY / "docs/tutorials/first-model.md", "pendulum")):
            inside, forward = (100 * statistics.mean(run[course] for run in systems[system]) for course in ("inside", "forward"))
            words = " ".join(page.read_text(encoding="utf-8").split())
            self.assertIn(f"error of about {inside:.0f} % of the mean image's", words)
            self.assertIn(f"about {forward:.0f} % in the 30 frames after", words)

    def test_every_picture_is_there(self) -> None:
        for page in (README, *(REPOSITORY / "docs").rglob("*.md")):
            text = page.read_text(encoding="utf-8")
            for link in re.findall(r'!\[[^]]*\]\(([^)]+)\)|src="([^"]+)"', text):
                self.assertTrue((page.parent / "".join(link)).exists(), f"{page.name}: {''.join(link)}")


if __name__ == "__main__":
    unittest.main()
