"""Keeps the tests on this machine. On PYTHONPATH, its `sitecustomize` guards every Python that a test starts."""
