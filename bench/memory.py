#!/usr/bin/env python3
"""The memory store beside other in-process ones: gets, mixes with writes, get-or-insert.

Runs alone, or through `./dev bench memory`. One process measures one store, since what it holds
is measured too; the processes of a round come one after another, and the median of the rounds
counts. `map` is std::unordered_map with a list in the order of use and an end for each entry,
under one mutex; `tbb` is tbb::concurrent_hash_map, without bound or ttl.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

TARGETS = ["bench_memory"]

ROUNDS = 3
SECONDS_MAX = 220.0  # no further round begins that would not end by then
STORES = ["larder", "rocksdb-clock", "rocksdb-lru", "map", "tbb"]
VALUE_BYTES = [100, 1024]
OURS, CLOCK, MAP = "larder", "rocksdb-clock", "map"

# (what, threads, rival, at least)
BUDGETS = [("get", 1, CLOCK, 1.6), ("get", 1, MAP, 4.0), ("get", 2, CLOCK, 2.0), ("get-or-insert", 2, CLOCK, 1.7)]
OVERHEAD_MAX = 90.0

Samples = dict[str, dict[str, float]]  # by store, then by what was measured


def measure_round(program: Path, value_bytes: int) -> Samples:
    samples: Samples = defaultdict(dict)
    for what in ("mix", "fill"):
        for store in STORES:
            command = [program, store, str(value_bytes), what]
            answer = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
            samples[store].update(json.loads(answer.stdout))
    return samples


def measure(program: Path, rounds: int) -> dict[int, Samples]:
    """The median of the rounds, by the size of values."""
    began = time.monotonic()
    all_rounds: list[dict[int, Samples]] = []
    for _ in range(rounds):
        all_rounds.append({size: measure_round(program, size) for size in VALUE_BYTES})
        took = (time.monotonic() - began) / len(all_rounds)
        if time.monotonic() - began + took > SECONDS_MAX:
            break
    medians: dict[int, Samples] = {}
    for size in VALUE_BYTES:
        medians[size] = {
            store: {name: statistics.median(one[size][store][name] for one in all_rounds) for name in first}
            for store, first in all_rounds[0][size].items()
        }
    return medians


def figure(name: str, value: float, unit: str, against: str, ratio: float | None) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "against": against, "ratio": ratio}


def figures_of(size: int, samples: Samples) -> list[dict[str, Any]]:
    figures = []
    ours = samples[OURS]
    for name, value in ours.items():
        label = f"{name.removesuffix(' Mops/s')}, {size} B"
        for rival in (store for store in STORES if store != OURS):
            # An awaited get has no counterpart: it stands beside the same plain gets.
            other = samples[rival].get(name.removeprefix("awaited "))
            if other is None:
                continue
            if name.endswith("Mops/s"):
                figures.append(figure(label, value, "Mops/s", rival, value / other))
                threads = int(name.split()[-2])
                figures.append(figure(f"{label}, time", 1000 * threads / value, "ns/op", rival, value / other))
            elif name == "overhead bytes":
                figures.append(figure(label, value, "B/entry", rival, other / value))
            elif name.endswith("hit ratio"):
                figures.append(figure(label, value * 100, "%", rival, value / other if other else None))
            else:
                figures.append(figure(label, value, "1/op", rival, None))
    return figures


def print_table(size: int, samples: Samples) -> None:
    print(f"\nvalues of {size} B, keys of 16 B; Mops/s where nothing else is said")
    print(f"  {'':<28}" + "".join(f"{store:>15}" for store in STORES))
    for name in samples[OURS]:
        cells = [samples[store].get(name) for store in STORES]
        row = "".join(f"{cell:>15.2f}" if cell is not None else f"{'-':>15}" for cell in cells)
        print(f"  {name.removesuffix(' Mops/s'):<28}{row}")


def print_budgets(size: int, samples: Samples) -> None:
    def tell(what: str, value: float, budget: float, kept: bool) -> None:
        print(f"  {what:<52} {value:>7.2f}  budget {budget:g}{'' if kept else '  MISSED'}")

    for what, threads, rival, least in BUDGETS:
        name = f"{what} {threads} Mops/s"
        ratio = samples[OURS][name] / samples[rival][name]
        tell(f"{what}, threads {threads}, {size} B: times {rival}", ratio, least, ratio >= least)
    if size == min(VALUE_BYTES):
        overhead = samples[OURS]["overhead bytes"]
        tell(f"overhead of an entry of {size} B, bytes", overhead, OVERHEAD_MAX, overhead <= OVERHEAD_MAX)
    hits = {store: samples[store]["get-or-insert 2 hit ratio"] for store in (OURS, CLOCK)}
    tell(f"hit ratio of get-or-insert, {size} B: times {CLOCK}", hits[OURS] / hits[CLOCK], 1.0, hits[OURS] > hits[CLOCK])


def main(output: Path, build: Path, rounds: int = ROUNDS) -> None:
    measured = measure(build / "bench" / "bench_memory", rounds)
    for size, samples in measured.items():
        print_table(size, samples)
    print("\nbudgets")
    for size, samples in measured.items():
        print_budgets(size, samples)
    figures = [one for size, samples in measured.items() for one in figures_of(size, samples)]
    output.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="folder of the build")
    parser.add_argument("--quick", action="store_true", help="one round")
    arguments = parser.parse_args()
    main(arguments.json, arguments.build, 1 if arguments.quick else ROUNDS)
