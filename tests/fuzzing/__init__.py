"""Random requests, made by grammars over the schema and over the vendors' reference.

`scripts/fuzz` sends as many as a person wants, `test_fuzz.py` sends 10,000. A run follows from its
seed: `scripts/fuzz --seed 7 --only 1234` sends one request again.
"""
