"""Settings for people to read: the reference, and what holds here and now."""

from collections.abc import Mapping
from typing import Any, Final

from keystead.settings import SETTINGS, Setting, Settings

_HEAD: Final = """\
# Settings

Keystead reads its settings from environment variables when it starts, and from nowhere else. A variable that begins
with `KEYSTEAD_` and is not listed here, or whose value is wrong, stops the start with a sentence that names it.

Each secret may also be kept in a file: the variable with `_FILE` behind its name holds the path. A line feed at the
end of the file does not count. `keystead settings` shows what holds; it never shows a secret.

This page is made from the code by `keystead settings --markdown`.
"""


def reference() -> str:
    """docs/reference/settings.md, in Markdown."""
    return "\n".join([_HEAD, *map(_section, SETTINGS)])


def _section(setting: Setting) -> str:
    default = "not set" if setting.default is None else setting.default.described
    lines = [f"## `{setting.variable}`", "", setting.doc, ""]
    if setting.secret:
        lines.append(f"- Secret; also as `{setting.file_variable}`")
    lines += [f"- Value: {setting.value.expects}", f"- Default: {default}", ""]
    return "\n".join(lines)


def overview(environ: Mapping[str, str]) -> str:
    """Every setting with the value that holds and where it comes from, one a line. Raises SettingsError."""
    settings = Settings.load(environ)
    rows = [
        (setting.variable, _shown(setting, getattr(settings, setting.field)), _source(setting, environ))
        for setting in SETTINGS
    ]
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    return (
        "\n".join(f"{name:{widths[0]}}  {value:{widths[1]}}  {source}" for name, value, source in rows) + "\n"
    )


def _shown(setting: Setting, value: Any) -> str:
    if setting.secret and value is None:
        return "(not set)"
    if setting.value.show is not None:
        return setting.value.show(value)
    if setting.secret:
        return "(hidden)"
    if isinstance(value, tuple):
        return ",".join(map(str, value)) or "(none)"
    return str(value)


def _source(setting: Setting, environ: Mapping[str, str]) -> str:
    given = next((variable for variable in setting.variables if variable in environ), None)
    return "default" if given is None else f"from {given}" if given != setting.variable else "environment"
