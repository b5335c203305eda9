# SPDX-License-Identifier: MIT
"""The picture of storms: each node's memory from its first to its last page, coloured by domain, one panel for a storm."""

import math
from xml.sax.saxutils import escape

from storm_table import figures, mode, percent

WIDTH, MARGIN, GAP = 1480, 32, 40
HEIGHT = 512  # of a node's memory
LIST = 190  # width of the side list
TOP, HEAD = 108, 116  # above the panels; above the nodes in a panel
HUES = (255, 145, 55, 320, 195, 25, 105, 285)  # of nodes, in the order of their ids
FIXED = {"free": "#ffffff", "hypervisor": "#6b7280", "others": "#b6bcc6"}
INK, SOFT, LINE = "#1f2430", "#667085", "#d0d5dd"

STYLE = f"""\
text{{font-family:'DejaVu Sans',Verdana,Helvetica,Arial,sans-serif;fill:{INK};font-size:12px}}
.t{{font-size:24px;font-weight:bold}} .h{{font-size:19px;font-weight:bold}} .s{{fill:{SOFT}}} .b{{font-weight:bold}}
.k{{font-size:21px;font-weight:bold}} .w{{fill:#ffffff;font-size:10px;font-weight:bold}} .d{{font-size:10px;font-weight:bold}}"""
PATTERNS = f"""\
<pattern id="foreign" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">\
<rect width="2.2" height="6" fill="#000000" fill-opacity="0.62"/></pattern>
<pattern id="lost" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">\
<rect width="7" height="7" fill="#e4e7ec"/><rect width="2.5" height="7" fill="#98a2b3"/></pattern>"""


def oklch(lightness, chroma, hue):
    """A colour of even lightness to the eye, as #rrggbb."""
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    l, m, s = ((lightness + x * a + y * b) ** 3 for x, y in
               ((0.3963377774, 0.2158037573), (-0.1055613458, -0.0638541728), (-0.0894841775, -1.2914855480)))
    linear = (4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
              -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
              -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)
    clipped = (min(max(c, 0), 1) for c in linear)
    gamma = (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in clipped)
    return "#" + "".join(f"{round(255 * c):02x}" for c in gamma)


def home(domain):
    """The node that it wants most on."""
    return max(sorted(domain["wanted"]), key=lambda node: domain["wanted"][node])


def colours(domains):
    """By domain (text) its lightness and colour: the hue says its home node, the lightness which one of those it is."""
    found = {}
    for node in sorted({home(d) for d in domains}):
        family = [d["domain"] for d in domains if home(d) == node]
        for i, number in enumerate(family):
            order = i // 2 if i % 2 == 0 else (len(family) + 1) // 2 + i // 2  # neighbours in the list differ well
            light = 0.42 + 0.42 * (order + 0.5) / len(family)
            found[str(number)] = light, oklch(light, 0.12, HUES[node % len(HUES)])
    return found


def tag(name, text=None, **attributes):
    inside = " ".join(f'{k.rstrip("_").replace("_", "-")}="{v:g}"' if isinstance(v, float) else
                      f'{k.rstrip("_").replace("_", "-")}="{escape(str(v))}"' for k, v in attributes.items())
    return f"<{name} {inside}/>" if text is None else f"<{name} {inside}>{escape(str(text))}</{name}>"


def rect(x, y, w, h, fill, **more):
    return tag("rect", x=round(x, 2), y=round(y, 2), width=round(w, 2), height=round(h, 2), fill=fill, **more)


def words(x, y, text, class_="", **more):
    return tag("text", text, x=round(x, 2), y=round(y, 2), class_=class_, **more)


def mib(pages):
    return f"{pages / 256:,.0f} MiB" if pages >= 2560 else f"{pages / 256:.1f} MiB"


def name(number):
    return f"s{int(number):02}"


def runs_of(stripes):
    """[first, count, {owner: pages}] of stripes that look the same: pages of one domain count as the same anywhere."""
    runs = []
    for i, stripe in enumerate(stripes):
        whole = sum(stripe.values())
        shares = {who: round(n / whole, 2) for who, n in stripe.items()}
        if runs and runs[-1][2] == shares:
            runs[-1][1] += 1
        else:
            runs.append([i, 1, shares])
    return runs


