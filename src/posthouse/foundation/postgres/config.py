"""The server's settings. Written anew at every start; an operator's own go into local.conf."""

import os
from collections.abc import Mapping
from pathlib import Path

MiB = 1024 * 1024

# Only the socket listens, in a folder that nobody but the server's user and root may enter.
HBA = "local all all trust\nlocal replication all trust\n"


def server_settings(*, memory: int, socket_folder: Path, log_folder: Path) -> dict[str, str]:
    """Settings for a machine with `memory` bytes that PostgreSQL shares with the rest of us."""
    return {
        "cluster_name": "posthouse",
        # Doors.
        "listen_addresses": "",
        "unix_socket_directories": str(socket_folder),
        "unix_socket_permissions": "0700",
        "max_connections": "100",
        "password_encryption": "scram-sha-256",
        # A message answered with 250 has reached the disk.
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "wal_compression": "on",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "10min",
        # Memory.
        "shared_buffers": _megabytes(memory // 8, least=64, most=4096),
        "effective_cache_size": _megabytes(memory // 2, least=256, most=262144),
        "maintenance_work_mem": _megabytes(memory // 32, least=64, most=1024),
        "work_mem": "16MB",
        # Short statements by key on fast disks.
        "random_page_cost": "1.1",
        "jit": "off",
        # Listeners read below the oldest transaction: a forgotten one would hold up everybody.
        "idle_in_transaction_session_timeout": "60s",
        "client_connection_check_interval": "10s",
        "autovacuum_naptime": "30s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_analyze_scale_factor": "0.05",
        # A week of logs. Never a value: DETAIL and CONTEXT lines quote rows, so they are left out.
        "logging_collector": "on",
        "log_directory": str(log_folder),
        "log_filename": "postgresql-%a.log",
        "log_rotation_age": "1d",
        "log_rotation_size": "0",
        "log_truncate_on_rotation": "on",
        "log_file_mode": "0640",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_lock_waits": "on",
        "log_timezone": "UTC",
        # The same everywhere.
        "timezone": "UTC",
        "lc_messages": "C",
        "default_text_search_config": "pg_catalog.simple",
    }


def render(settings: Mapping[str, str], *, include: Path) -> str:
    """A postgresql.conf; `include` is read last, so it wins."""
    lines = ["# Written by Posthouse at every start. Your own settings: local.conf beside this."]
    lines += [f"{name} = {_quoted(value)}" for name, value in settings.items()]
    lines.append(f"include_if_exists = {_quoted(str(include))}")
    return "\n".join(lines) + "\n"


def machine_memory() -> int:
    """Bytes of memory that we may use: the machine's, or less in a container."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            memory = min(memory, int(Path(limit).read_text()))
        except (OSError, ValueError):  # no such controller, or "max"
            continue
    return memory


def _megabytes(size: int, *, least: int, most: int) -> str:
    return f"{min(max(size // MiB, least), most)}MB"


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
