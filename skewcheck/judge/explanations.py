"""What `skewcheck explain` says, read from `explanations.txt` beside this: no measurement has to load it."""

from functools import cache
from importlib import resources

TOPICS = ("401", "offset", "leeway")
"""What is explained beside the findings."""


@cache
def pages() -> dict[str, str]:
    """Return each page by its name, its first line being `NAME: HEADLINE`."""
    text = (resources.files("skewcheck.judge") / "explanations.txt").read_text(encoding="utf-8")
    head, *found = f"\n{text}".split("\n# ")
    for shared in head.split("\n@")[1:]:
        name, _, lines = shared.partition("\n")
        found = [page.replace(f"\n@{name}\n", f"\n{lines.rstrip()}\n") for page in found]
    found = [page.replace("\n@verifiers\n", f"\n{_leeways()}") for page in found]
    return {page.partition(":")[0]: f"{page.rstrip()}\n" for page in found}


def _leeways() -> str:
    """Return a line for each verifier: what it allows by itself, and the option that says otherwise."""
    from skewcheck.judge.verifiers import VERIFIERS

    rows = [(row.name, f"{row.checker.leeway_s:g} s", row.option.replace("…", "...")) for row in VERIFIERS]
    return "".join(f"  {name:16}  {leeway:>5}  {option}".rstrip() + "\n" for name, leeway, option in rows)


def listing() -> str:
    """Return all names with their headlines, a line each."""
    widest = max(map(len, pages()))
    heads = (page.partition("\n")[0].partition(": ") for page in pages().values())
    return "".join(f"{name:{widest}}  {headline}\n" for name, _, headline in heads)
