"""Asks other clocks; the only room with sockets to the world. It measures and never judges."""
