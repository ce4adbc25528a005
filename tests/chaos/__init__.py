"""Faults under acknowledged writes: what was acknowledged is there once, and nobody waits for ever.

`scripts/chaos` goes on as long as a person wants; `test_chaos.py` tries each fault once. See
docs/reliability.md for what came of long runs.
"""
