"""Remote-support history as N-able Take Control serves it."""
