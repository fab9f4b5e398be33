"""Where no clock explains a 401: what does, in the order to look, each with how to check it.

From the documentation of Genesys Cloud and the source of its SDKs; what takes least to check stands first.
"""

from typing import NamedTuple


class Suspect(NamedTuple):
    """Why a token may be refused right after it was refreshed, other than by a clock."""

    name: str
    why: str
    check: str

    def __str__(self) -> str:
        """Return all of it as a few sentences."""
        return f"{self.name}: {self.why}. {self.check}"


SUSPECTS = (
    Suspect(
        "Idle timeout",
        "a token that nobody uses dies after 5 min to 8 h, whatever expires_in says",
        "Was it quiet before the 401? GET /api/v2/tokens/timeout tells the organization's limit.",
    ),
    Suspect(
        "Wrong region",
        "another region's token is refused at once, and on every call",
        "Compare the domain that issued it with the one that refused it.",
    ),
    Suspect(
        "The SDK",
        "the JavaScript one hands the first 401 to the caller and refreshes unseen, so that the next call works",
        "Repeat the same call once.",
    ),
    Suspect(
        "A refresh storm",
        "the login host then answers 400 with `rate limit exceeded`, not 429",
        "Count the refreshes in the clients' logs: one for each token's life is enough.",
    ),
    Suspect(
        "A token shared between hosts, or kept across suspend",
        "its expiry is by another clock, or its timer stood still while the host slept",
        "Does it fail on one host alone, or after a sleep?",
    ),
    Suspect(
        "An old token still in flight",
        "a call that was prepared before the refresh carries the old one",
        "Log a hash of the token with each call, and compare.",
    ),
)
