#!/usr/bin/env python3
"""Draws the figures of the paper: figures.py --help, python/hamgen/figures/command.py."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from hamgen.interpreter import need  # noqa: E402

need("h5py", "matplotlib", "numpy")
from hamgen.figures.command import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
