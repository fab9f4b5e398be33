"""What the tests measure against: real NTP servers, real networks, real wrong clocks, and paths that misbehave."""
