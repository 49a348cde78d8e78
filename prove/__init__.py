"""Provers: reliability and security as figures that anyone can make again.

`python -m prove NAME` runs one. They are not shipped, use loopback only and stop by themselves. What a prover walks
comes from the system's own tables (routes, moves, roles, fields), so a new feature is covered the day it is added.
"""
