#!/usr/bin/env python3
"""Compares the costs that crates/models computes with an independent computation, over random usage and price lists.

    cargo build -p models --example costs
    python3 tools/catalogue/check_costs.py TARGET/debug/examples/costs [CALLS] [SEED]

Exits with 1 and the first difference if there is one. Money is `decimal.Decimal` here and whole numbers there; the rules
are written down twice, from docs and not from each other.
"""

import json
import pathlib
import random
import subprocess
import sys
from decimal import Decimal, getcontext

getcontext().prec = 60
ROOT = pathlib.Path(__file__).resolve().parents[2]
FALLBACK = {"cached_write_hour": "cached_write", "cached_read": "input", "cached_write": "input", "audio_input": "input",
            "image_input": "input", "reasoning": "output", "audio_output": "output", "image_output": "output"}
TIERS = ["standard", "flex", "priority", "batch"]


def price(lists, name, tier, prompt):
    """The price of one token, or None."""
    served, standard = lists.get(tier, {}), lists.get("standard", {})

    def beyond(part):
        above = part.get("above")
        return above.get(name) if above and prompt > above["tokens"] else None

    exact, usual, long = beyond(served), served.get(name), beyond(standard)
    if exact is not None:
        return Decimal(exact)
    if usual is not None and long is not None:
        return max(Decimal(usual), Decimal(long))
    for candidate in (usual, long, standard.get(name)):
        if candidate is not None:
            return Decimal(candidate)
    return price(lists, FALLBACK[name], tier, prompt) if name in FALLBACK else None


def cost(usage, lists):
    tier = usage["tier"]
    left = usage["prompt"]
    counts = {}
    for name, field in (("cached_read", "cached_read"), ("cached_write", "cached_write"), ("audio_input", "prompt_audio"),
                        ("image_input", "prompt_image")):
        counts[name] = min(left, usage[field])
        left -= counts[name]
    counts["cached_write_hour"] = min(counts["cached_write"], usage["cached_write_hour"])
    counts["cached_write"] -= counts["cached_write_hour"]
    counts["input"] = left
    left = usage["completion"]
    for name, field in (("reasoning", "reasoning"), ("audio_output", "completion_audio"), ("image_output", "completion_image")):
        counts[name] = min(left, usage[field])
        left -= counts[name]
    counts["output"] = left
    order = ["input", "cached_read", "cached_write", "cached_write_hour", "audio_input", "image_input", "output",
             "reasoning", "audio_output", "image_output"]
    total = Decimal(0)
    for name in order:
        if counts[name]:
            each = price(lists, name, tier, usage["prompt"])
            if each is None:
                return f"missing {name}"
            total += each * counts[name]
    return f"{total:.12f}"


def random_prices(chance):
    names = ["input", "output", *FALLBACK]

    def row(share):
        return {name: f"{Decimal(chance.randrange(10**chance.randrange(1, 13))).scaleb(-12):.12f}"
                for name in names if chance.random() < share}

    lists = {}
    for tier in TIERS:
        if tier == "standard" or chance.random() < 0.4:
            lists[tier] = row(0.9 if tier == "standard" else 0.4)
            if chance.random() < 0.4:
                lists[tier]["above"] = {"tokens": chance.choice([100_000, 128_000, 200_000, 272_000]), **row(0.5)}
    return lists


def random_usage(chance):
    def tokens():
        return chance.randrange(10 ** chance.randrange(1, 7)) if chance.random() < 0.7 else 0

    fields = ["prompt", "cached_read", "cached_write", "cached_write_hour", "prompt_audio", "prompt_image", "completion",
              "reasoning", "completion_audio", "completion_image"]
    usage = {field: tokens() for field in fields}
    if chance.random() < 0.5:
        # As providers count: the parts are within the whole.
        usage["prompt"] += sum(usage[field] for field in fields[1:6] if field != "cached_write_hour")
        usage["completion"] += sum(usage[field] for field in fields[7:])
    return {**usage, "tier": chance.choice(["standard", "standard", *TIERS])}


def main():
    program = sys.argv[1]
    calls = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000
    chance = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 20261129)
    shipped = [model["prices"] for model in json.loads((ROOT / "crates/models/data/models.json").read_text())["models"]]
    asked = [{"usage": random_usage(chance),
              "prices": chance.choice(shipped) if chance.random() < 0.5 else random_prices(chance)} for _ in range(calls)]
    lines = "".join(json.dumps(call) + "\n" for call in asked)
    found = subprocess.run([program], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(found) == calls, (len(found), calls)
    differences = 0
    for call, theirs in zip(asked, found):
        ours = cost(call["usage"], call["prices"])
        if ours != theirs:
            differences += 1
            if differences == 1:
                print(f"first difference: expected {ours}, got {theirs} for {json.dumps(call)}")
    missing = sum(line.startswith("missing") for line in found)
    print(f"{calls} calls, {missing} of them without a price for something, {differences} differences")
    sys.exit(differences > 0)


main()
