"""The one door out: queue, routes, connections, results."""
