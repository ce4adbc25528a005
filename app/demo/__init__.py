"""The demo data: the vendors' own sample sessions, and generated ones of the last thirty days."""

from app.demo.load import SIZE, load_demo

__all__ = ["SIZE", "load_demo"]
