#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What users give to make's targets: understood, or refused in one clear sentence.

usage: parameters.py NAME TEXT LOW HIGH ...   are these whole numbers from LOW to HIGH?"""

import re
import sys

from machine import size_bytes


def number(name, text, low, high):
    """A whole number that the user gave."""
    if not re.fullmatch(r"[0-9]+", text.strip()) or not low <= int(text) <= high:
        sys.exit(f"allod: {name}={text}: expected a number from {low} to {high}")
    return int(text)


def size(name, text, low, high):
    """As many bytes as the user gave, from one text to the other."""
    if not size_bytes(low) <= size_bytes(text) <= size_bytes(high):
        sys.exit(f"allod: {name}={text}: expected a size from {low} to {high}")
    return size_bytes(text)


def choice(name, text, allowed):
    """One of some words."""
    if text not in allowed:
        sys.exit(f"allod: {name}={text}: expected {', '.join(allowed[:-1])} or {allowed[-1]}")
    return text


def main():
    rest = sys.argv[1:]
    while rest:
        name, text, low, high, *rest = rest
        number(name, text, int(low), int(high))


if __name__ == "__main__":
    main()
