"""A sandbox in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests
from urllib3.util import Retry

from tests.sandbox.serving import CALLBACK, Sandbox

PROGRAM = """
import sys
from pathlib import Path
from portal.sandbox import create_app
app = create_app(
    state=Path({state!r}), redirect_uris=[{callback!r}], base_url="http://{bind}"
)
"""


@contextmanager
def process(folder: Path, port: int) -> Iterator[tuple[Sandbox, int]]:
    """Serve a sandbox as the roof does, with gunicorn; yield it and its master."""
    bind = f"127.0.0.1:{port}"
    state = str(folder / "sandbox.db")
    text = PROGRAM.format(state=state, callback=CALLBACK, bind=bind)
    (folder / "served.py").write_text(text)
    command = [sys.executable, "-m", "gunicorn", "served:app", "--bind", bind]
    command += ["--worker-class", "gthread", "--threads", "8", "--chdir", str(folder)]
    with (
        subprocess.Popen(command, stderr=subprocess.DEVNULL) as running,
        requests.Session() as session,
    ):
        session.trust_env = False
        retries = Retry(total=12, backoff_factor=0.05, allowed_methods=None)
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retries))
        session.get(f"http://{bind}/healthz", timeout=9)
        session.mount("http://", requests.adapters.HTTPAdapter())
        try:
            yield Sandbox(url=f"http://{bind}", session=session), running.pid
        finally:
            kill(running.pid)


def kill(master: int) -> None:
    """Kill a gunicorn and its workers, as hard as there is."""
    if psutil.pid_exists(master):
        family = psutil.Process(master)
        # The master first: it would put another worker in the place of a dead one.
        for each in [family, *family.children(recursive=True)]:
            os.kill(each.pid, signal.SIGKILL)
