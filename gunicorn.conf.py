"""The production server's settings (`make run` uses the same).

Threads, not plain workers: two slow uploads on a weak line would hold both workers and a third person would wait. Few
threads, since rendering pages holds the interpreter's lock. In front of the public internet stands a proxy that buffers
requests and caps their size; this server is meant to listen on the loopback only.
"""

import os
from pathlib import Path

from gunicorn.arbiter import Arbiter

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = 2
worker_class = "gthread"
threads = 4
worker_connections = 200

# With gthread `timeout` watches the worker, not the request: an upload may take as long as its line needs.
timeout = 60
# SECURITY.md R-15: after SIGTERM no new requests, and those under way (20 MB at 1 Mbit/s are 160 s) may finish.
graceful_timeout = 180
keepalive = 5

limit_request_line = 4094
limit_request_fields = 60
limit_request_field_size = 8190
umask = 0o027
if Path("/dev/shm").is_dir():  # noqa: S108 — heartbeat files of the workers, never on a slow disk
    worker_tmp_dir = "/dev/shm"  # noqa: S108

# gunicorn ≥ 25 opens a control socket under the home folder; nobody here uses it.
control_socket_disable = True


accesslog = None  # the line of each request is Django's (childfriendly/core/logs.py): it knows who asked
errorlog = "-"
loglevel = "warning"


def when_ready(server: Arbiter) -> None:
    """Say where to go once the port is really open."""
    print(f"Hệ thống đang chạy tại http://{bind}/ — nhấn Ctrl+C để dừng.", flush=True)
