"""Spans of time as people write them."""

import re

import click

_FORM = re.compile(r"(\d{1,9})(s|m|h|d)", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class Duration(click.ParamType[int]):
    """`90s`, `15m`, `1h` or `7d`, as seconds."""

    name = "duration"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Fails with a usage error."""
        match = _FORM.fullmatch(str(value))
        if match is None or int(match[1]) == 0:
            self.fail(f"'{value}' is no duration: write it as 90s, 15m, 1h or 7d", param, ctx)
        return int(match[1]) * _SECONDS[match[2]]


DURATION = Duration()
