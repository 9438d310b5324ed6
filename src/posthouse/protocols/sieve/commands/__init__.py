"""The commands and tests: a file per group, each with its table of what they take."""
