#!/usr/bin/env python3
"""10,000 callers ask for one cold key at once: how long they wait, and how often it is loaded.

Runs alone, or through `./dev bench stampede`. Settings: one cache; two caches of one process
over its store; two processes over a store in a third, by TCP, with a near tier each and without;
and the latter when the value is there already, which tells what the store and the machine cost
by themselves. The callers stand ready before any of them begins. Fails where the key is loaded more than once, or
anybody gets anything but the value that was loaded.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TARGETS = ["bench_stampede", "larder_cache_node", "larder_store_server"]

ROUNDS = 5
CALLERS = 10_000
LOAD_MS = 50
STORE_BYTES = 64 << 20
PERCENTILES = [10, 50, 90, 99, 99.9, 100]
SECONDS_MAX = 60  # of one program
WARM = "two processes, the value is there"
Program = subprocess.Popen[str]


@dataclass
class Outcome:
    """Of one run, or of one of its processes."""

    loads: int
    wrong: int
    calls: int  # of the store
    values: set[str]
    waits: list[float]  # of the callers, in milliseconds


def read_report(lines: list[str]) -> Outcome:
    """What Stampede::report writes."""
    said = {word: rest.split() for word, _, rest in (line.partition(" ") for line in lines)}
    loads, wrong, calls, value = said["done"]
    return Outcome(int(loads), int(wrong), int(calls), {value}, [float(wait) for wait in said["waits"]])


def in_one_process(folder: Path, nodes: int) -> Outcome:
    command = [folder / "bench" / "bench_stampede", str(nodes), str(CALLERS), str(LOAD_MS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=SECONDS_MAX)
    return read_report(done.stdout.splitlines())


def start(stack: ExitStack, command: list[str | Path]) -> Program:
    program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    stack.enter_context(program)
    stack.callback(program.kill)  # runs before the context's own end, which waits
    return program


def line_of(program: Program) -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def of_two_nodes(folder: Path, port: str, tier: str) -> Outcome:
    with ExitStack() as stack:
        command = [folder / "bin" / "larder_cache_node", port, str(CALLERS // 2), str(LOAD_MS), tier]
        nodes = [start(stack, command) for _ in range(2)]
        if any(line_of(node) != "ready" for node in nodes):
            raise SystemExit("a node did not begin")
        for node in nodes:
            assert node.stdin is not None
            node.stdin.write("go\n")
            node.stdin.flush()
        first, second = (read_report(node.communicate(timeout=SECONDS_MAX)[0].splitlines()) for node in nodes)
    return Outcome(
        first.loads + second.loads,
        first.wrong + second.wrong,
        first.calls + second.calls,
        first.values | second.values,
        first.waits + second.waits,
    )


@contextmanager
def a_store(folder: Path) -> Iterator[str]:
    with ExitStack() as stack:
        yield line_of(start(stack, [folder / "bin" / "larder_store_server", "0", str(STORE_BYTES), "real"]))


def in_two_processes(folder: Path) -> dict[str, Outcome]:
    outcomes = {}
    with a_store(folder) as port:
        outcomes["two processes"] = of_two_nodes(folder, port, "plain")
        outcomes[WARM] = of_two_nodes(folder, port, "plain")
    with a_store(folder) as port:
        outcomes["two processes with near tiers"] = of_two_nodes(folder, port, "near")
    return outcomes


def measure(folder: Path) -> dict[str, Outcome]:
    outcomes = {
        "one node": in_one_process(folder, 1),
        "two nodes in one process": in_one_process(folder, 2),
        **in_two_processes(folder),
    }
    for name, outcome in outcomes.items():
        right = outcome.loads == (0 if name == WARM else 1) and outcome.wrong == 0 and len(outcome.values) == 1
        if not right or len(outcome.waits) != CALLERS:
            raise SystemExit(f"{name}: {outcome.loads} loads, {outcome.wrong} wrong answers, {outcome.values}")
    return outcomes


def percentile(waits: list[float], percent: float) -> float:
    return sorted(waits)[round(percent / 100 * (len(waits) - 1))]


def figures_of(name: str, rounds: list[Outcome]) -> list[dict[str, Any]]:
    figures = []
    for percent in PERCENTILES:
        wait = statistics.median(percentile(outcome.waits, percent) for outcome in rounds)
        figures.append(
            {
                "name": f"{name}: p{percent:g}",
                "value": wait,
                "unit": "ms",
                "against": f"the load itself, {LOAD_MS} ms",
                "ratio": LOAD_MS / wait,
            }
        )
    loads = max(outcome.loads for outcome in rounds)
    calls = statistics.median(outcome.calls for outcome in rounds)
    figures += [
        {
            "name": f"{name}: loads for {CALLERS} callers",
            "value": float(loads),
            "unit": "loads",
            "against": "",
            "ratio": None,
        },
        {
            "name": f"{name}: store calls a caller",
            "value": calls / CALLERS,
            "unit": "calls",
            "against": "one get a caller",
            "ratio": CALLERS / calls,
        },
    ]
    return figures


def main(json_path: Path, build_dir: Path) -> None:
    rounds = [measure(build_dir) for _ in range(ROUNDS)]
    figures = [figure for name in rounds[0] for figure in figures_of(name, [outcomes[name] for outcomes in rounds])]
    json_path.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="the release build's folder")
    parser.add_argument("--json", type=Path, required=True)
    arguments = parser.parse_args()
    main(arguments.json, arguments.build)
