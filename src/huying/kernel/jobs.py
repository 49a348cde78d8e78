"""Delivery of news, as a job of the PostgreSQL queue."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from huying.kernel.events import EVENTS, News


@app.task(name="kernel.deliver", queue="news", retry=RetryStrategy(max_attempts=8, exponential_wait=2))
def deliver(name: str, news_id: str, at: str, facts: dict[str, Any]) -> None:
    """Hand one piece of news to each listener; a failing listener makes the job run again for all."""
    news = News(id=UUID(news_id), name=name, at=datetime.fromisoformat(at), facts=facts)
    for listener in EVENTS[name].listeners:
        listener(news)
