#!/usr/bin/env python3
"""Draws figures that `./dev bench NAME --json FILE` wrote: one SVG for each file.

Each figure that has a ratio is a bar; right of the line at 1 is better than what it stands
beside. Needs python3-matplotlib.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
# The same figures make the same file, and the text stays text.
matplotlib.rcParams.update({"svg.hashsalt": "larder", "svg.fonttype": "none", "font.size": 8})

from matplotlib import pyplot  # noqa: E402

BETTER, WORSE = "#2a6f97", "#c8553d"
ROW_INCHES = 0.17


def label(figure: dict[str, Any]) -> str:
    return f"{figure['name']}  ({figure['value']:.4g} {figure['unit']}, against {figure['against']})"


def draw(figures: list[dict[str, Any]], title: str, target: Path) -> None:
    shown = [figure for figure in figures if figure["ratio"] is not None]
    ratios = [figure["ratio"] for figure in shown]
    canvas, axes = pyplot.subplots(figsize=(11, 1 + ROW_INCHES * len(shown)), layout="constrained")
    # From 1 outwards, so that a bar's length is how much better or worse it is.
    axes.barh([label(figure) for figure in shown], [ratio - 1 for ratio in ratios], left=1,
              color=[BETTER if ratio >= 1 else WORSE for ratio in ratios])  # fmt: skip
    axes.axvline(1, color="black", linewidth=0.8)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlabel("ratio: higher is better")
    axes.set_title(title)
    canvas.savefig(target, metadata={"Date": None})
    pyplot.close(canvas)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="+", type=Path, help="JSON files of ./dev bench")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"), help="folder for the SVGs")
    arguments = parser.parse_args()
    for file in arguments.figures:
        draw(json.loads(file.read_text()), file.stem, arguments.out / f"{file.stem}.svg")


if __name__ == "__main__":
    main()
