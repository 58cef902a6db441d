#!/usr/bin/env python3
"""10,000 callers ask for one cold key at once: how long they wait, and how often it is loaded.

Runs alone, or through `./dev bench stampede`. Fails where the key is loaded more than once.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
from pathlib import Path
from typing import Any

TARGETS = ["bench_stampede"]

ROUNDS = 5


def one_round(build_dir: Path) -> list[dict[str, Any]]:
    program = build_dir / "bench" / "bench_stampede"
    done = subprocess.run([program], check=True, capture_output=True, text=True, timeout=300)
    results = [json.loads(line) for line in done.stdout.splitlines()]
    for result in results:
        if result["loads"] != 1 or result["wrong"] != 0:
            raise SystemExit(f"not one load, or a wrong answer: {result}")
    return results


def figures_of(rounds: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    figures = []
    for results in zip(*rounds, strict=True):
        first = results[0]
        where = f"{first['callers']} callers, {first['name']}"
        for label in ("p50", "p99", "p999"):
            value = statistics.median(result[f"{label}_ms"] for result in results)
            figures.append(
                {
                    "name": f"{where}: {label.replace('p999', 'p99.9')}",
                    "value": value,
                    "unit": "ms",
                    "against": f"the load itself, {first['load_ms']} ms",
                    "ratio": first["load_ms"] / value,
                }
            )
        figures.append(
            {"name": f"{where}: loads", "value": float(first["loads"]), "unit": "", "against": "", "ratio": None}
        )
    return figures


def main(json_path: Path, build_dir: Path) -> None:
    rounds = [one_round(build_dir) for _ in range(ROUNDS)]
    json_path.write_text(json.dumps(figures_of(rounds), indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="the release build's folder")
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    main(arguments.json, arguments.build)
