"""The users of Redis as a file for shells, from crates/schema/src/redis/users.rs: `python3 redis_users.py` writes redis/users."""

import re

from common import DEPLOY, read

FILE = DEPLOY / "redis" / "users"
HEAD = "# The users of Redis and their rights, written from crates/schema/src/redis/users.rs by deploy/checks/redis_users.py.\n"


def text():
    source = re.sub(r"//.*", "", read("crates/schema/src/redis/users.rs"))
    names = dict(re.findall(r'const (\w+): &str = "(\w+)";', source))
    keys = dict(re.findall(r'const (\w+): \(&str, &str\) = (\("\w+", "[^"]+"\));', source))
    lists = dict(re.findall(r"const (\w+): &\[&str\] =\s*&\[(.*?)\];", source, re.S))
    users = source.split("pub const USERS", 1)[1].split("\n];", 1)[0]
    lines = []
    for name, held, commands in re.findall(r"User \{\s*name: (\S+?),\s*keys: &\[(.*?)\],\s*commands: (&\[.*?\]|\w+),?\s*\}", users, re.S):
        name = name.strip('"') if name.startswith('"') else names[name]
        for constant, pair in keys.items():
            held = re.sub(rf"\b{constant}\b", pair, held)
        commands = lists[commands] if commands in lists else commands
        rights = [f"%{access}~{pattern}" for access, pattern in re.findall(r'\("(\w+)", "([^"]+)"\)', held)]
        rights += [f"+{command}" for command in re.findall(r'"(\w+)"', commands)]
        lines.append(f"{name} {' '.join(rights)}")
    if len(lines) != len(re.findall(r"\bUser \{", users)):
        raise SystemExit("users.rs has another form than expected: see redis_users.py")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    FILE.write_text(text())
