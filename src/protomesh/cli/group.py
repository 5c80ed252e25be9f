"""The group of commands, and how they fail."""

import difflib
import importlib
import signal
from typing import Any

import click

from protomesh.errors import ConfigError, MeshError

COMMANDS = {
    "up": "Start the whole mesh.",
    "down": "Stop the mesh, and whatever an earlier one left running.",
    "ps": "Show what runs, and how it is.",
    "logs": "Show what the components print.",
    "gen": "Write anew everything that follows from the contract.",
    "check": "Prove manifest, contract, policies and gateway before anything starts.",
    "explain": "Say how the security policy decides on a request, and why.",
    "certs": "Make and renew the development certificates.",
    "keys": "Make the keys that services and functions sign with.",
    "token": "Make a development token.",
    "client": "Give a client outside the mesh a secret.",
    "emit": "Publish one event, typed by the contract.",
    "tail": "Show events as they come, read through the contract.",
}

INTERRUPTED = 128 + signal.SIGINT
"""As shells report it: whoever follows a log ends it so."""


class Failure(click.ClickException):
    """One clear line on stderr; exit status 2 for what is to be mended in a file or flag, else 1."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(" ".join(message.split()))
        self.exit_code = exit_code  # type: ignore[misc]  # click declares it for the class, and reads it here

    def show(self, file: Any = None) -> None:
        """Write the line."""
        click.echo(f"protomesh: {self.format_message()}", file=file, err=file is None)


class Commands(click.Group):
    """Knows its commands by name and one line each; the help of the group imports none of them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order in which one meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import it."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"protomesh.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """With the nearest name for one that does not exist."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            raise click.UsageError(
                f"no command '{args[0]}'" + (f", did you mean '{near[0]}'?" if near else "")
            )
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of one-liners."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Our errors become one line each, never a traceback."""
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise Failure(str(error), 2) from error
        except MeshError as error:
            raise Failure(error.message, 1) from error
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)


@click.command(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="Example: protomesh up, then in another terminal protomesh ps",
)
@click.version_option(package_name="protomesh", prog_name="protomesh")
def main() -> None:
    """One contract becomes a gRPC service, a REST API, an event stream and functions."""
