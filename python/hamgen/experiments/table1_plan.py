"""What scripts/experiments/table1 is to do: the plan, read and checked; datasets and runs as hamgen and hgn-fit understand them, and how far
they are. Nothing here writes."""
from __future__ import annotations

import dataclasses
import difflib
import json
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

from hamgen.programs import REPOSITORY, program
from hamgen.run_log import read_log


class PlanError(Exception):
    """The plan, or what was asked of it, cannot be: status 2."""


class Refusal(Exception):
    """What is there already does not go with the plan: status 1."""


KINDS = {"object": dict, "array": list, "string": str, "integer": int}
LEAST = ("minimum", "minLength", "minItems", "minProperties")


def joined(path: str, key: str) -> str:
    """models."hgn euler".max_time"""
    word = key if re.fullmatch(r"[\w-]+", key) else json.dumps(key, ensure_ascii=False)
    return f"{path}.{word}" if path else word


def check(value: object, schema: dict, root: dict, path: str = "") -> None:
    """Refuses what the JSON Schema does not allow, and fills in defaults; as much of the standard as the plan's schema uses."""
    if "$ref" in schema:
        schema = {**root["$defs"][schema["$ref"].rsplit("/", 1)[1]], **schema}
    expected = schema.get("description", "an object")
    if "not" in schema:
        raise PlanError(f"{path} is not allowed: {expected}")
    is_right = isinstance(value, KINDS[schema["type"]]) and not isinstance(value, bool)
    if is_right:
        size = value if isinstance(value, int) else len(value)
        is_right = (all(size >= schema[word] for word in LEAST if word in schema) and size <= schema.get("maximum", size)
                    and (not isinstance(value, str) or re.search(schema.get("pattern", ""), value) is not None)
                    and ("uniqueItems" not in schema or len({json.dumps(item) for item in value}) == len(value)))
    if not is_right:
        raise PlanError(f"{path or 'the plan'} = {json.dumps(value, ensure_ascii=False)[:200]} is not allowed: expected {expected}")
    for index, item in enumerate(value if isinstance(value, list) else []):
        check(item, schema["items"], root, f"{path}[{index}]")
    if isinstance(value, dict):
        check_members(value, schema, root, path)


def check_members(value: dict, schema: dict, root: dict, path: str) -> None:
    known, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    for key in schema.get("required", []):
        if key not in value:
            raise PlanError(f"{joined(path, key)} is missing: expected {known[key]['description']}")
    for key, item in value.items():
        here = joined(path, key)
        if not re.search(schema.get("propertyNames", {}).get("pattern", ""), key):
            raise PlanError(f"{here}: this name is not allowed: expected {schema['propertyNames']['description']}")
        if key not in known and others is False:
            near = difflib.get_close_matches(key, known, 1)
            advice = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(known)}"
            raise PlanError(f"{here} is an unknown key: {advice}")
        if key in known or isinstance(others, dict):
            check(item, known.get(key, others), root, here)
    for key, member in known.items():
        if "default" in member:
            value.setdefault(key, member["default"])


def unique(pairs: list[tuple[str, object]]) -> dict:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise PlanError(f"{joined('', key)} is there twice in one object")
    return dict(pairs)


def read_plan(file: Path) -> dict:
    schema = json.loads((REPOSITORY / "schemas/table1.schema.json").read_text(encoding="utf-8"))
    try:
        plan = json.loads(file.read_text(encoding="utf-8"), object_pairs_hook=unique)
        if isinstance(plan, dict):
            plan.setdefault("evaluation", {})
        check(plan, schema, schema)
    except (OSError, ValueError, RecursionError) as error:
        raise PlanError(f"cannot read {file}: {error}") from None
    except PlanError as error:
        raise PlanError(f"{file}: {error}") from None
    return plan


def leaves(value: dict, prefix: str = "") -> Iterator[tuple[str, object]]:
    """(dotted path, value) of all that is no object."""
    for key, item in value.items():
        if isinstance(item, dict):
            yield from leaves(item, f"{prefix}{key}.")
        else:
            yield prefix + key, item


def seconds_of(text: str) -> float:
    return float(text[:-1]) * {"s": 1, "m": 60, "h": 3600}[text[-1]]


def configuration(where: str, settings: dict, name: str, *arguments: str) -> tuple[list[str], dict]:
    """The flags for a program, and the whole configuration that it makes of them."""
    words, seen = list(arguments), set()
    for path, value in leaves(settings):
        if path in seen:
            raise PlanError(f"{where}: {path} is there twice, nested and dotted")
        seen.add(path)
        words += ["--set", f"{path}={json.dumps(value)}"]
    try:
        done = subprocess.run([program(name), *words, "--print-config"], capture_output=True, text=True, start_new_session=True)
    except (OSError, ValueError) as error:
        raise PlanError(f"cannot run {program(name)}: {error}") from None
    if done.returncode != 0:
        raise PlanError(f"{where}: {done.stderr.strip() or f'{name} ended with status {done.returncode}'}")
    return words, json.loads(done.stdout)


def read_json(file: Path) -> dict:
    """{} where there is none that can be read."""
    try:
        value = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def differences(there: dict, here: dict) -> list[str]:
    """Of the values that both know; what is null or "auto" here is the machine's choice."""
    known = dict(leaves(there))
    return [f"{path}: {json.dumps(known[path])} there, {json.dumps(value)} here" for path, value in leaves(here)
            if path in known and known[path] != value
            and not (path in ("device", "precision", "threads") and value in (None, "auto"))]


