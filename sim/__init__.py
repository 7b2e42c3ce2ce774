"""Simulated worlds. Importing this makes the environments known to gymnasium; no simulator is loaded."""

from .gym_register import register

register()
