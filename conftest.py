"""Fixtures for every test, beside the code in src/ and in tests/."""

pytest_plugins = [
    "tests.support.corpora",
    "tests.support.postgres",
    "tests.support.house",
    "tests.support.running",
]