@dataclasses.dataclass
class PlannedDataset:
    name: str
    path: Path
    arguments: list[str]
    config: dict

    def is_done(self) -> bool:
        return (self.path / "manifest.json").exists()


@dataclasses.dataclass
class PlannedRun:
    """A run of hgn-fit. Beside its directory lies its state: {"max_time": s, "spent": s, "saved": s at "checkpoint", "failed"}."""

    dataset: PlannedDataset
    model: str
    seed: int
    budget: float  # seconds
    path: Path
    arguments: list[str]
    config: dict

    @property
    def name(self) -> str:
        return f"{self.dataset.name}/{self.model}/{self.seed}"

    def beside(self, ending: str) -> Path:
        return self.path.with_name(self.path.name + ending)

    def state(self) -> dict:
        state = read_json(self.beside(".state.json"))
        return {} if state.get("checkpoint") and not self.path.exists() else state  # removed, to be made again

    def is_done(self) -> bool:
        return (self.path / "result.json").exists()

    def failure(self) -> str | None:
        return None if self.is_done() else self.state().get("failed")

    def checkpoint(self) -> str:
        """The name of the newest."""
        return max((file.name for file in (self.path / "checkpoints").glob("step-*.safetensors")), default="")

    def spent(self) -> float:
        """Seconds of training; those since the last checkpoint are lost with what was done in them."""
        state = self.state()
        return state.get("saved" if state.get("checkpoint") == self.checkpoint() else "spent", 0.0)

    def left(self) -> float:
        return 0.0 if self.is_done() or self.failure() else max(0.0, self.budget - self.spent())

    def last_line(self) -> dict:
        """Of its log: step and error."""
        try:
            lines = read_log(self.path)
        except (OSError, ValueError):
            lines = []
        return next((line for line in reversed(lines) if line.get("kind") == "train"), {})


def datasets_of(plan: dict, out: Path) -> list[PlannedDataset]:
    found = []
    for name, settings in plan["datasets"].items():
        where = joined("datasets", name)
        arguments, config = configuration(where, settings, "hamgen")
        if config["n_test"] == 0:
            raise PlanError(f"{where}.n_test = 0 is not allowed: the table is about errors on the test split")
        found.append(PlannedDataset(name, out / "data" / name, arguments, config))
    return found


def datasets_for(plan: dict, where: str, entry: dict) -> list[str]:
    """The names of those that a model of the plan is trained on."""
    chosen = entry.get("datasets", list(plan["datasets"]))
    for name in chosen:
        if name not in plan["datasets"]:
            raise PlanError(f"{where}.datasets: there is no dataset {json.dumps(name)}: expected of {', '.join(plan['datasets'])}")
    return chosen


def runs_of(plan: dict, out: Path, datasets: list[PlannedDataset]) -> list[PlannedRun]:
    """Dataset after dataset, and all models with their first seed before any with its second."""
    runs, names = [], {}
    for model, entry in plan["models"].items():
        where = joined("models", model)
        threads = entry.get("threads", plan.get("threads"))
        flags = ["--model", entry["model"], *(["--preset", entry["preset"]] if "preset" in entry else []),
                 *(["--threads", str(threads)] if threads else [])]
        arguments, config = configuration(where, entry.get("settings", {}), "hgn-fit", *flags)
        if "image_size" not in config["data"]:
            raise PlanError(f"{where}.model = {json.dumps(entry['model'])} is not allowed: it learns from states, not from videos")
        mine = datasets_for(plan, where, entry)
        word = re.sub("[^A-Za-z0-9]+", "_", model).strip("_")
        if names.setdefault(word, model) != model:
            raise PlanError(f"{where}: its runs would lie where those of {json.dumps(names[word])} do: choose another name")
        for index, dataset in enumerate(datasets):
            if dataset.name not in mine:
                continue
            for place, seed in enumerate(entry.get("seeds", plan["seeds"])):
                runs.append((index, place, PlannedRun(dataset, model, seed, seconds_of(entry.get("max_time", plan["max_time"])),
                                                      out / "runs" / dataset.name / f"{word}-{seed}",
                                                      [*arguments, "--seed", str(seed)], {**config, "seed": seed})))
    return [run for *_, run in sorted(runs, key=lambda item: item[:2])]


def refuse_changes(datasets: list[PlannedDataset], runs: list[PlannedRun]) -> None:
    changed = [(dataset.path, differences(read_json(dataset.path / "plan.json").get("config", {}), dataset.config))
               for dataset in datasets]
    for run in runs:
        budget = run.state().get("max_time", run.budget) if run.path.exists() else run.budget
        changed.append((run.path, differences({**read_json(run.path / "config.json"), "max_time": budget},
                                              {**run.config, "max_time": run.budget})))
    texts = [f"{path} was begun with another configuration ({'; '.join(what)})" for path, what in changed if what]
    if texts:
        raise Refusal("\n  ".join(texts) + ": give its own plan, choose another --out, or remove what is to be made again")


def selected(runs: list[PlannedRun], names: list[str]) -> list[PlannedRun]:
    def names_of(run: PlannedRun) -> set[str]:
        return {run.dataset.name, run.model, f"{run.dataset.name}/{run.model}", run.name}

    for name in names:
        if not any(name in names_of(run) for run in runs):
            datasets = ", ".join(dict.fromkeys(run.dataset.name for run in runs))
            models = ", ".join(dict.fromkeys(run.model for run in runs))
            raise PlanError(f"--only {shlex.quote(name)}: expected a dataset ({datasets}), a model ({models}) or a run like "
                            f"{json.dumps(runs[0].name)}")
    return [run for run in runs if not names or names_of(run) & set(names)]
