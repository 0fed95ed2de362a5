"""The presets of hgn-fit, and the pages that list them."""
import json
import os
import subprocess
import unittest

from support import REPOSITORY

HGN_FIT = os.environ.get("HGN_FIT")


def fit(*arguments):
    return subprocess.run([HGN_FIT, *map(str, arguments)], capture_output=True, text=True, timeout=300, check=False)


@unittest.skipUnless(HGN_FIT, "needs hgn-fit")
class Presets(unittest.TestCase):
    def test_every_value_that_is_not_the_papers_has_a_reason(self):
        def leaves(value, path=""):
            for key, item in value.items():
                here = f"{path}.{key}" if path else key
                yield from leaves(item, here) if isinstance(item, dict) else [here]

        files = sorted((REPOSITORY / "schemas/presets").glob("*.json"))
        self.assertEqual([file.stem for file in files], ["chaotic", "compact", "compact_wide", "density", "paper", "quick", "small"])
        for file in files:
            preset = json.loads(file.read_text())
            chosen = set(leaves(preset["settings"])) | set(leaves(preset["models"]))
            self.assertEqual(chosen, set(preset["reasons"]), file.name)
            for model in preset["models"]:
                self.assertEqual(fit("--preset", file.stem, "--model", model, "--print-config").returncode, 0)
            self.assertIn(f"{file.stem} ", fit("presets").stdout)

    def test_a_preset_with_a_base_is_the_base_and_what_it_changes(self):
        chaotic = {"data": {"reverse": False}, "latent": {"anchor": "late", "q_channels": 2, "z_channels": 8}, "encoder": {"filters": [96, 128, 128, 128]},
                   "objective": {"beta_end": 1, "frames": 4, "slice": 64, "noise": "known", "total_variation": 0.01, "consistency": 0},
                   "optimizer": {"kind": "muon", "learning_rate": 0.004}, "transition": {"filters": [256, 256, 256]},
                   "train": {"steps": 12000, "horizon_growth": 0.12}}
        quick = {"encoder": {"centres": [64, 64]}, "objective": {"frames": 2}, "transition": {"filters": [128, 128]}, "train": {"steps": 3000, "batch": 16}}
        wide = {"integrator": {"substeps": 2}, "transition": {"filters": [256, 256, 256]}, "train": {"steps": 16000}}
        for base, preset, changes in (("small", "chaotic", chaotic), ("compact", "quick", quick), ("compact", "compact_wide", wide)):
            asked, expected = (json.loads(fit("--preset", name, "--model", "latent_ode", "--print-config").stdout) for name in (preset, base))
            for group, values in changes.items():
                expected[group].update(values)
            self.assertEqual(asked, expected)

    def test_reference_pages_are_up_to_date(self):
        for page, file in (("config", "docs/training.md"), ("schema", "schemas/training.schema.json")):
            self.assertEqual(fit("reference", page).stdout, (REPOSITORY / file).read_text(), f"scripts/tools/update-reference: {file}")


if __name__ == "__main__":
    unittest.main()
