"""The README: short, true to docs/results/, and every picture of every page is there."""
from __future__ import annotations

import re
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

    def test_what_it_says_of_the_pendulum(self) -> None:
        its = results("four_systems.json")["systems"]["pendulum"]
        words = " ".join(README.read_text(encoding="utf-8").split())
        self.assertIn(f"an error of about {100 * its[CLEAN]:.0f} % of the mean image's", words)
        self.assertIn(f"{its['minutes of training']:.0f} minutes on one core", words)
        tutorial = " ".join((REPOSITORY / "docs/tutorials/first-model.md").read_text(encoding="utf-8").split())
        self.assertIn(f"a clean error of about {100 * its[CLEAN]:.0f} % of the mean image's, and about "
                      f"{100 * its['60 steps forward']:.0f} % in the 30 frames after", tutorial)

    def test_every_picture_is_there(self) -> None:
        for page in (README, *(REPOSITORY / "docs").rglob("*.md")):
            text = page.read_text(encoding="utf-8")
            for link in re.findall(r'!\[[^]]*\]\(([^)]+)\)|src="([^"]+)"', text):
                self.assertTrue((page.parent / "".join(link)).exists(), f"{page.name}: {''.join(link)}")


if __name__ == "__main__":
    unittest.main()
