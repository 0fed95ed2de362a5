"""The paper's four systems: what docs/results/compact.json and compact_wide.json were made from, and what they tell of a run."""
from __future__ import annotations

import hashlib
import json
import math
import statistics
import subprocess
from typing import Any, NamedTuple

from hamgen.programs import REPOSITORY, program

DATA_SEED, TEST = 4242, 200  # no recipe was chosen on these test trajectories
COURSES = {"inside": ("test", "mse_clean"), "forward": ("forward", "forward"), "backward": ("backward", "backward"),
           "double speed": ("double_speed", "double_speed")}  # in pixel_error, and in the mean image's errors


class Recipe(NamedTuple):
    preset: str
    trajectories: int


RECIPES = {"mass_spring": Recipe("compact", 10000), "pendulum": Recipe("compact", 10000), "two_body": Recipe("compact", 10000),
           "three_body": Recipe("compact_wide", 20000)}


def dataset_options(system: str, train: int | None = None, test: int = TEST) -> list[object]:
    """Of hamgen, without --out."""
    return ["--system", system, "--n", train or RECIPES[system].trajectories, "--n-test", test, "--image-size", 32, "--seed", DATA_SEED]


def recipe_of(preset: str) -> str:
    """What the preset is now, in eight hexadecimal digits."""
    config = subprocess.run([program("hgn-fit"), "--preset", preset, "--print-config"], check=True, capture_output=True).stdout
    return hashlib.sha256(config).hexdigest()[:8]


def numbers_of(evaluation: dict[str, Any], manifest: dict[str, Any]) -> dict[str, Any]:
    """From hgn-eval's JSON of one run and the dataset's manifest. Errors of the courses: against noise-free frames, over the mean image's
    on the same frames. Blur is what the best prediction of noisy frames costs against noise-free ones, over the mean image's. Not a
    number where the model's is none."""
    run, yardsticks, made = evaluation["runs"][0], evaluation["yardsticks"], manifest["yardsticks"]
    errors, mean_image, valid = run["pixel_error"], yardsticks["mean_image"], run["valid_prediction_time"]

    def number(value: float | None) -> float:
        return math.nan if value is None else value

    mse = number(errors["test"]["mse"]["mean"])
    return {"pixel MSE x 1e4": 1e4 * mse,
            "of the noise floor": mse / yardsticks["noise_floor"],
            "of the mean image's": mse / mean_image["mse"],
            **{name: number(errors[course]["mse_clean"]["mean"]) / mean_image[whole] for name, (course, whole) in COURSES.items()},
            "blur": (made["clean_render_mse"] - made["noise_floor"]) / mean_image["mse_clean"],
            "energy drift": number(run["energy"]["drift"]),
            "valid to the end": bool(valid["forward"]["is_censored"] and valid["backward"]["is_censored"]),
            "SyMetric": bool(run["latent"]["symetric"]),
            "steps": run["steps"],
            "minutes": run["seconds"] / 60}


def measured(system: str) -> list[dict[str, Any]]:
    """What docs/results has of it, seed by seed."""
    file = REPOSITORY / f"docs/results/{RECIPES[system].preset}.json"
    return json.loads(file.read_text(encoding="utf-8"))["systems"].get(system, []) if file.exists() else []


def mean_of(runs: list[dict[str, Any]], name: str) -> float:
    return statistics.fmean(run[name] for run in runs)
