"""The command line: what runs the gateway, moves data and makes pages."""
