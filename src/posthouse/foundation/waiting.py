"""Waiting for whatever comes first."""

import asyncio


async def any_of(seconds: float, *events: asyncio.Event) -> None:
    """Until one of the events is set, `seconds` at most."""
    waiting = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
