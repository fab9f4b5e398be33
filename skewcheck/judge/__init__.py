"""Says what measurements mean. Pure: it asks nobody, reads no clock and opens nothing."""
