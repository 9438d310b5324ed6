"""Linked accounts by Microsoft Graph v1.0: Exchange Online and Outlook.com.

`service` is requests and what refuses them, `folders` and `messages` what they say, `watching`
change notifications, `driver` what a visit uses. G stands for learn.microsoft.com/graph, A for
learn.microsoft.com/graph/api.
"""

from posthouse.mail.accounts.graph.driver import GraphDriver, connect_graph

__all__ = ["GraphDriver", "connect_graph"]
