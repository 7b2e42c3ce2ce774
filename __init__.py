"""Loci: the memory of an embodied robot, from posed RGB-D frames to household tasks.

Import the part that you need (``from loci.memory import Memory``); nothing is loaded here.
"""

__version__ = "0.1.0"
