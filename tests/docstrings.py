"""Validate every public docstring by numpydoc's rules: ``python -m tests.docstrings``."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import sys

from numpydoc.validate import validate

import riskmap

CHECKS = frozenset({"GL03", "GL05", "GL08", "SS03", "SS04", "SS05", "PR01", "PR02"})
CHECKS |= {"PR07", "RT01", "RT03", "YD01"}


def public_names() -> list[str]:
    """List modules, public functions, classes and methods of riskmap."""
    found = []
    for module in pkgutil.iter_modules(riskmap.__path__, "riskmap."):
        if module.name == "riskmap.__main__":
            continue
        room = importlib.import_module(module.name)
        for name, thing in vars(room).items():
            if name.startswith("_") or getattr(thing, "__module__", "") != module.name:
                continue
            if inspect.isfunction(thing):
                found.append(f"{module.name}.{name}")
            elif inspect.isclass(thing):
                found.append(f"{module.name}.{name}")
                found += [
                    f"{module.name}.{name}.{method}"
                    for method, value in vars(thing).items()
                    if inspect.isfunction(value) and not method.startswith("_")
                ]
    return sorted(found)


def takes_parameters(name: str) -> bool:
    """Tell whether a name's parameters are its own: a model's are the keys of its file."""
    module, _, thing = name.rpartition(".")
    found = getattr(sys.modules.get(module), thing, None)
    if not inspect.isclass(found):
        return True
    ours = "__init__" in vars(found) and "model_fields" not in dir(found)
    return ours and not getattr(found, "_is_protocol", False)


def main() -> int:
    """Print each fault; return 1 when there is one."""
    faults = [
        f"{name}: {code} {message}"
        for name in public_names()
        for code, message in validate(name)["errors"]
        if code in CHECKS and (takes_parameters(name) or not code.startswith("PR"))
    ]
    sys.stdout.write("".join(f"{fault}\n" for fault in faults))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
