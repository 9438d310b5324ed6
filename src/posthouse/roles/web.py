"""What the process `web` runs."""

from posthouse.foundation.serving import Running
from posthouse.servers.http import serve as http

RUNNING = {
    "http": Running(http.serve),
    "https": Running(http.serve_https),
    "challenges": Running(http.serve_challenges),
}
