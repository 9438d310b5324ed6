"""What a line of the log holds."""

import json
import logging

from posthouse.foundation.log import set_up_logging


def _logged(form: str) -> str:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        set_up_logging(form)
        record = logging.getLogger("uvicorn.error").makeRecord(
            "uvicorn.error", logging.INFO, "server.py", 1, "Started %d", (7,), None,
            extra={"color_message": "Started \x1b[36m%d\x1b[0m", "seconds": 0.5},
        )  # fmt: skip
        return root.handlers[0].format(record)
    finally:
        root.handlers[:] = before
        root.setLevel(level)


def test_a_line_for_people_says_things_once_and_without_colours():
    assert _logged("text").endswith("info    uvicorn.error: Started 7 seconds=0.5")


def test_a_line_for_machines_has_the_fields_by_name():
    line = json.loads(_logged("json"))
    assert (line["logger"], line["message"], line["seconds"]) == ("uvicorn.error", "Started 7", 0.5)
    assert "color_message" not in line
