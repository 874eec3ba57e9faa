"""docs/reference/cli.md has every command and every option, and none that is not there."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from keystead.cli.main import parser

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "cli.md"


def commands(of: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    yield of
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for one in action.choices.values():
                yield from commands(one)


def options(of: argparse.ArgumentParser) -> set[str]:
    return {text for action in of._actions for text in action.option_strings} - {"-h", "--help"}


def sections() -> dict[str, str]:
    _, *parts = re.split(r"^## (.+)$", DOCS.read_text(), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_every_command_has_its_section() -> None:
    assert list(sections()) == [one.prog for one in commands(parser())], "in the order of --help"


@pytest.mark.parametrize("command", list(commands(parser())), ids=lambda one: one.prog)
def test_a_section_has_the_options_of_its_command(command: argparse.ArgumentParser) -> None:
    assert set(re.findall(r"`(--[a-z-]+)", sections()[command.prog])) == options(command)


@pytest.mark.parametrize("command", list(commands(parser())), ids=lambda one: one.prog)
def test_every_command_explains_itself(command: argparse.ArgumentParser) -> None:
    assert command.description
    assert all(action.help for action in command._actions if action.option_strings or action.choices is None)
