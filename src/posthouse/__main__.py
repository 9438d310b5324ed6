"""`python -m posthouse` and the `posthouse` command."""

from posthouse.commands import main

if __name__ == "__main__":
    main()
