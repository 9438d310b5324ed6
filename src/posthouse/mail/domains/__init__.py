"""Hosted domains as DNS shows them: whether mail arrives, and whether others trust what is sent."""
