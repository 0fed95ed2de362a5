"""Draw the figures of the paper (Toth et al., Hamiltonian Generative Networks) from datasets and runs of one's own.

    figures.py 5 --data mass_spring pendulum two_body three_body --out fig5.pdf      datasets: frames, phase space
    figures.py 6 mass_spring.json pendulum.json --out fig6.pdf                       errors and energies over time
    figures.py 7 runs/hgn runs/pixel_hnn --data three_body --index 3 --out fig7.pdf  rollouts of two sequences
    figures.py 8 runs/mass_spring runs/pendulum --out fig8.pdf                       samples from the prior
    figures.py rollouts runs/a runs/b --data a b --out rollouts.png                  beyond the window, beside the truth
    figures.py 9 ring.json moons.json --out fig9.pdf                                 densities of Hamiltonian flows
    figures.py 10 --out fig10.pdf                                                    volume: leapfrog and Euler
    figures.py samples pendulum.json --labels q p --out samples.pdf                  points and samples of densities

Figures 6, 9 and samples read what `hgn-eval RUN... --json FILE` writes, 6 a file for each dataset. Figures 7, 8 and rollouts call
hgn-rollout: $HGN_ROLLOUT, or build/release/bin/hgn-rollout, or that on the PATH. Pictures are .png, .pdf or .svg. Needs matplotlib.
"""
from __future__ import annotations

import argparse
import math
import sys
from pathlib import Path
from typing import Callable, NoReturn

from hamgen import DatasetError
from hamgen.figures import parts
from hamgen.figures.datasets import figure_5
from hamgen.figures.density import figure_9, figure_samples
from hamgen.figures.evaluations import figure_6
from hamgen.figures.parts import FigureError, plt
from hamgen.figures.rollouts import figure_7, figure_8, figure_rollouts
from hamgen.figures.volume import FORCES, figure_10


class Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"figures: {message} ({self.prog} --help)", file=sys.stderr)
        sys.exit(2)


def picture(name: str) -> Path:
    path = Path(name)
    if path.suffix not in parts.FORMATS:
        raise argparse.ArgumentTypeError(f"{name!r} is not allowed: expected a name that ends in .png, .pdf or .svg")
    return path


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(written: str) -> int:
        if not (written.isascii() and written.isdigit() and low <= int(written) <= high):
            raise argparse.ArgumentTypeError(f"{written!r} is not allowed: expected an integer from {low} to {high}")
        return int(written)

    return parse


def step_size(written: str) -> float:
    try:
        value = float(written)
    except ValueError:
        value = math.nan
    if not 0 < value < 2:
        raise argparse.ArgumentTypeError(f"{written!r} is not allowed: expected a number > 0 and < 2")
    return value


def make_parser() -> Parser:
    parser = Parser(prog="figures.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    figures = parser.add_subparsers(metavar="FIGURE", required=True, dest="figure", help="5 to 10, or samples")

    def add(name: str, draw: Callable, summary: str) -> argparse.ArgumentParser:
        command = figures.add_parser(name, help=summary, description=f"{'Figure ' * name.isdigit()}{name}: {summary}.")
        command.set_defaults(draw=draw)
        command.add_argument("--out", type=picture, required=True, metavar="FILE", help="picture: .png, .pdf or .svg")
        return command

    def add_index(command: argparse.ArgumentParser) -> None:
        command.add_argument("--index", type=whole(0, 10**15), default=0, metavar="I", help="which sequence [0]")

    def add_reader(name: str, draw: Callable, summary: str) -> argparse.ArgumentParser:
        command = add(name, draw, summary)
        command.add_argument("evaluations", nargs="+", type=Path, metavar="EVALUATION.json",
                             help="what hgn-eval --json wrote")
        return command

    def add_runs(command: argparse.ArgumentParser, summary: str) -> None:
        command.add_argument("runs", nargs="+", type=Path, metavar="RUN", help=summary)
        command.add_argument("--device", metavar="X", help="auto, cpu, cuda or cuda:1 [as trained]")

    five = add("5", figure_5, "frames and phase space of datasets, a row each")
    five.add_argument("--data", nargs="+", required=True, metavar="DIR", help="datasets that hamgen made")
    add_index(five)
    add_reader("6", figure_6, "errors of every frame and the learned energy over time, a column for each dataset")
    seven = add("7", figure_7, "rollouts of a train and a test sequence")
    add_runs(seven, "directories of hgn-fit: the first forward, backward, fast and slow, further ones forward")
    seven.add_argument("--data", required=True, metavar="DIR", help="dataset that hamgen made")
    add_index(seven)
    eight = add("8", figure_8, "sequences from the prior, a block for each run")
    add_runs(eight, "directories of hgn-fit, of models with a prior")
    eight.add_argument("--data", nargs="+", metavar="DIR",
                       help="a dataset for each run: samples are from a density of what the run makes of it, not from N(0, 1)")
    eight.add_argument("--samples", type=whole(1, 100), default=4, metavar="N", help="sequences of each run [4]")
    eight.add_argument("--seed", type=whole(0, 10**15), default=0, metavar="N", help="of the samples [0]")
    beyond = add("rollouts", figure_rollouts, "the truth above a rollout twice as long as the window, of several runs")
    add_runs(beyond, "directories of hgn-fit")
    beyond.add_argument("--data", nargs="+", required=True, metavar="DIR", help="a dataset for each run")
    add_index(beyond)
    nine = add_reader("9", figure_9, "densities, energies and paths of Hamiltonian flows, a row for each run of nhf")
    nine.add_argument("--hamiltonian", type=whole(1, 10**15), metavar="N", help="whose energies, from 1 on [the last]")
    ten = add("10", figure_10, "a cell of phase space under leapfrog and Euler integration")
    ten.add_argument("--system", choices=sorted(FORCES), default="oscillator", help="of mass 1 [oscillator]")
    ten.add_argument("--dt", type=step_size, default=0.2, metavar="X", help="step [0.2]")
    ten.add_argument("--steps", type=whole(1, 200), default=32, metavar="N", help="so many steps [32]")
    samples = add_reader("samples", figure_samples, "points of the data and samples of densities, a row for each run")
    samples.add_argument("--labels", nargs="+", metavar="NAME", help="of the coordinates [x₁ x₂ …]")
    return parser


def main(words: list[str] | None = None) -> int:
    arguments = make_parser().parse_args(words)
    try:
        if not (directory := arguments.out.absolute().parent).is_dir():
            raise FigureError(f"there is no directory {directory}")
        with plt.rc_context(parts.STYLE):
            parts.save(arguments.draw(arguments), arguments.out)
    except (FigureError, DatasetError) as error:
        print(f"figures: {error}", file=sys.stderr)
        return error.status if isinstance(error, FigureError) else 1
    except OSError as error:
        print(f"figures: {error.filename}: {error.strerror}", file=sys.stderr)
        return 1
    print(arguments.out)
    return 0

