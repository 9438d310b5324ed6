"""`python -m posthouse` and the `posthouse` command."""


def main() -> None:
    """Run the command line.

    Loaded only here: worker processes begin by importing this module and need nothing of it.
    """
    from posthouse.commands import main as run

    run()


if __name__ == "__main__":
    main()
