"""The table that scripts/experiments/table1 makes: rows of hgn-eval's numbers beside the paper's, as text, Markdown and JSON. All errors are
x 1e4, as in the paper."""
from __future__ import annotations

import hashlib
import math
import statistics
from pathlib import Path

from hamgen.experiments.table1_plan import PlannedDataset, PlannedRun, read_json

# Table 1 (Toth et al., ICLR 2020): train and test of each system.
PAPER_SYSTEMS = ("mass_spring", "pendulum", "two_body", "three_body")
PAPER = {
    "HNN": "50.38±1.75 104.37±52.51 69.39±0.89 64.62±0.87 80.52±1.79 78.9±1.93 61.63±3.31 57.54±2.39",
    "HNN (conv)": "18.97±0.77 119.09±69.17 13.14±0.66 106.07±41.94 7.3±0.38 120.71±44.48 15.22±1.99 62.77±37.57",
    "HGN (Euler)": "3.67±1.09 6.2±2.69 5.43±2.53 10.93±4.32 6.62±3.93 15.06±7.01 7.51±3.49 9.4±3.92",
    "HGN (determ)": "0.23±0.23 3.07±1.06 0.79±1.24 10.68±3.19 2.34±2.3 14.47±5.24 4.1±2.05 5.17±1.96",
    "HGN (no f_psi)": "4.95±1.71 7.04±2.55 6.83±3.29 13.98±4.94 6.35±3.86 16.49±6.6 8.37±3.13 10.41±3.72",
    "HGN (leapfrog)": "3.84±1.07 6.23±2.03 4.9±1.86 11.72±4.14 6.36±3.29 16.47±7.15 7.88±3.55 9.8±3.72",
}
CAPTION = """\
Pixel MSE x 1e4 over all frames of a sequence. +-: 95 % confidence interval (Student's t) of the mean over what the table says; the
paper does not say what its own +- is. Clean: test error against noise-free frames. % of mean image: test error, of that of the
train split's mean image on the test split's first 200 sequences. Forward, backward: error of the frames outside the window against exact motion, as
far as the plan's evaluation goes. Drift: of the learned energy along a rollout, over its spread across trajectories. Steps: those of
the run with the fewest, and of how many where its time was up. Minutes: of training, in the mean.
The paper: frames of 64x64, 50,000 train and 10,000 test trajectories.
"""
HEAD = ["model", "train", "test", "clean", "% of mean image", "forward", "backward", "drift", "over", "steps", "minutes",
        "paper: train", "paper: test"]


def paper_row(config: dict) -> str | None:
    """Which row of the paper's table a configuration of hgn-fit is; None for what the paper does not have."""
    if config["model"] != "hgn":
        return {"pixel_hnn": "HNN", "pixel_hnn_conv": "HNN (conv)"}.get(config["model"])
    marks = {config["integrator"]["method"]} - {"leapfrog"}
    marks |= {"determ"} if config["latent"]["deterministic"] else set()
    marks |= set() if config["transform"]["enabled"] else {"no f_psi"}
    rows = {"": "HGN (leapfrog)", "euler": "HGN (Euler)", "determ": "HGN (determ)", "no f_psi": "HGN (no f_psi)"}
    return rows.get(", ".join(sorted(marks)))


def paper_numbers(row: str | None, system: str) -> dict | None:
    if row is None or system not in PAPER_SYSTEMS:
        return None
    at = 2 * PAPER_SYSTEMS.index(system)
    pairs = [map(float, text.split("±")) for text in PAPER[row].split()[at:at + 2]]
    return {split: dict(zip(("mean", "plus_minus"), pair)) for split, pair in zip(("train", "test"), pairs)}


def t_quantile(degrees: int) -> float:
    """97.5 % of Student's t; beyond the table, Cornish and Fisher's expansion, right to 1e-3 there."""
    table = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060)
    if degrees <= len(table):
        return table[degrees - 1]
    z = 1.959964
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def fingerprint(run: PlannedRun) -> str:
    """Of what a run has ended with."""
    return hashlib.sha256((run.path / "result.json").read_bytes()).hexdigest()


def evaluated_runs(out: Path, dataset: PlannedDataset, runs: list[PlannedRun]) -> dict[str, dict]:
    """By name, what hgn-eval said of those that have not changed since."""
    seen = read_json(out / f"{dataset.name}.state.json").get("runs", {})
    evaluated = {one["run"]: one for one in read_json(out / f"{dataset.name}.json").get("runs", [])}
    return {run.name: evaluated[str(run.path)] for run in runs
            if str(run.path) in evaluated and run.is_done() and seen.get(run.name) == fingerprint(run)}


