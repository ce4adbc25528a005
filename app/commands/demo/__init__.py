"""The demo data: the vendors' own samples, one customer's journey, and thirty generated days."""

from app.commands.demo.load import SIZE, has_demo, load_demo

__all__ = ["SIZE", "has_demo", "load_demo"]
