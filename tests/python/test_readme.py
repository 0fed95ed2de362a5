"""The README: short, true to docs/results/, and every picture of every page is there."""
from __future__ import annotations

import re
import statistics
import unittest

from support import REPOSITORY
from test_results import CLEAN, percent, results, rows_after

README = REPOSITORY / "README.md"
MOST_LINES, MOST_COLUMNS = 150, 120


class Readme(unittest.TestCase):
    def test_it_is_short(self) -> None:
        lines = README.read_text(encoding="utf-8").splitlines()
        self.assertLessEqual(len(lines), MOST_LINES)
        self.assertEqual([line for line in lines if len(line) > MOST_COLUMNS], [])

    def test_four_systems(self) -> None:
        expected = [[name, percent(its[CLEAN]), percent(its["60 steps forward"]), percent(its["30 steps backward"]),
                     f"{its['minutes of training']:.0f}"] for name, its in results("four_systems.json")["systems"].items()]
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