def owner_order(who):
    return int(who) if who.isdigit() else 1000 + list(FIXED).index(who) if who != "free" else 2000


def draw_run(x, y, w, h, shares, node, domains, palette):
    """Who has part of these stripes has that part of their width."""
    whole, at = sum(shares.values()) or 1, x
    for who in sorted(shares, key=owner_order):
        width = w * shares[who] / whole
        if who != "free":
            yield rect(at, y, width, h, FIXED[who] if who in FIXED else palette[who][1])
        if who.isdigit() and node not in domains[int(who)]["wanted"]:
            yield rect(at, y, width, h, "url(#foreign)")
        elif who.isdigit() and h >= 13 and width >= 26:
            yield words(at + width / 2, y + h / 2 + 3.6, name(who), "d" if palette[who][0] > 0.69 else "w", text_anchor="middle")
        at += width


def draw_node(x, y, w, described, stripes, domains, palette):
    """One column, the first page at the top."""
    node, lines = described["node"], stripes["stripes"]
    each = HEIGHT / len(lines)
    yield rect(x, y, w, HEIGHT, FIXED["free"])
    for first, count, shares in runs_of(lines):
        yield from draw_run(x, y + first * each, w, count * each, shares, node, domains, palette)
    yield rect(x, y, w, HEIGHT, "none", stroke=INK, stroke_width=1.2)
    yield rect(x, y - 30, 11, 11, oklch(0.6, 0.12, HUES[node % len(HUES)]))
    yield words(x + 16, y - 20, f"node {node}" if w >= 60 else str(node), "b")
    yield words(x, y - 6, mib(described["pages"]) if w >= 50 else f"{described['pages'] / 256:.0f}", "s")


def draw_lost(x, y, domain, largest):
    """One that failed: what it wanted as an outline, what was built for nothing hatched."""
    scale = (LIST - 8) / largest
    wanted = "+".join(map(str, domain["wanted"]))
    yield words(x, y, name(domain["domain"]), "b")
    yield words(x + 32, y, f"{mib(domain['pages'])} on node {wanted}", "s")
    yield rect(x, y + 5, domain["pages"] * scale, 10, "#ffffff", stroke=SOFT, stroke_width=0.8)
    if domain["wasted_pages"]:
        yield rect(x, y + 5, min(domain["wasted_pages"] * scale, LIST - 8), 10, "url(#lost)", stroke=SOFT, stroke_width=0.8)


def draw_losers(x, y, storm):
    """The side list: who failed."""
    losers = [d for d in storm["of"] if d["role"] == "arrives" and d["state"] == "failed"]
    room, largest = (HEIGHT - 40) // 34, max((d["pages"] for d in losers), default=1)
    yield words(x, y - 20, f"{len(losers)} failed" if losers else "none failed", "b")
    yield words(x, y - 6, "hatched: built, then thrown away" if any(d["wasted_pages"] for d in losers) else
                "refused before the first page" if losers else "", "s", style="font-size:10.5px")
    for i, d in enumerate(losers[:room]):
        yield from draw_lost(x, y + 16 + 34 * i, d, largest)
    if len(losers) > room:
        yield words(x, y + 16 + 34 * room, f"and {len(losers) - room} more", "s")


def key_figures(f):
    return [(f"{f['started']} of {f['domains']}", "domains started"),
            (percent(f["on_wanted"]), "of their pages where wanted"),
            ("-" if f["distance"] is None else f"{f['distance']:.1f}", "mean distance (10 is local)"),
            (mib(f["pages_wasted"]) if f["pages_wasted"] else "nothing", "built and thrown away")]


def draw_panel(x, y, width, machine, storm, palette):
    f = figures(machine, storm)
    yield words(x, y + 16, mode(f).capitalize(), "h")
    for i, (value, what) in enumerate(key_figures(f)):
        at = x + i * width / 4
        yield words(at, y + 48, value, "k")
        yield words(at, y + 64, what, "s", style="font-size:10.5px")
    nodes = [(n, s) for n in machine["nodes"] for s in storm["stripes"] if n["node"] == s["node"]]
    domains = {d["domain"]: d for d in storm["of"]}
    step = (width - LIST - 10) / len(nodes)
    for i, (node, stripes) in enumerate(nodes):
        yield from draw_node(x + i * step, y + HEAD, step - min(14, step / 5), node, stripes, domains, palette)
    yield from draw_losers(x + width - LIST, y + HEAD, storm)


