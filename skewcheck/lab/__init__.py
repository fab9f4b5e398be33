"""Clocks whose error is a parameter: real servers on this machine, for `skewcheck demo` and for the tests."""
