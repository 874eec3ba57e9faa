"""The lists by which imports are checked, in pyproject.toml, are those of the folders."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "keystead"


def contract() -> dict[str, list[str]]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        contracts = tomllib.load(file)["tool"]["importlinter"]["contracts"]
    found: dict[str, list[str]] = next(one for one in contracts if one["name"] == "Imports go down only")
    return found


def layers() -> list[list[str]]:
    """The modules of each layer, from the top down; `service_accounts.http` is the module of that name in ours."""
    return [re.findall(r"[\w.]+", layer) for layer in contract()["layers"]]


def modules() -> Iterator[str]:
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if parts[-1] == "__init__":
            parts = parts[:-1]
        if parts:
            yield ".".join(parts)


def is_package(module: str) -> bool:
    return (SOURCE / module.replace(".", "/")).is_dir()


def listed() -> set[str]:
    return {module for layer in layers() for module in layer}


def test_every_module_is_in_a_layer() -> None:
    known = listed()
    unlisted = {
        module
        for module in modules()
        if not any(module == one or module.startswith(f"{one}.") for one in known)
        and not (is_package(module) and any(one.startswith(f"{module}.") for one in known))
    }
    assert not unlisted, "list them in a layer of [tool.importlinter] in pyproject.toml"


def test_every_module_in_a_layer_exists() -> None:
    gone = listed() - set(modules())
    assert not gone, "drop them from [tool.importlinter] in pyproject.toml"


def test_a_package_that_lies_in_several_layers_says_what_it_owns_and_no_more() -> None:
    """Its `__init__` belongs to no layer, so that nothing may be imported there."""
    for package in {module.split(".")[0] for module in listed() if "." in module}:
        content = ast.parse((SOURCE / package / "__init__.py").read_text())
        assert ast.get_docstring(content), package
        assert len(content.body) == 1, package


def test_only_those_who_wire_see_the_settings() -> None:
    settings = next(number for number, layer in enumerate(layers()) if "settings" in layer)
    above = {module for layer in layers()[:settings] for module in layer}
    assert above == {"cli", "app", "first_start"}


def test_no_feature_meets_another_at_the_edge() -> None:
    edge = next(layer for layer in contract()["layers"] if re.search(r"service_accounts\.http\b", layer))
    assert ":" not in edge
    assert {module for module in listed() if module.endswith(".http")} <= set(re.findall(r"[\w.]+", edge))
