"""A mail and the answer to it that come at the same moment, through different connections."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.support.house import letter
from tests.support.running import ANNA, BEN, RunningPosthouse

_DISCUSSIONS = 80


def test_what_came_at_once_is_one_thread_soon(shared_house: RunningPosthouse):
    """Anna gets the mail, Ben the answer: two transactions, and no third message joins them."""
    together = Barrier(2)

    def correspond(recipient: str) -> None:
        with shared_house.smtp() as client:
            for number in range(_DISCUSSIONS):
                parent = f"{number}@kunde.example"
                if recipient == ANNA:
                    raw = letter(message_id=parent, subject=f"{number}", body=f"{number}")
                else:
                    raw = letter(
                        message_id=f"re.{parent}",
                        subject=f"Re: {number}",
                        references=f"<{parent}>",
                        body=f"To {number}",
                    )
                together.wait(60)
                client.sendmail("li.wei@kunde.example", recipient, raw)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(correspond, (ANNA, BEN)))
    shared_house.wait_for_listeners()

    anna, ben = (
        {
            row["subject"].removeprefix("Re: "): row["id"]
            for row in shared_house.api(address=address).get("/threads?limit=100")["items"]
        }
        for address in (ANNA, BEN)
    )
    assert len(anna) == _DISCUSSIONS
    assert anna == ben