def legend_signs(x, y):
    signs = [("#8a94a6", "url(#foreign)", "on a node that its domain does not want"),
             ("url(#lost)", None, "populated and given back: the build failed"),
             (FIXED["hypervisor"], None, "the hypervisor"), (FIXED["others"], None, "the builders' domain"),
             (FIXED["free"], None, "free")]
    for fill, over, text in signs:
        yield rect(x, y - 11, 22, 13, fill, stroke=SOFT, stroke_width=0.8)
        if over:
            yield rect(x, y - 11, 22, 13, over)
        yield words(x + 29, y, text)
        x += 29 + 7.1 * len(text) + 30


def chip(x, y, d, palette):
    others = "".join(f" +{n}" for n in d["wanted"] if n != home(d))
    note = {"stays": ", stays", "leaves": ", leaves"}.get(d["role"], "")
    yield rect(x, y - 11, 13, 13, palette[str(d["domain"])][1])
    yield words(x + 18, y, name(d["domain"]), "b")
    yield words(x + 48, y, f"{mib(d['pages'])}{others}{note}", "s")


def draw_legend(x, y, machine, storm, palette):
    """A row or more for the domains of each home node. Yields the parts, then the height."""
    yield from legend_signs(x, y)
    columns, line = 8, y + 36
    for node in machine["nodes"]:
        family = [d for d in storm["of"] if home(d) == node["node"] and d["role"] != "leaves"]
        for i, d in enumerate(family):
            if i % columns == 0:
                yield words(x, line, f"want node {node['node']}" if i == 0 else "", "b")
                line += 20
            yield from chip(x + 110 + i % columns * 163, line - 20, d, palette)


def legend_height(machine, storm):
    rows = [math.ceil(sum(home(d) == n["node"] and d["role"] != "leaves" for d in storm["of"]) / 8)
            for n in machine["nodes"]]
    return 36 + 20 * sum(rows)


def headline(machine, storm):
    f, nodes = figures(machine, storm), len(machine["nodes"])
    free = sum(n["free"] for n in machine["nodes"])
    builders = f"{machine['builders']} builder{'s' if machine['builders'] > 1 else ''}"
    on = f"on {nodes} node{'s' if nodes > 1 else ''}"
    if f["evacuate"]:
        leave = [d for d in storm["of"] if d["state"] == "gone"]
        there = " and ".join(str(n) for n in sorted({n for d in leave for n in d["wanted"]}))
        return "Evacuation", (f"{len(leave)} domains with {mib(sum(d['pages'] for d in leave))} leave nodes {there} while {f['domains']} "
                              f"that want {mib(f['wanted_pages'])} there are built, by {builders} at once.")
    return "Boot storm", (f"{f['domains']} domains that want {mib(f['wanted_pages'])} together boot at once where {mib(free)} are free "
                          f"{on}, built by {builders} at once. Each domain wants its memory on one or two nodes.")


def picture(machine, storms):
    """The whole SVG as text. STORMS: without claims, with, or one of them; each with its stripes."""
    first = storms[0]
    palette = colours(first["of"])
    what, story = headline(machine, first)
    width = (WIDTH - 2 * MARGIN - GAP * (len(storms) - 1)) / len(storms)
    bottom = TOP + HEAD + HEIGHT + 44
    height = bottom + legend_height(machine, first) + 20
    parts = [rect(0, 0, WIDTH, height, "#ffffff"), words(MARGIN, 46, f"{what}: where the pages are in the end", "t"),
             words(MARGIN, 72, story + " Seen from top to bottom: a node's first to last page;", "s"),
             words(MARGIN, 89, "a colour for each domain, and one hue for all that want most of their memory on the same node.", "s")]
    for i, storm in enumerate(storms):
        parts += draw_panel(MARGIN + i * (width + GAP), TOP + 6, width, machine, storm, palette)
    parts.append(rect(MARGIN, bottom - 26, WIDTH - 2 * MARGIN, 1, LINE))
    parts += draw_legend(MARGIN, bottom, machine, first, palette)
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">\n'
            f"<title>{what}</title>\n<style>{STYLE}</style>\n<defs>{PATTERNS}</defs>\n" + "\n".join(parts) + "\n</svg>\n")
