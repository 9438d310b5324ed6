"""Setting up: who takes the empty house, and how its machine stands before the first mail."""
