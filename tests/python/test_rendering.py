"""Frames are the documented formula, drawn once more in numpy from the stored positions."""
from __future__ import annotations

import unittest

import h5py
import numpy as np

import reference
import support
from support import dataset, read

TOLERANCE = 1  # of 255, half of it for rounding to whole values


SOME = {"train": [0, 9, 10, 24], "test": [0, 5, 9]}  # trajectories, among them the first and last of a shard


def drawn(root, split, positions, view=None):
    """Frames of 0 to 255 of some trajectories, from the dataset `positions`."""
    config = support.manifest(root)["config"]
    system = config["system"]
    c, q = (values[SOME[split]] for values in read(root, split, "parameters", positions))
    view_x, view_y = (values[SOME[split]] for values in read(root, split, "view_x", "view_y"))
    centres = reference.positions(system, c[:, None], q) - np.stack([view_x, view_y], -1)[:, None, None]
    radii = reference.radii(system, c[:, None])
    return reference.render(centres, radii, config["look"], config["image"]["size"],
                            view or reference.half_width(system, config))


class FormulaTest(unittest.TestCase):
    def test_frames_are_the_formula(self):
        for name, root in support.several().items():
            for split, frames, positions in (("train", "frames", "q_observed"), ("test", "frames", "q_observed"),
                                             ("test", "frames_clean", "q")):
                with self.subTest(name, split=split, frames=frames):
                    stored = read(root, split, frames)[0][SOME[split]]
                    self.assertGreater(stored.std(axis=(0, 1)).max(), 5)  # something moves
                    self.assertLessEqual(np.abs(stored - drawn(root, split, positions)).max(), TOLERANCE)

    def test_coordinates_are_the_pixel_centres(self):
        for name, root in support.several().items():
            with self.subTest(name), h5py.File(root / "train.h5", "r") as file:
                config = support.manifest(root)["config"]
                width, view = config["image"]["size"], reference.half_width(config["system"], config)
                x = (np.arange(width) + 0.5) * 2 * view / width - view
                np.testing.assert_allclose(file["x"], x, atol=1e-12)
                np.testing.assert_allclose(file["y"], -x, atol=1e-12)

    def test_other_looks(self):
        look = ("--set", "look.background=#102030", "--set", "look.sharpness=30", "--set", 'look.colors=["#ff0000"]',
                "--set", "view.half_width=2.0")
        root = dataset("three_body", 32, *look)
        stored = read(root, "test", "frames")[0][SOME["test"]]
        self.assertLessEqual(np.abs(stored - drawn(root, "test", "q_observed", view=2.0)).max(), TOLERANCE)

    def test_shifted_views(self):
        root = dataset("three_body", 32, "--set", "view.offset=0.5")
        view_x, view_y = read(root, "train", "view_x", "view_y")
        self.assertGreater(np.abs(view_x - view_y).min(), 0)
        self.assertGreater(np.abs(view_x).max(), 0.3)
        self.assertLessEqual(np.abs([view_x, view_y]).max(), 0.5)
        stored = read(root, "train", "frames")[0][SOME["train"]]
        view = reference.half_width("three_body", support.manifest(root)["config"]) + 0.5  # wide enough for every shift
        self.assertLessEqual(np.abs(stored - drawn(root, "train", "q_observed", view=view)).max(), TOLERANCE)


class DiscTest(unittest.TestCase):
    def opacity(self, size):
        """Opacity of the one disc of mass_spring's clean frames [.., W, W], its row and column [..], the view's edge."""
        root = dataset("mass_spring", size)
        config = support.manifest(root)["config"]
        (frames, q) = read(root, "test", "frames_clean", "q")
        back, paint = reference.color(config["look"]["background"]), reference.color(config["look"]["colors"][0])
        contrast = paint - back
        alpha = (frames - back) @ contrast / (contrast @ contrast)
        view = reference.half_width("mass_spring", config)
        radius = np.sqrt(config["physics"]["mass"] / np.pi)
        row = size / 2 * (1 - q[..., 0] / view)  # from the frame's top; a pixel's centre is at its number + 1/2
        return frames, alpha, row, radius * size / (2 * view)

    def test_centroid_is_the_mapped_position(self):
        for size in (32, 64):
            with self.subTest(size):
                _, alpha, row, radius = self.opacity(size)
                centre = np.arange(size) + 0.5
                total = alpha.sum(axis=(-1, -2))
                found_row = (alpha * centre[:, None]).sum(axis=(-1, -2)) / total
                found_column = (alpha * centre).sum(axis=(-1, -2)) / total
                margin = radius + 8 * size / 80  # the whole edge is inside the frame
                whole = (row > margin) & (row < size - margin)
                self.assertGreater(whole.mean(), 0.3)
                self.assertLess(np.abs(found_row - row)[whole].max(), 0.02)
                self.assertLess(np.abs(found_column - size / 2).max(), 0.02)

    def test_background_is_exact(self):
        frames, _, row, radius = self.opacity(64)
        pixel = np.arange(64) + 0.5
        distance = np.hypot(pixel[:, None] - row[..., None, None], pixel - 32)
        beyond = distance > radius + 10 * 64 / 80
        self.assertGreater(beyond.mean(), 0.2)
        self.assertTrue((frames[beyond] == (0x52, 0x59, 0x5E)).all())

    def test_disc_has_its_colour_inside(self):
        frames, _, row, radius = self.opacity(64)
        pixel = np.arange(64) + 0.5
        inside = np.hypot(pixel[:, None] - row[..., None, None], pixel - 32) < radius - 8 * 64 / 80
        self.assertGreater(inside.sum(), 1000)
        self.assertLessEqual(np.abs(frames[inside].astype(int) - (0xE8, 0xC5, 0x47)).max(), 1)


if __name__ == "__main__":
    unittest.main()
