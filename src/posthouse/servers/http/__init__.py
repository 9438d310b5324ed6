"""The HTTP door: the API under /api/v1 with its OpenAPI, live push, the built page, health."""
