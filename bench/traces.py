#!/usr/bin/env python3
"""How often the memory store's eviction policy misses, beside published policies.

Over traces of our own and, where they lie beside the project, public ones: at 0.1 %, 1 % and
10 % of what each trace asks for in all. Runs alone, or through `./dev bench traces [FILE ...]`.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import gzip
import json
import lzma
import os
import shutil
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

TARGETS = ["bench_traces"]
TAKES_FILES = True

OWN = ["zipf", "scan", "loop", "drift", "cdn", "kv", "mcp"]
PUBLIC = Path(__file__).resolve().parents[2] / "shared" / "traces"
FORMATS = (".lis", ".u32be", ".addr", ".txt", ".jsonl")

OURS = "larder"
# What a store is compared with where all entries count the same, and where they are sized.
UNIT = ("LRU", "ARC", "S3-FIFO", "W-TinyLFU")
SIZED = ("GDSF",)
COLUMNS = ("FIFO", *UNIT, *SIZED, "Belady")

# Caches of fewer objects are shown and not judged: chance decides there.
OBJECTS_MIN = 180
MEAN_BUDGET, WORST_BUDGET, SIZED_BUDGET = 0.02, 0.15, 0.10

Row = dict[str, Any]
Cell = dict[str, Row]  # by policy


def unpacked(file: Path, folder: Path) -> Path:
    """The file itself, or what it holds, in the folder."""
    target = folder / file.stem
    if file.suffix == ".gz":
        with gzip.open(file) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    elif file.suffix == ".xz":
        with lzma.open(file) as source, target.open("wb") as sink:
            shutil.copyfileobj(source, sink)
    elif file.suffix == ".zst":
        subprocess.run(["zstd", "--decompress", "--quiet", "--force", file, "-o", target], check=True)
    else:
        return file
    return target


def public_traces() -> list[Path]:
    files = sorted(PUBLIC.iterdir()) if PUBLIC.is_dir() else []
    return [file for file in files if file.name.removesuffix(".gz").removesuffix(".xz").removesuffix(".zst")
            .endswith(FORMATS)]  # fmt: skip


def rows_of(program: Path, trace: str | Path) -> list[Row]:
    done = subprocess.run([program, trace], text=True, stdout=subprocess.PIPE, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def measure(program: Path, files: Sequence[Path]) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        public = [unpacked(file, Path(folder)) for file in (files or public_traces())]
        traces: list[str | Path] = [*public, *([] if files else OWN)]
        cores = len(os.sched_getaffinity(0))
        with concurrent.futures.ThreadPoolExecutor(cores) as pool:
            return [row for rows in pool.map(lambda trace: rows_of(program, trace), traces) for row in rows]


def cells_of(rows: Sequence[Row], *, ttl: bool) -> dict[tuple[str, int], Cell]:
    cells: dict[tuple[str, int], Cell] = {}
    for row in rows:
        if row["ttl"] == ttl:
            cells.setdefault((row["trace"], row["per_mille"]), {})[row["policy"]] = row
    return cells


def best(cell: Cell, field: str) -> Row:
    """The best of those that ours is judged by."""
    rivals = SIZED if cell[OURS]["sized"] else UNIT
    return min((cell[name] for name in rivals), key=lambda row: row[field])


def regret(cell: Cell) -> float:
    """How much more often ours misses than the best, as a share of the best's misses."""
    return float(cell[OURS]["object_misses"] / best(cell, "object_misses")["object_misses"] - 1)


def judged(cell: Cell) -> bool:
    return bool(cell[OURS]["objects"] >= OBJECTS_MIN)


def print_cells(cells: dict[tuple[str, int], Cell], field: str) -> None:
    print(f"{field.replace('_', ' ')}, %\n  {'trace':<20}{'size':>6}{'objects':>9}{OURS:>8}"
          + "".join(f"{name:>11}" for name in COLUMNS) + f"{'worse by':>10}")  # fmt: skip
    for (trace, per_mille), cell in cells.items():
        shown = "".join(f"{cell[name][field] * 100:>11.2f}" if name in cell else f"{'-':>11}" for name in COLUMNS)
        worse = f"{regret(cell):>+10.1%}" if field == "object_misses" else ""
        mark = "" if judged(cell) else "  not judged: few objects"
        print(f"  {trace:<20}{per_mille / 10:>5g}%{cell[OURS]['objects']:>9}{cell[OURS][field] * 100:>8.2f}"
              f"{shown}{worse}{mark}")  # fmt: skip


def figure(name: str, value: float, unit: str, against: str, ratio: float | None) -> dict[str, Any]:
    return {"name": name, "value": value, "unit": unit, "against": against, "ratio": ratio}


def cell_figures(cells: dict[tuple[str, int], Cell], field: str) -> list[dict[str, Any]]:
    figures = []
    for (trace, per_mille), cell in cells.items():
        if judged(cell):
            rival, ours = best(cell, field), cell[OURS]
            name = f"{trace} {per_mille / 10:g} %: {field.replace('_', ' ')}"
            figures.append(figure(name, ours[field] * 100, "%", rival["policy"], rival[field] / ours[field]))
    return figures


def ttl_figures(cells: dict[tuple[str, int], Cell]) -> list[dict[str, Any]]:
    figures = []
    for (trace, per_mille), cell in cells.items():
        ours, floor = (cell[name]["object_misses"] for name in (OURS, "floor"))
        figures.append(figure(f"{trace} {per_mille / 10:g} %: object misses with ttl", ours * 100, "%",
                              "the floor: an endless store", floor / ours))  # fmt: skip
    return figures


def summary(cells: dict[tuple[str, int], Cell]) -> list[dict[str, Any]]:
    """Where ours is better than the best, that counts as no worse, not as less than nothing."""
    figures = []

    def tell(name: str, value: float, budget: float) -> None:
        print(f"  {name:<62} {value:>7.2%}  budget {budget:.0%}{'' if value <= budget else '  MISSED'}")
        figures.append(figure(name, value * 100, "%", f"budget {budget:.0%}", (1 + budget) / (1 + value)))

    unit = [max(0.0, regret(cell)) for cell in cells.values() if judged(cell) and not cell[OURS]["sized"]]
    sized = [max(0.0, regret(cell)) for cell in cells.values() if judged(cell) and cell[OURS]["sized"]]
    print("summary")
    if unit:
        against = f"than the best of {', '.join(UNIT)}"
        tell(f"misses more {against}: mean of {len(unit)}", statistics.mean(unit), MEAN_BUDGET)
        tell(f"misses more {against}: worst", max(unit), WORST_BUDGET)
    if sized:
        tell(f"misses more than exact GDSF, sized: worst of {len(sized)}", max(sized), SIZED_BUDGET)
    return figures


def main(output: Path, build: Path, files: Sequence[Path] = ()) -> None:
    rows = measure(build / "bench" / "bench_traces", files)
    cells = cells_of(rows, ttl=False)
    print_cells(cells, "object_misses")
    print_cells(cells, "byte_misses")
    figures = [*summary(cells), *cell_figures(cells, "object_misses"), *cell_figures(cells, "byte_misses"),
               *ttl_figures(cells_of(rows, ttl=True))]  # fmt: skip
    output.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, required=True, help="file for the figures")
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="folder of the build")
    parser.add_argument("files", nargs="*", type=Path, help="traces; without any: our own and the public ones")
    arguments = parser.parse_args()
    main(arguments.json, arguments.build, arguments.files)
