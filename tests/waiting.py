"""Running a coroutine to its end from a test."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def in_a_thread(coroutine, *, limit=100):
    """What it gives, from a loop in a thread of its own: browser tests leave a running loop in the test's thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result(limit)
