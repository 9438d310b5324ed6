"""Counters and clocks for Prometheus, declared where they are counted, served by servers/http."""

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["REGISTRY", "CollectorRegistry", "Counter", "Gauge", "Histogram"]
