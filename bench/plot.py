#!/usr/bin/env python3
"""Draws figures that `./dev bench NAME --json FILE` wrote: one SVG for each file.

Waits at percentiles become curves, speeds of stores become bars in groups, and everything else
that has a ratio a bar; right of the line at 1 is better than what it stands beside. Needs
python3-matplotlib.
"""

from __future__ import annotations

import argparse
import io
import json
import re
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("svg")
# The same figures make the same file, and the text stays text.
matplotlib.rcParams.update({"svg.hashsalt": "larder", "svg.fonttype": "none", "font.size": 8})

from matplotlib import pyplot  # noqa: E402
from matplotlib.figure import Figure  # noqa: E402

BETTER, WORSE = "#2a6f97", "#c8553d"
# Told apart on white and on black, and by those who see red and green alike.
COLOURS = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#8c8c8c"]
ROW_INCHES = 0.17
# For readers whose pages are dark: black and white change places, colours stay.
DARK = """
@media (prefers-color-scheme: dark) {
 text {fill: #e6e6e6}
 [style*="fill: #ffffff"] {fill: #161b22 !important}
 [style*="stroke: #000000"] {stroke: #e6e6e6 !important}
}
"""
PERCENTILE = re.compile(r"(?P<setting>.+): p(?P<percent>[\d.]+)")
SPEED = re.compile(r"(?P<what>.+) (?P<threads>\d+), (?P<size>\d+ B)")

Figures = list[dict[str, Any]]


def label(figure: dict[str, Any]) -> str:
    return f"{figure['name']}  ({figure['value']:.4g} {figure['unit']}, against {figure['against']})"


def draw_ratios(figures: Figures, title: str) -> Figure:
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
    return canvas


def draw_waits(figures: Figures, title: str) -> Figure:
    """Of each setting, how long callers waited; the line across is what they waited for."""
    settings: dict[str, dict[str, float]] = {}
    for figure in figures:
        if found := PERCENTILE.fullmatch(figure["name"]):
            settings.setdefault(found["setting"], {})[found["percent"]] = figure["value"]
    known = next(figure for figure in figures if PERCENTILE.fullmatch(figure["name"]))
    canvas, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for (setting, waits), colour in zip(settings.items(), COLOURS, strict=False):
        axes.plot([name_of_percentile(percent) for percent in waits], list(waits.values()),
                  color=colour, marker="o", label=setting)  # fmt: skip
    axes.axhline(known["value"] * known["ratio"], color="black", linewidth=0.8, linestyle="--", label=known["against"])
    axes.set_ylim(bottom=0)
    axes.set_ylabel(f"wait, {known['unit']}: lower is better")
    axes.set_title(title)
    axes.legend(frameon=False, ncols=3, loc="upper center", bbox_to_anchor=(0.5, -0.08))
    return canvas


def name_of_percentile(percent: str) -> str:
    return {"50": "median", "100": "the last"}.get(percent, f"p{percent}")


def draw_speeds(figures: Figures, title: str) -> Figure:
    """A panel for each size of values, a group for each kind of work, a bar for each store."""
    panels: dict[str, dict[str, dict[str, float]]] = {}  # by size, by work, by store
    for figure in figures:
        found = SPEED.fullmatch(figure["name"])
        if found and figure["unit"] == "Mops/s":
            plural = "" if found["threads"] == "1" else "s"
            work = f"{found['what']}\n{found['threads']} thread{plural}"
            speeds = panels.setdefault(found["size"], {}).setdefault(work, {"larder": figure["value"]})
            speeds[figure["against"]] = figure["value"] / figure["ratio"]
    canvas, rows = pyplot.subplots(len(panels), figsize=(11, 3.2 * len(panels)), layout="constrained", squeeze=False)
    for axes, (size, works) in zip(rows[:, 0], panels.items(), strict=True):
        stores = list(dict.fromkeys(store for speeds in works.values() for store in speeds))
        width = 0.85 / len(stores)
        for place, (store, colour) in enumerate(zip(stores, COLOURS, strict=True)):
            heights = [speeds.get(store, 0) for speeds in works.values()]
            axes.bar([group + (place - (len(stores) - 1) / 2) * width for group in range(len(works))], heights,
                     width, label=store, color=colour)  # fmt: skip
        axes.set_xticks(range(len(works)), list(works))
        axes.set_ylabel("million operations a second")
        axes.set_title(f"{title}: values of {size}")
    rows[-1, 0].legend(frameon=False, ncols=len(COLOURS), loc="upper center", bbox_to_anchor=(0.5, -0.15))
    return canvas


def draw(figures: Figures, title: str) -> Figure:
    if any(PERCENTILE.fullmatch(figure["name"]) for figure in figures):
        return draw_waits(figures, title)
    if any(figure["unit"] == "Mops/s" for figure in figures):
        return draw_speeds(figures, title)
    return draw_ratios(figures, title)


def save(canvas: Figure, target: Path) -> None:
    text = io.StringIO()
    canvas.savefig(text, format="svg", metadata={"Date": None})
    pyplot.close(canvas)
    target.write_text(text.getvalue().replace("</style>", f"{DARK}</style>", 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="+", type=Path, help="JSON files of ./dev bench")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"), help="folder for the SVGs")
    arguments = parser.parse_args()
    for file in arguments.figures:
        save(draw(json.loads(file.read_text()), file.stem), arguments.out / f"{file.stem}.svg")


if __name__ == "__main__":
    main()
