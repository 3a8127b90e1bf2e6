"""Single visits to a lab's site: who answers."""

from urllib.request import Request, urlopen


def get(url: str, cookie: str = "") -> tuple[str, str]:
    """Return the worker that answered and the cookie that it set."""
    with urlopen(Request(url, headers={"Cookie": cookie} if cookie else {}), timeout=30) as answer:
        return answer.headers["X-Worker"], (answer.headers["Set-Cookie"] or "").split(";")[0]


def workers_of(url: str, visits: int = 12) -> set[str]:
    """Return who answers new visitors."""
    return {get(url)[0] for _ in range(visits)}


def say(url: str, worker: str, *words: str) -> None:
    """Let the application of one worker print these to its log, a line each; the others print some of them, too."""
    for word in words:
        while get(f"{url}/?log={word}")[0] != worker:
            continue
