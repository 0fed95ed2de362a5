#!/usr/bin/env python3
"""Draws the curves of training runs: plot_training.py --help, python/hamgen/figures/training.py."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
from hamgen.interpreter import need  # noqa: E402

need("matplotlib")
from hamgen.figures.training import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main())
