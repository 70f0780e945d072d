"""Hostile files, names and strings, made in memory: what every reader and writer is tried with.

`python -m tests.corpus FOLDER` writes them out, for a scanner or for trying a screen by hand.
"""