def status_of(run: PlannedRun, evaluated: dict[str, dict]) -> str:
    if run.name in evaluated:
        return "done"
    if run.failure():
        return "failed"
    return "not evaluated" if run.is_done() else "begun" if run.checkpoint() else "missing"


def measure(values: list[dict]) -> dict | None:
    """Of one run, over trajectories; of several, over their means."""
    means = [value["mean"] for value in values]
    if not means or None in means:
        return None  # none, or not finite
    if len(means) == 1:
        half = values[0]["ci95"]
    else:
        half = t_quantile(len(means) - 1) * statistics.stdev(means) / math.sqrt(len(means))
    return {"mean": 1e4 * statistics.mean(means), "half_width": None if half is None else 1e4 * half}


MEASURES = (("train", "train", "mse"), ("test", "test", "mse"), ("clean", "test", "mse_clean"), ("forward", "forward", "mse_clean"),
            ("backward", "backward", "mse_clean"), ("half_speed", "half_speed", "mse_clean"),
            ("double_speed", "double_speed", "mse_clean"))


COURSES = ("forward", "backward", "half_speed", "double_speed")  # the mean image is scored on each one's own frames


def row_of(label: str, paper: str | None, runs: list[PlannedRun], evaluated: dict[str, dict], dataset: PlannedDataset,
           mean_image: float | None) -> dict:
    measured = [evaluated[run.name] for run in runs if run.name in evaluated]
    row = {"row": label, "model": runs[0].model if runs else None, "paper": paper_numbers(paper, dataset.config["system"]),
           "runs": []}
    for run in runs:
        result, status = read_json(run.path / "result.json"), status_of(run, evaluated)
        row["runs"].append({"name": run.name, "path": str(run.path), "seed": run.seed, "status": status,
                            "failure": run.failure(), "steps": result.get("steps"), "ending": result.get("ending")})
    for key, split, error in MEASURES:
        row[key] = measure([one["pixel_error"][split][error] for one in measured])
    drifts = [one["energy"]["drift"] for one in measured if (one.get("energy") or {}).get("drift") is not None]
    row["drift"] = statistics.mean(drifts) if drifts else None
    row["minutes"] = statistics.mean(one["seconds"] / 60 for one in measured) if measured else None
    row["of_mean_image"] = row["test"]["mean"] / mean_image if row["test"] and mean_image else None
    row["over"] = {"seeds": len(measured)}
    if len(measured) == 1:
        row["over"]["trajectories"] = measured[0]["pixel_error"]["test"]["mse"]["n"]
    return row


def tables_of(out: Path, datasets: list[PlannedDataset], runs: list[PlannedRun]) -> list[dict]:
    """For each dataset the rows of the paper, for the first one of a system those with no model in the plan as well, and then the
    plan's others."""
    systems = [dataset.config["system"] for dataset in datasets]
    return [table_of(out, dataset, [run for run in runs if run.dataset is dataset], dataset.config["system"] not in systems[:index])
            for index, dataset in enumerate(datasets)]


def table_of(out: Path, dataset: PlannedDataset, runs: list[PlannedRun], has_every_row: bool) -> dict:
    evaluated = evaluated_runs(out, dataset, runs)
    yardsticks = read_json(out / f"{dataset.name}.json").get("yardsticks", {}) if evaluated else {}
    mean_image = yardsticks.get("mean_image", {})
    scaled = {name: None if value is None else 1e4 * value for name, value in (
        ("noise_floor", yardsticks.get("noise_floor")), ("mean_image", mean_image.get("mse")),
        ("mean_image_clean", mean_image.get("mse_clean")),
        *((f"mean_image_{course}", mean_image.get(course)) for course in COURSES))}
    models: dict[str, list[PlannedRun]] = {}
    for run in runs:
        models.setdefault(run.model, []).append(run)
    rows, placed = [], set()
    for paper in PAPER:
        mine = [model for model, its in models.items() if paper_row(its[0].config) == paper]
        placed |= set(mine)
        for model in mine or [None] * has_every_row:
            label = paper if len(mine) < 2 else f"{paper}: {model}"
            rows.append(row_of(label, paper, models.get(model, []), evaluated, dataset, scaled["mean_image"]))
    rows += [row_of(model, None, its, evaluated, dataset, scaled["mean_image"]) for model, its in models.items()
             if model not in placed]
    keys = ("system", "n", "n_test", "steps")
    return {"dataset": dataset.name, **{key: dataset.config[key] for key in keys}, "image_size": dataset.config["image"]["size"],
            **scaled, "rows": rows}


