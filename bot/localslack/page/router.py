"""Routes of the page."""

import threading

from fastapi import APIRouter

from bot.localslack.gestures import Gestures


def router(gestures: Gestures, stopping: threading.Event) -> APIRouter:
    """Return the routes of the page."""
    return APIRouter()
