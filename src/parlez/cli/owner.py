"""`parlez owner`"""

import sys

import click

from parlez.cli import options
from parlez.cli.one_call import call
from parlez.cli.options import Where


@click.group()
def owner() -> None:
    """Take possession of a server."""


@owner.command()
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@options.server
def create(username: str, password_stdin: bool, where: Where) -> None:
    """Make USERNAME the owner.

    From then on every request needs a credential, also from this machine. What was said until now
    is the owner's. It can be done once.
    """
    password = (
        sys.stdin.readline().rstrip("\n")
        if password_stdin
        else click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    )
    call(where, "POST", "/api/owner", {"username": username, "password": password})
    click.echo(
        f"{username} owns this server. Requests need a key now: `parlez keys create NAME`.",
        err=True,
    )
