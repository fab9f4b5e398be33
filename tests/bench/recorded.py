"""Real clients of `oauth_server` that record what they do: Python by the documented hook, Node's fetch, curl."""

import hmac
import http.client
import json
import os
import random
import subprocess
import threading
import time
from pathlib import Path
from typing import NamedTuple

KEY = os.urandom(16)


class Habit(NamedTuple):
    """What a client does, beside asking for a token and using it."""

    tokens: int = 8
    clients: int = 8
    uses: int = 6
    lives_s: float = 3.0
    retry_s: float = 0.3
    late_s: float = 0.0
    """It refreshes so long after the end, when a request was refused."""
    pause_s: float = 0.0
    """It pauses so long before each refresh, which a refused request brings."""
    eager: bool = False
    """It sends one request with the old token after each refresh."""
    storm: bool = False


class Sender:
    """One client, on an address of its own, that writes a line for each request."""

    def __init__(self, port: int, number: int, lines: list[str]) -> None:
        """*lines*: gets NDJSON as the hook of docs/log.md writes it."""
        self._address, self._lines, self.name = ("127.0.0.1", port), lines, f"worker-{number}"
        self._source = (f"127.0.0.{number + 10}", 0)

    def send(self, path: str, token: str = "") -> tuple[int, dict[str, object]]:
        """Send one request; return the status and what the reply says."""
        connection = http.client.HTTPConnection(*self._address, timeout=10, source_address=self._source)
        headers = {"User-Agent": "lab/1"} | ({"Authorization": f"Bearer {token}"} if token else {})
        t = time.time()
        connection.request("POST" if path.endswith("token") else "GET", path, headers=headers)
        reply = connection.getresponse()
        took = time.time() - t
        said = json.loads(reply.read() or b"{}")
        connection.close()
        shown = said.get("access_token") or token
        record = {
            "t": t,
            "dur_s": took,
            "url": f"http://{self._address[0]}:{self._address[1]}{path.partition('?')[0]}",
            "status": reply.status,
            "date": reply.getheader("Date"),
            "token": hmac.new(KEY, shown.encode(), "sha256").hexdigest()[:8],
            "host": self.name,
        }
        record |= {"expires_in": said["expires_in"]} if "expires_in" in said else {}
        self._lines.append(json.dumps(record))
        return reply.status, said


def live(sender: Sender, habit: Habit, seed: int) -> None:
    """Live through so many tokens."""
    dice, old = random.Random(seed), ""
    time.sleep(dice.uniform(0, habit.lives_s))
    for _ in range(habit.tokens):
        sent = time.monotonic()
        status, said = sender.send("/oauth/token")
        if status != 200:
            continue
        token = str(said["access_token"])
        if habit.eager and old:
            sender.send("/api/v2/users/me?name=planted-query", old)
        old = token
        for _ in range(6):
            if sender.send("/api/v2/users/me?name=planted-query", token)[0] == 200:
                break
            time.sleep(habit.retry_s)
        if habit.storm:
            continue
        for at_s in sorted(dice.uniform(habit.lives_s * 0.3, habit.lives_s * 0.8) for _ in range(habit.uses)):
            time.sleep(max(0.0, sent + at_s - time.monotonic()))
            sender.send("/api/v2/users/me", token)
        until_s = habit.lives_s + habit.late_s if habit.late_s else habit.lives_s * dice.uniform(0.82, 0.95)
        time.sleep(habit.pause_s or max(0.0, sent + until_s - time.monotonic()))
        if habit.late_s or habit.pause_s:
            sender.send("/api/v2/users/me", token)


def python(port: int, habit: Habit) -> list[str]:
    """Return what Python clients recorded, all at once."""
    lines: list[str] = []
    threads = [
        threading.Thread(target=live, args=(Sender(port, number, lines), habit, number))
        for number in range(habit.clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return lines


NODE = """
const [base, clients, tokens, uses, lives, retry, late] = process.argv.slice(2).map((v, i) => (i ? Number(v) : v));
const sleep = (s) => new Promise((done) => setTimeout(done, s * 1000));
async function live() {
  await sleep(Math.random() * lives);
  for (let n = 0; n < tokens; n++) {
    const sent = Date.now() / 1000;
    const { access_token } = await (await fetch(`${base}/oauth/token`, { method: "POST" })).json();
    const headers = { authorization: `Bearer ${access_token}` };
    const use = () => fetch(`${base}/api/v2/users/me?name=planted-query`, { headers });
    for (let i = 0; i < 6 && !(await use()).ok; i++) await sleep(retry);
    const times = Array.from({ length: uses }, () => lives * (0.3 + Math.random() * 0.5)).sort((a, b) => a - b);
    for (const at of times) { await sleep(Math.max(0, sent + at - Date.now() / 1000)); await use(); }
    await sleep(Math.max(0, sent + (late ? lives + late : lives * (0.82 + Math.random() * 0.1)) - Date.now() / 1000));
    if (late) await use();
  }
}
await Promise.all(Array.from({ length: clients }, live));
"""


def node(url: str, habit: Habit, hook: str, folder: Path) -> list[str]:
    """Return what Node's fetch recorded by *hook*, as docs/log.md has it."""
    script = folder / "client.mjs"
    script.write_text(hook + NODE)
    numbers = (habit.clients, habit.tokens, habit.uses, habit.lives_s, habit.retry_s, habit.late_s)
    subprocess.run(["node", str(script), url, *map(str, numbers)], cwd=folder, check=True, timeout=110)
    return (folder / "requests.ndjson").read_text().splitlines()


def curl(url: str, rounds: int, lives_s: float, folder: Path) -> list[str]:
    """Return what a loop of curl recorded: a token, two uses, one after its end."""
    template = '{\\"t\\":$t,\\"dur_s\\":%{time_total},\\"url\\":\\"%{url_effective}\\",\\"status\\":%{http_code}}\\n'
    send = f'send() {{ t=$(date +%s.%N); curl -s -o reply -w "{template}" "$@" >> requests.ndjson; }}\n'
    once = (
        f'send -X POST {url}/oauth/token; T=$(sed \'s/.*access_token": "//; s/".*//\' reply)\n'
        f'send -H "Authorization: Bearer $T" {url}/api/v2/users/me; sleep {lives_s * 0.5}\n'
        f'send -H "Authorization: Bearer $T" {url}/api/v2/users/me; sleep {lives_s * 0.6}\n'
        f'send -H "Authorization: Bearer $T" {url}/api/v2/users/me\n'
    )
    subprocess.run(["bash", "-c", send + once * rounds], cwd=folder, check=True, timeout=110)
    return (folder / "requests.ndjson").read_text().splitlines()
