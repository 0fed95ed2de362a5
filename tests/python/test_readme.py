"""The README's numbers are those of the files in docs/results/."""
from __future__ import annotations

import json
import re
import unittest

from support import REPOSITORY

PAPER = {"mass_spring": 0.08, "pendulum": 0.07, "two_body": 0.08, "three_body": 0.13}  # train error over the mean image's, Table 1


def row(name: str, found: dict) -> str:
    return (f"| {name} | {found['mse'] * 1e4:.2f} | {found['mse'] / found['noise_floor']:.2f} | {found['mse'] / found['mean_image_mse']:.3f} | "
            f"{PAPER[name]:.2f} | {100 * found['mse_clean'] / found['mean_image_mse_clean']:.1f} % | "
            f"{100 * found['blur_mse'] / found['mean_image_mse_clean']:.1f} % | {100 * found['energy_drift']:.1f} % | "
            f"{100 * found['forward_mse_clean'] / found['mean_image_mse_clean']:.0f} % | "
            f"{100 * found['backward_mse_clean'] / found['mean_image_mse_clean']:.0f} % | {found['minutes']:.0f} |")


class FourSystemsTest(unittest.TestCase):
    def test_the_table_is_the_file(self) -> None:
        readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
        section = re.search(r"<!-- four_systems -->\n(.*?)<!-- /four_systems -->", readme, re.S)
        systems = json.loads((REPOSITORY / "docs/results/four_systems.json").read_text(encoding="utf-8"))["systems"]
        rows = [line for line in section[1].splitlines() if re.match(r"\| \w+ \| \d", line)]
        self.assertEqual(rows, [row(name, found) for name, found in systems.items()])


if __name__ == "__main__":
    unittest.main()
