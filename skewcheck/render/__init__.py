"""From a `Report` to text: one module a format, each with a `render(report, …) -> str` that computes nothing.

A new format is one more module here. Nothing is imported until a format is chosen: `json` costs 4 ms, rich 25.
"""
