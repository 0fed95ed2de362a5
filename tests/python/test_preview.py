"""hamgen preview: pictures that other programs read, of the frames in the dataset."""
from __future__ import annotations

import json
import struct
import unittest
import zlib
from pathlib import Path

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

    def test_refusals(self):
        root = dataset("pendulum")
        for arguments, status, words in (
                ((root, "--index", 25), 2, ("--index 25", "0 to 24")), ((root, "--index", "x"), 2, ("--index",)),
                ((root, "--split", "val"), 2, ('"val"',)), ((new_directory(),), 1, ("not a finished dataset",)),
                ((), 2, ("DIR",))):
            with self.subTest(str(arguments)):
                done = run("preview", *arguments)
                self.assertEqual((done.returncode, done.stdout), (status, ""))
                self.assertRegex(done.stderr, r"\Ahamgen: [^\n]+\n\Z")
                for word in words:
                    self.assertIn(word, done.stderr)


if __name__ == "__main__":
    unittest.main()
