"""Microsoft Graph's mail on this machine, built from Microsoft's published documentation.

Each answer names its page: G stands for learn.microsoft.com/graph, A for
learn.microsoft.com/graph/api.
"""

from tests.support.graph_server.mailbox import Faults, GraphMailbox
from tests.support.graph_server.server import GraphServer, graph_server

__all__ = ["Faults", "GraphMailbox", "GraphServer", "graph_server"]
