"""The demo data: the vendors' own sample sessions, and generated ones of the last thirty days."""

from app.commands.demo.load import SIZE, has_demo, load_demo

__all__ = ["SIZE", "has_demo", "load_demo"]
