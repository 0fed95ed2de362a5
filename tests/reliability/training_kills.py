#!/usr/bin/env python3
"""Kills processes of one training, over and over: all must end in time, and the run that goes on must end as an undisturbed one.

    tests/reliability/training_kills.py [--kills N] [--processes P] [--steps S] [--out FILE]

A training of P processes is started by scripts/launch's own means. Again and again a random process gets SIGKILL, SIGSTOP, SIGTERM or
SIGUSR1 at a random moment; all processes have to end within the timeout (a stopped one is killed), and hgn-fit --resume goes on. At
the end the log must equal that of an undisturbed training, number by number. Reported, too: the time of steps that had to be taken
again, and what part of it remains useful with one kill a minute. HAMGEN and HGN_FIT name the programs.
"""
from __future__ import annotations

import argparse
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TIMEOUT = 5  # s, of hgn-fit
SIGNALS = (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGUSR1)
KEYS = ("step", "mse", "kl", "loss", "gradient_norm", "multiplier")


def program(name: str) -> str:
    return os.environ.get(name.upper().replace("-", "_"), str(ROOT / "build/release/bin" / name))


def launcher():
    loader = importlib.machinery.SourceFileLoader("launch", str(ROOT / "scripts/launch"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("launch", loader))
    loader.exec_module(module)
    return module


def steps_of(run: Path) -> list[dict]:
    log = run / "log.jsonl"
    text = log.read_text(encoding="utf-8") if log.exists() else ""
    found = []
    for line in text.splitlines():
        try:
            found.append(json.loads(line))
        except json.JSONDecodeError:
            break  # cut off: the process was killed while it wrote
    return [line for line in found if line["kind"] == "train"]


def newest_checkpoint(run: Path) -> int:
    steps = [int(file.stem.split("-")[1]) for file in (run / "checkpoints").glob("step-*.safetensors")]
    return max(steps, default=0)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50, help="[50]")
    parser.add_argument("--processes", type=int, default=2, help="[2]")
    parser.add_argument("--steps", type=int, default=3000, help="of the whole training [3000]")
    parser.add_argument("--checkpoint-every", type=int, default=20, metavar="STEPS", help="[20]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    parser.add_argument("--out", type=Path, help="write the results as JSON, too")
    options = parser.parse_args()
    chance = random.Random(options.seed)
    launch = launcher()
    with tempfile.TemporaryDirectory() as directory:
        root = Path(directory)
        subprocess.run([program("hamgen"), "--system", "mass_spring", "--n", "100", "--n-test", "5", "--image-size", "32", "--out",
                        root / "data", "--quiet"], check=True, stdout=subprocess.DEVNULL)

        def command(name: str) -> list[str]:
            return [program("hgn-fit"), "--data", str(root / "data"), "--out", str(root / name), "--preset", "small", "--quiet",
                    "--max-steps", str(options.steps), "--set", "train.log_every=1", "--set", "data.validation=5", "--set",
                    f"train.checkpoint_every={options.checkpoint_every}", "--set", f"timeout={TIMEOUT}", "--set",
                    "train.validate_every=500", "--set", "train.sample_every=1000000"]

        def team(words: list[str]):
            with open(os.devnull, "w", encoding="utf-8") as nothing:
                saved = os.dup(2)
                os.dup2(nothing.fileno(), 2)
                try:
                    return launch.Team(words, options.processes, launch.free_port())
                finally:
                    os.dup2(saved, 2)

        begin = time.monotonic()
        if any(team(command("calm")).wait(TIMEOUT + 2)):
            sys.exit("the undisturbed training failed")
        calm_seconds = time.monotonic() - begin
        seconds_per_step = statistics.median(1 / line["steps_per_second"] for line in steps_of(root / "calm"))

        kills, run, statuses, begin = [], root / "killed", [], time.monotonic()
        while True:
            started, clock = time.monotonic(), time.time()
            running = team(launch.resuming(command("killed")))
            if len(kills) == options.kills:
                statuses = running.wait(TIMEOUT + 2)
                break
            while not any(line["time"] >= clock for line in steps_of(run)[-1:]):  # it has to be training
                if any(process.poll() is not None for process in running.processes):
                    break
                time.sleep(0.02)
            start_seconds = time.monotonic() - started
            time.sleep(chance.uniform(0, 2))
            number, victim = chance.choice(SIGNALS), chance.randrange(options.processes)
            if running.processes[victim].poll() is None:
                running.processes[victim].send_signal(number)
            killed = time.monotonic()
            statuses = running.wait(TIMEOUT + 2)
            took = time.monotonic() - killed
            if all(status == 0 for status in statuses):
                break  # it had finished before
            reached, kept = steps_of(run)[-1]["step"], newest_checkpoint(run)
            others = [status for rank, status in enumerate(statuses) if rank != victim or number not in (9, signal.SIGSTOP)]
            kills.append({"signal": signal.Signals(number).name, "rank": victim, "seconds_to_end": took, "statuses": statuses,
                          "is_in_time": all(status in (75, -number) for status in others) and took < 2 * TIMEOUT + 4,
                          "steps_lost": max(0, reached - kept), "seconds_to_start": start_seconds})
            print(f"{len(kills):3} {kills[-1]['signal']:8} rank {victim}: ended in {took:.1f} s with {statuses}, step {reached}, "
                  f"{kills[-1]['steps_lost']} steps to be taken again", flush=True)
        calm, killed_log = ([[line[key] for key in KEYS] for line in steps_of(root / name)] for name in ("calm", "killed"))
    lost = statistics.mean(kill["steps_lost"] for kill in kills) * seconds_per_step
    result = {"kills": len(kills), "processes": options.processes, "steps": options.steps, "timeout": TIMEOUT,
              "ended_in_time": sum(kill["is_in_time"] for kill in kills),
              "longest_seconds_to_end": max(kill["seconds_to_end"] for kill in kills),
              "log_is_equal": calm == killed_log and statuses == [0] * options.processes,
              "seconds_per_step": seconds_per_step, "steps_lost": sum(kill["steps_lost"] for kill in kills),
              "seconds_lost_per_kill": lost, "useful_with_one_kill_a_minute": 1 - lost / 60,
              "median_seconds_to_start": statistics.median(kill["seconds_to_start"] for kill in kills),
              "seconds": time.monotonic() - begin, "seconds_undisturbed": calm_seconds}
    print(json.dumps(result, indent=1))
    if options.out:
        options.out.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 0 if result["log_is_equal"] and result["ended_in_time"] == len(kills) else 1


if __name__ == "__main__":
    sys.exit(main())
