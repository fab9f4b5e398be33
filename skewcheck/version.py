"""The version, a constant: asking the installed metadata for it costs 20 ms at each start."""

VERSION = "0.1.0"
__version__ = VERSION  # as Python programs call it: `skewcheck.__version__`
