"""A process that holds the server of a data folder until it is told, or killed.

python holder.py SOURCES DATA [BINARIES]: says `held PID`, waits for a line, says `stopped BOOL`.
"""

import asyncio
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from posthouse.foundation.postgres import EmbeddedPostgres


async def main() -> None:
    binaries = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    server = EmbeddedPostgres(Path(sys.argv[2]), binaries=binaries)
    await server.start()
    print("held", server.process_id(), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print("stopped", await server.stop_if_last(), flush=True)


asyncio.run(main())
