"""Several who do the same at once."""

import threading
from collections.abc import Callable


def together(work: Callable[[], object], threads: int = 6) -> None:
    """Do the same in several threads at once; raise what one of them raised."""
    faults: list[BaseException] = []
    ready = threading.Barrier(threads)

    def run() -> None:
        try:
            ready.wait()
            work()
        except BaseException as fault:  # noqa: BLE001 - raised below
            faults.append(fault)

    running = [threading.Thread(target=run) for _ in range(threads)]
    for each in running:
        each.start()
    for each in running:
        each.join()
    if faults:
        raise faults[0]
