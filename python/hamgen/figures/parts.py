"""What figures are made of: colours, sheets of frames, numbers from JSON."""
from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import matplotlib
import numpy as np

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# Told apart by people with any kind of colour vision; the first six are those of hgn-eval's pages.
COLORS = ("#476ec5", "#d6780f", "#17a292", "#6a3052", "#935500", "#3e319f", "#000000", "#8fd0ea")
DASHES = ("-", "--", ":", "-.")
INK, QUIET, SHADE = "#1c1f23", "#62686f", "#c4c8cc"
STYLE = {"font.size": 10, "axes.titlesize": 11, "xtick.labelsize": 9, "ytick.labelsize": 9, "legend.fontsize": 8.5,
         "axes.spines.top": False, "axes.spines.right": False, "axes.edgecolor": QUIET, "xtick.color": QUIET,
         "ytick.color": QUIET, "legend.frameon": False, "lines.linewidth": 1.5, "axes.titlelocation": "left",
         "svg.hashsalt": "hamgen", "pdf.fonttype": 42, "savefig.dpi": 200}
# With what to leave out so that equal input gives equal bytes.
FORMATS = {".png": {}, ".pdf": {"CreationDate": None}, ".svg": {"Date": None}}


class FigureError(Exception):
    """Something that a figure needs is not as it should be; the message is one sentence, status the program's."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def save(figure: plt.Figure, path: Path) -> None:
    figure.savefig(path, metadata=FORMATS[path.suffix], bbox_inches="tight", pad_inches=0.08)
    plt.close(figure)


def name_of(system: Any) -> str:
    """"mass_spring" as a title."""
    return literal(system).replace("_", "-").capitalize() if isinstance(system, str) and system else "Unknown system"


def literal(words: str) -> str:
    """Words that matplotlib shows as they are, where it would take what is between dollars for a formula."""
    return words.replace("$", r"\$")


# JSON, where anything may be missing or null

def value_at(json_value: Any, path: str) -> Any:
    """json_value["a"]["b"] for "a/b", None where that is not there."""
    for key in path.split("/"):
        json_value = json_value.get(key) if isinstance(json_value, dict) else None
    return json_value


def number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else np.nan


def number_at(json_value: Any, path: str) -> float:
    return number(value_at(json_value, path))


def numbers_at(json_value: Any, path: str) -> np.ndarray:
    value = value_at(json_value, path)
    return np.array([number(item) for item in value] if isinstance(value, list) else [], dtype=float)


def series_at(json_value: Any, path: str, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Times and values of one curve; both empty where there is none, or where they do not go together."""
    time, values = numbers_at(json_value, f"{path}/time"), numbers_at(json_value, f"{path}/{name}")
    return (time, values) if len(time) == len(values) and np.isfinite(values).any() else (np.empty(0), np.empty(0))


def text(value: float, digits: int = 3) -> str:
    """A number with that many digits that count, in the shortest way."""
    if not np.isfinite(value):
        return "undefined"
    is_short = value == 0 or 1e-3 <= abs(value) < 10**digits
    return (f"{value:#.{digits}g}".rstrip(".") if is_short else f"{value:.{digits - 1}e}").replace("-", "−")


def read_evaluation(path: Path) -> dict[str, Any]:
    try:
        evaluation = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise FigureError(f"cannot understand {path}: {error}") from error
    if value_at(evaluation, "format") != "hamgen-evaluation-1" or not isinstance(evaluation.get("runs"), list):
        raise FigureError(f"{path} is not an evaluation that hgn-eval --json wrote")
    return evaluation


class Look(NamedTuple):
    """How the curves of one run are drawn: a colour for every title, a dash for every seed of it."""

    label: str
    color: str
    dash: Any
    order: tuple[int, int] = (0, 0)  # of titles, and of seeds within one


def looks_of(evaluations: list[dict[str, Any]]) -> list[list[Look]]:
    """The looks of each evaluation's runs; the same in all of them where title and seed are."""
    def title(run: Any) -> str:
        found = (value_at(run, key) for key in ("title", "model", "run"))
        return literal(next((name for name in found if isinstance(name, str)), "a run"))

    seeds: dict[str, list[Any]] = {}
    repeated = set()
    for evaluation in evaluations:
        titles = [title(run) for run in evaluation["runs"]]
        repeated |= {name for name in titles if titles.count(name) > 1}
        for name, run in zip(titles, evaluation["runs"]):
            known = seeds.setdefault(name, [])
            if (seed := value_at(run, "seed")) not in known:
                known.append(seed)

    def look(run: Any) -> Look:
        name, seed = title(run), value_at(run, "seed")
        group = list(seeds).index(name)
        member = seeds[name].index(seed) if name in repeated else 0
        return Look(f"{name}, seed {seed}" if name in repeated and seed is not None else name,
                    COLORS[group % len(COLORS)], DASHES[(member + group // len(COLORS)) % len(DASHES)], (group, member))

    return [[look(run) for run in evaluation["runs"]] for evaluation in evaluations]


def draw_legend(axes: plt.Axes, entries: list[Look], **options: Any) -> None:
    axes.axis("off")
    handles = [plt.Line2D([], [], color=look.color, linestyle=look.dash, label=look.label) for look in entries]
    if handles:
        axes.legend(handles=handles, alignment="left", columnspacing=1.2, handlelength=1.7,
                    **{"loc": "center left", "borderaxespad": 0, **options})


# Frames

def evenly(frames: int, at_most: int = 11) -> np.ndarray:
    """Numbers of so many frames, from the first to the last; rather a few less where that spaces them evenly."""
    intervals = min(frames, at_most) - 1
    even = [n for n in range(intervals, intervals // 2, -1) if (frames - 1) % n == 0]
    return np.linspace(0, frames - 1, (even[0] if even else intervals) + 1).round().astype(int)


def draw_frames(axes: plt.Axes, rows: list[np.ndarray], columns: list[str], labels: list[str] | None = None) -> None:
    """Rows of frames [n, S, S, 3] on one grid, whose columns and rows are labelled."""
    size = rows[0].shape[1]
    gap = max(1, size // 16)
    pitch = size + gap
    sheet = np.ones((len(rows) * pitch - gap, len(columns) * pitch - gap, 3))
    for i, frames in enumerate(rows):
        for j, frame in enumerate(frames):
            sheet[i * pitch : i * pitch + size, j * pitch : j * pitch + size] = frame
    axes.imshow(sheet)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    axes.set_xticks(np.arange(len(columns)) * pitch + size / 2, columns)
    axes.set_yticks(np.arange(len(rows)) * pitch + size / 2, labels or [""] * len(rows), color=INK)


def curve(values: np.ndarray, rates: np.ndarray, time: np.ndarray, pieces: int = 8) -> np.ndarray:
    """[T, D] values, with `pieces` steps from each to the next on the cubic that has their rates there (Hermite)."""
    dt = np.diff(time)[:, None, None]
    s = np.arange(pieces)[:, None] / pieces
    start, end, left, right = values[:-1, None], values[1:, None], dt * rates[:-1, None], dt * rates[1:, None]
    inner = ((1 + 2 * s) * (1 - s) ** 2 * start + s * (1 - s) ** 2 * left
             + s**2 * (3 - 2 * s) * end + s**2 * (s - 1) * right)
    return np.concatenate([inner.reshape(-1, values.shape[1]), values[-1:]])
