# SPDX-License-Identifier: MIT
"""A storm's figures, and two storms' beside each other as a table."""

import re

PAGE_MIB = 256  # pages


def on_wanted(domain):
    """Pages on a node that the domain wanted: of its RAM, which its ACPI tables come on top of."""
    return min(domain["pages"], sum(n for node, n in domain["on"].items() if node in domain["wanted"]))


def distance_sum(machine, domain):
    """Sum over its pages: SLIT's distance from the nearest of the nodes that it wanted."""
    nr = len(machine["nodes"])
    return sum(pages * min(machine["distances"][wanted * nr + node] for wanted in domain["wanted"])
               for node, pages in domain["on"].items())


def reasons(domains):
    """Last refusals, counted: the hypercall and its error, without numbers."""
    found = {}
    for d in domains:
        if d["state"] == "failed":
            call, error = re.match(r"(\w+).*?(\w+)$", d["refused"]).groups()
            found[f"{call}: {error}"] = found.get(f"{call}: {error}", 0) + 1
    return found


def figures(machine, storm):
    """Everything that the table shows, by name. Of the domains that were built in the storm."""
    arrivals = [d for d in storm["of"] if d["role"] == "arrives"]
    started = [d for d in arrivals if d["state"] == "started"]
    pages = sum(d["pages"] for d in started)
    placed = sum(sum(d["on"].values()) for d in started)
    return {
        "claims": storm["claims"], "evacuate": storm["evacuate"], "seed": storm["storm"],
        "domains": len(arrivals), "started": len(started), "failed": len(arrivals) - len(started),
        "wanted_pages": sum(d["pages"] for d in arrivals), "started_pages": pages,
        "at_home": sum(on_wanted(d) == d["pages"] for d in started),
        "tries_failed": sum(d["wasted_tries"] for d in arrivals),
        "pages_wasted": sum(d["wasted_pages"] for d in arrivals),
        "ms_wasted": round(sum(d["wasted_ns"] for d in arrivals) / 1e6, 1),
        "on_wanted": sum(map(on_wanted, started)) / pages if pages else None,
        "distance": sum(distance_sum(machine, d) for d in started) / placed if pages else None,
        "seconds": round(storm["ns"] / 1e9, 3),
        "instructions": storm.get("instructions"),
        "refusals": reasons(arrivals),
        "log": storm.get("log", {}),
    }


def percent(share):
    """Rounded down: 100 % is all."""
    return "none" if share is None else f"{int(1000 * share) / 10:g} %"


def mib(pages):
    return f"{pages / PAGE_MIB:,.1f} MiB"


ROWS = [
    ("domains started", lambda f: f"{f['started']} of {f['domains']}"),
    ("  with all pages on wanted nodes", lambda f: f"{f['at_home']} of {f['started']}"),
    ("domains that failed", lambda f: str(f["failed"])),
    ("builds that failed, tries again included", lambda f: str(f["tries_failed"])),
    ("  populated for nothing", lambda f: mib(f["pages_wasted"])),
    ("  builders' time for nothing", lambda f: f"{f['ms_wasted']:,.0f} ms"),
    ("pages on wanted nodes", lambda f: percent(f["on_wanted"])),
    ("mean distance (SLIT, 10 is local)", lambda f: "none" if f["distance"] is None else f"{f['distance']:.2f}"),
    ("time", lambda f: f"{f['seconds']:.2f} s"),
    ("instructions, all CPUs, under -icount", lambda f: "not counted" if f["instructions"] is None
     else f"{f['instructions'] / 1e6:,.0f} million"),
]


def mode(f):
    return "with claims" if f["claims"] else "without claims"


def table(all_figures):
    """Lines: a column for each storm, and a row for each reason of a refusal."""
    rows = ROWS + [(f"  refused by {reason}", lambda f, r=reason: str(f["refusals"].get(r, 0)))
                   for reason in sorted({r for f in all_figures for r in f["refusals"]})]
    lines = [f"{'':44}" + "".join(f"{mode(f):>20}" for f in all_figures)]
    return lines + [f"{name:44}" + "".join(f"{show(f):>20}" for f in all_figures) for name, show in rows]


def broken_bars(f):
    """With claims: who was granted them finished where it wanted to be, who was not had nothing."""
    if not f["claims"]:
        return []
    broken = [] if f["on_wanted"] in (1, None) else [f"only {percent(f['on_wanted'])} of the pages are on wanted nodes"]
    broken += [f"{f['pages_wasted']} pages were populated for nothing"] if f["pages_wasted"] else []
    return broken + [f"refused by {r}" for r in f["refusals"] if r.startswith("populate")]
