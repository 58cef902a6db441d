"""./dev as a module, for its tests."""

import importlib.machinery
import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def load_dev():
    loader = importlib.machinery.SourceFileLoader("larder_dev", str(ROOT / "dev"))
    spec = importlib.util.spec_from_loader("larder_dev", loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["larder_dev"] = module  # dataclasses look their module up by name
    loader.exec_module(module)
    return module


dev = load_dev()
