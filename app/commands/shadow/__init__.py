"""`scripts/shadow`: a vendor answers its clients, and the gateway is asked the same beside it.

    client ──▶ shadow ──▶ the vendor            `relay.py`: the client gets the vendor's bytes
                  └─────▶ the gateway           `mirror.py`: a bounded queue, apart from the client
                              └──▶ report       `events.py`, `differences.py`, `report.py`

The report has field names, lengths, offsets and shapes; no value, header or address of anybody.
"""