def number_text(value: dict | None, half: str = "half_width", style: str = ".2f") -> str:
    if value is None:
        return "-"
    return f"{value['mean']:{style}}" + ("" if value[half] is None else f" +- {value[half]:{style}}")


def over_text(row: dict) -> str:
    """What an interval is over; why there is none, or not of all."""
    counts: dict[str, int] = {}
    for run in row["runs"]:
        counts[run["status"]] = counts.get(run["status"], 0) + 1
    if not counts:
        return "not in the plan"
    done, every = counts.pop("done", 0), len(row["runs"])
    rest = ", ".join(status if every == 1 else f"{count} {status}" for status, count in counts.items())
    if done == 0:
        return rest
    what = f"{row['over']['trajectories']} trajectories" if done == 1 else f"{done} seeds"
    if done == 1 and every > 1:
        what += ", 1 seed"
    if row["test"] is None:
        what = "not finite"
    return f"{what}; {rest}" if rest else what


def steps_text(row: dict, planned: dict[str, int]) -> str:
    """Of the run with the fewest; of how many, where time was up before."""
    ended = [run for run in row["runs"] if run["steps"] is not None]
    if not ended:
        return "-"
    least = min(ended, key=lambda run: run["steps"])
    return f"{least['steps']}" + ("" if least["ending"] in ("finished", "no improvement") else f" of {planned[row['model']]}")


def number_of(table: dict, key: str) -> str:
    return "" if table.get(key) is None else f"{table[key]:.2f}"


def cells_of(table: dict, planned: dict[str, int]) -> list[list[str]]:
    lines = [HEAD]
    for row in table["rows"]:
        ratio = "-" if row["of_mean_image"] is None else f"{100 * row['of_mean_image']:.1f}"
        paper = row["paper"] or {"train": None, "test": None}
        drift = "-" if row["drift"] is None else f"{row['drift']:.2g}"
        minutes = "-" if row["minutes"] is None else f"{row['minutes']:.1f}"
        lines.append([row["row"], *(number_text(row[key]) for key in ("train", "test", "clean")), ratio,
                      *(number_text(row[key]) for key in ("forward", "backward")), drift, over_text(row), steps_text(row, planned),
                      minutes, *(number_text(paper[split], "plus_minus", "") for split in ("train", "test"))])
    for name, error, clean in (("noise floor", "noise_floor", None), ("mean image", "mean_image", "mean_image_clean")):
        if table[error] is not None:
            ratio = f"{100 * table[error] / table['mean_image']:.1f}" if table["mean_image"] else "-"
            beyond = [number_of(table, f"{error}_{course}") for course in COURSES[:2]]
            lines.append([name, "", f"{table[error]:.2f}", f"{table[clean]:.2f}" if clean else "", ratio, *beyond,
                          *[""] * (len(HEAD) - 7)])
    return lines


def heading_of(table: dict) -> str:
    system = "" if table["system"] == table["dataset"] else f" ({table['system']})"
    return (f"{table['dataset']}{system}: {table['n']} train and {table['n_test']} test trajectories, {table['steps'] + 1} frames "
            f"of {table['image_size']}x{table['image_size']}")


def failures_of(table: dict) -> list[str]:
    return [f"{run['name']} failed: {run['failure']}" for row in table["rows"] for run in row["runs"] if run["status"] == "failed"]


def text_of(tables: list[dict], planned: dict[str, int]) -> str:
    text = ""
    for table in tables:
        lines = cells_of(table, planned)
        widths = [max(len(line[i]) for line in lines) for i in range(len(HEAD))]
        text += heading_of(table) + "\n"
        for line in lines:
            cells = [cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))]
            text += "  " + "  ".join(cells).rstrip() + "\n"
        text += "".join(f"  {failure}\n" for failure in failures_of(table)) + "\n"
    return text + CAPTION


def markdown_of(tables: list[dict], planned: dict[str, int]) -> str:
    text = "# Table 1\n\n"
    for table in tables:
        lines = [[cell.replace("|", "\\|").replace("+-", "±") for cell in line] for line in cells_of(table, planned)]
        lines.insert(1, ["---", *["---:"] * (len(HEAD) - 1)])
        text += f"## {heading_of(table)}\n\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines) + "\n"
        text += "".join(f"- {failure}\n" for failure in failures_of(table)) + ("\n" if failures_of(table) else "")
    return text + CAPTION.replace("+-", "±")
