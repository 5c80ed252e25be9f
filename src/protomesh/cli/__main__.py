"""`python -m protomesh.cli`: the command where its script is not on the path."""

from protomesh.cli import main

main(prog_name="protomesh")
