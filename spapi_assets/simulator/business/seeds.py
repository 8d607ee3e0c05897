"""Derived randomness: every choice comes from (seed, what it is for), never from the order of calls or a process's hash seed.
Not a place for distributions of the business itself, only for the generators they draw from."""

from __future__ import annotations

import hashlib
import math
import random

Part = int | str


def derive(seed: int, *parts: Part) -> int:
    """A 64-bit integer that depends on the seed and the parts only."""
    text = "\x1f".join(map(str, (seed, *parts)))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def generator(seed: int, *parts: Part) -> random.Random:
    """An independent generator for the named purpose."""
    return random.Random(derive(seed, *parts))


def unit(seed: int, *parts: Part) -> float:
    """A number in [0, 1) for the named purpose."""
    return derive(seed, *parts) / 2**64


def letters(number: int, length: int) -> str:
    """The number's last `length` digits to base 36, as Amazon's identifiers look."""
    out = ""
    for _ in range(length):
        number, digit = divmod(number, 36)
        out += "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[digit]
    return out


def poisson(rng: random.Random, mean: float) -> int:
    """A Poisson draw; the normal approximation above a mean of 60, where nobody can see the difference."""
    if mean <= 0:
        return 0
    if mean > 60:
        return max(0, round(rng.gauss(mean, math.sqrt(mean))))
    limit, count, product = math.exp(-mean), 0, rng.random()
    while product > limit:
        count += 1
        product *= rng.random()
    return count
