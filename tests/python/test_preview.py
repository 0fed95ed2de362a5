"""hamgen preview: pictures that other programs read, of the frames in the dataset."""
from __future__ import annotations

import json
import struct
import unittest
import zlib
from pathlib import Path

import numpy as np

import support
from support import FRAMES, SYSTEMS, dataset, new_directory, run


def png_size(path: Path) -> tuple[int, int]:
    """Checks every block's checksum on the way."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n", "not a PNG"
    at, kinds = 8, []
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 4 : at + 8 + length]
        assert struct.unpack(">I", data[at + 8 + length : at + 12 + length])[0] == zlib.crc32(body), kind
        kinds.append(kind)
        at += 12 + length
    assert (kinds[0], kinds[-1]) == (b"IHDR", b"IEND"), kinds
    return struct.unpack(">II", data[16:24])


def png_pixels(path: Path) -> np.ndarray:
    """[height, width, 3] of a PNG with 8 bits a channel, without a palette."""
    data, width, height = path.read_bytes(), *png_size(path)
    at, packed = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        packed += data[at + 8 : at + 8 + length] if kind == b"IDAT" else b""
        at += 12 + length
    assert data[24:26] == b"\x08\x02", "not RGB8"
    lines, above, pixels = zlib.decompress(packed), [0] * (3 * width + 3), []
    for start in range(0, len(lines), 1 + 3 * width):
        kind, row = lines[start], [0, 0, 0]  # a pixel of zeros to the left
        for i, value in enumerate(lines[start + 1 : start + 1 + 3 * width]):
            left, up, corner = row[i], above[i + 3], above[i]
            paeth = min((left, up, corner), key=lambda near: abs(left + up - corner - near)) if kind == 4 else 0
            row.append(value + (0, left, up, (left + up) // 2, paeth)[kind] & 255)
        pixels.append(row[3:])
        above = row
    return np.array(pixels, np.uint8).reshape(height, width, 3)


def gif_delays(path: Path) -> set[int]:
    """Hundredths of a second, of all images."""
    data = path.read_bytes()
    marker = b"\x21\xf9\x04"  # graphic control extension
    found = [at for at in range(len(data) - 8) if data[at : at + 3] == marker and data[at + 7] == 0]
    return {struct.unpack("<H", data[at + 4 : at + 6])[0] for at in found}


# Where the frames of a contact sheet begin, and the space between them.
MARGIN, HEADER, GAP = 72, 82, 4


def tiles(root: Path, *arguments: object) -> np.ndarray:
    """The frames of a contact sheet, one pixel a pixel: [trajectory, column, size, size, 3]."""
    out = new_directory()
    done = run("preview", root, "--out", out, "--scale", 1, *arguments)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    picture, size = png_pixels(out / "preview.png"), support.manifest(root)["config"]["image"]["size"]
    starts = [[(HEADER + row * (size + GAP), MARGIN + column * (size + GAP)) for column in range(8)] for row in range(8)]
    return np.array([[picture[y : y + size, x : x + size] for y, x in row] for row in starts])


def shown(root: Path, split: str, name: str) -> np.ndarray:
    """Those of the first eight trajectories that a contact sheet has."""
    return support.read(root, split, name)[0][:8, [column * (FRAMES - 1) // 7 for column in range(8)]]


def gif_frames(path: Path) -> tuple[tuple[int, int], int, bool]:
    """Size, number of images, and whether it repeats."""
    data = path.read_bytes()
    assert data[:6] == b"GIF89a", "not an animated GIF"
    width, height, flags = struct.unpack("<HHB", data[6:11])
    at = 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)
    images, repeats = 0, False
    while data[at] != 0x3B:  # trailer
        if data[at] == 0x21:  # extension
            repeats |= data[at + 1] == 0xFF and data[at + 3 : at + 14] == b"NETSCAPE2.0"
            at += 2
        else:
            assert data[at] == 0x2C, f"unknown block {data[at]:#x}"
            images += 1
            local = data[at + 9]
            at += 11 + (3 << (local & 7) + 1 if local & 0x80 else 0)
        while data[at]:
            at += 1 + data[at]
        at += 1
    assert at + 1 == len(data), "bytes behind the end"
    return (width, height), images, repeats


class PreviewTest(unittest.TestCase):
    def test_pictures_of_every_system(self):
        for system in SYSTEMS:
            with self.subTest(system):
                root, out = dataset(system), new_directory() / "pictures"
                before = support.digests(root)
                done = run("preview", root, "--out", out, "--json", "--split", "test", "--index", 3)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                files = [Path(name) for name in json.loads(done.stdout)]
                self.assertEqual(sorted(files), sorted(out.iterdir()))
                self.assertEqual(support.digests(root), before)
                for path in files:
                    if path.suffix == ".gif":
                        size, frames, repeats = gif_frames(path)
                        self.assertEqual((frames, repeats), (FRAMES, True))
                    else:
                        size = png_size(path)
                    self.assertGreater(min(size), 100)
                self.assertEqual({path.suffix for path in files}, {".png", ".gif"})

    def test_decodes(self):
        try:
            from PIL import Image, ImageSequence
        except ImportError:
            self.skipTest("PIL is not installed (Debian: apt-get install python3-pil)")
        out = new_directory()
        self.assertEqual(run("preview", dataset("three_body", 64), "--out", out).returncode, 0)
        with Image.open(out / "preview.gif") as picture:
            frames = [frame.convert("RGB").tobytes() for frame in ImageSequence.Iterator(picture)]
        self.assertEqual((len(frames), len(set(frames))), (FRAMES, FRAMES))
        for path in out.glob("*.png"):
            with Image.open(path) as picture:
                self.assertGreater(len(picture.convert("RGB").getcolors(1 << 24)), 50)

    def test_goes_into_the_dataset_by_default(self):
        root = support.generate(new_directory() / "data", "--system", "pendulum", "--n", 2, "--n-test", 0)
        done = run("preview", root)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for line in done.stdout.splitlines():
            self.assertEqual(Path(line).parent, root)
            self.assertTrue(Path(line).is_file())
        self.assertEqual(run("info", root).returncode, 0)

    def test_frames_are_noise_free_where_the_split_has_such_or_as_asked_for(self):
        root, quiet = dataset("pendulum", 16), dataset("pendulum", 16, "--noise-std", 0)
        for split, arguments, source, name in (
                ("test", (), root, "frames_clean"), ("test", ("--clean",), root, "frames_clean"), ("test", ("--observed",), root, "frames"),
                ("train", (), root, "frames"), ("train", ("--observed",), root, "frames"),
                ("train", ("--clean",), quiet, "frames")):  # drawn from the exact states
            with self.subTest(split=split, arguments=arguments):
                np.testing.assert_array_equal(tiles(root, "--split", split, *arguments), shown(source, split, name))

    def test_the_picture_says_which_frames_it_shows(self):
        """The same pixels of frames below other words."""
        root = dataset("pendulum", 16, "--noise-std", 0)
        pictures = []
        for argument in ("--clean", "--observed"):
            out = new_directory()
            self.assertEqual(run("preview", root, "--out", out, argument, "--split", "test").returncode, 0)
            pictures.append((png_pixels(out / "preview.png"), (out / "preview.gif").read_bytes()))
        (clean, moving_clean), (observed, moving_observed) = pictures
        np.testing.assert_array_equal(clean[HEADER:], observed[HEADER:])
        self.assertTrue((clean[:HEADER] != observed[:HEADER]).any())
        self.assertNotEqual(moving_clean, moving_observed)

    def test_scale_and_speed(self):
        root = dataset("pendulum", 16)
        for scale, per_second, delay in ((1, 50, 2), (3, 10, 10), (5, 1, 100)):
            with self.subTest(scale=scale):
                out = new_directory()
                self.assertEqual(run("preview", root, "--out", out, "--scale", scale, "--fps", per_second).returncode, 0)
                (width, _), frames, _ = gif_frames(out / "preview.gif")
                self.assertEqual((width, frames), (4 * (16 * scale + GAP) - GAP, FRAMES))
                self.assertEqual(gif_delays(out / "preview.gif"), {delay})
                self.assertEqual(png_size(out / "preview.png")[0], MARGIN + 8 * (16 * scale + GAP) + GAP)

    def test_pendulums_have_space_around_them(self):
        (frames,) = support.read(dataset("pendulum", 64), "test", "frames_clean")
        background = frames[0, 0, 0, 0]
        for border in (frames[:, :, 0], frames[:, :, -1], frames[:, :, :, 0], frames[:, :, :, -1]):
            self.assertLess(np.abs(border.astype(int) - background).max(), 8)  # grey levels of the disc's soft edge
        np.testing.assert_allclose(support.manifest(dataset("pendulum", 64))["config"]["view"]["margin"], 0.15)

    def test_refusals(self):
        root = dataset("pendulum")
        for arguments, status, words in (
                ((root, "--index", 25), 2, ("--index 25", "0 to 24")), ((root, "--index", "x"), 2, ("--index",)),
                ((root, "--split", "val"), 2, ('"val"',)), ((root, "--clean", "--observed"), 2, ("--clean", "--observed")),
                ((root, "--scale", 0), 2, ("--scale = 0", ">= 1")), ((root, "--scale", "big"), 2, ("--scale",)),
                ((root, "--fps", 51), 2, ("--fps = 51", "<= 50")), ((root, "--fps", 0), 2, ("--fps = 0",)),
                ((new_directory(),), 1, ("not a dataset of hamgen",)),
                ((), 2, ("DIR",))):
            with self.subTest(str(arguments)):
                done = run("preview", *arguments)
                self.assertEqual((done.returncode, done.stdout), (status, ""))
                self.assertRegex(done.stderr, r"\Ahamgen: [^\n]+\n\Z")
                for word in words:
                    self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
