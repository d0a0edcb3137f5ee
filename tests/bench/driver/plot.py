"""Plots as SVG, without a library: bars and lines, readable in light and dark mode."""

from math import ceil, floor, log10

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 760, 340, 70, 20, 60, 50
INK, PALE, OURS, THEIRS = "#57606a", "#d0d7de", "#0a7d5a", "#8c959f"


def page(title, body, height=HEIGHT):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{title}" '
        f'font-family="system-ui, sans-serif" font-size="13" fill="{INK}">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>\n'
        f'<text x="16" y="24" font-size="15" font-weight="600">{title}</text>\n{body}\n</svg>\n'
    )


def bars(title, rows, unit):
    """One bar for each `(label, value, is ours)`, on a logarithmic scale."""
    low = floor(log10(min(value for _, value, _ in rows)))
    high = max(log10(value) for _, value, _ in rows)
    left, right, step = 330, WIDTH - 100, 34
    width = lambda value: (log10(value) - low) / (high - low) * (right - left)
    parts = []
    for power in range(low, floor(high) + 1):
        x = left + width(10**power)
        parts.append(f'<line x1="{x:.0f}" x2="{x:.0f}" y1="44" y2="{50 + step * len(rows)}" stroke="{PALE}"/>')
        parts.append(f'<text x="{x:.0f}" y="{66 + step * len(rows)}" text-anchor="middle">{10**power:,}</text>')
    for index, (label, value, ours) in enumerate(rows):
        y = 52 + step * index
        weight = ' font-weight="600"' if ours else ""
        parts.append(f'<text x="{left - 10}" y="{y + 16}" text-anchor="end"{weight}>{label}</text>')
        color = OURS if ours else THEIRS
        parts.append(f'<rect x="{left}" y="{y}" width="{max(width(value), 2):.1f}" height="22" fill="{color}"/>')
        parts.append(f'<text x="{left + width(value) + 8:.0f}" y="{y + 16}"{weight}>{value:,.0f}</text>')
    height = 90 + step * len(rows)
    parts.append(f'<text x="{WIDTH - 16}" y="{height - 6}" text-anchor="end">{unit}, scale of powers of ten</text>')
    return page(title, "\n".join(parts), height)


def lines(title, series, x_label, y_label, limit=None):
    """Lines through `{name: [(x, y), ...]}`, x logarithmic, y from zero; `limit` as `(value, words)`."""
    points = [point for line in series.values() for point in line]
    xs = sorted({x for x, _ in points})
    top = max([y for _, y in points] + ([limit[0]] if limit else []))
    tick = nice(top / 5)
    top = ceil(top / tick) * tick
    low, high = log10(min(xs)), log10(max(xs))
    x_of = lambda x: LEFT + (log10(x) - low) / ((high - low) or 1) * (WIDTH - LEFT - RIGHT - 20)
    y_of = lambda y: HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)
    parts = []
    for step in range(round(top / tick) + 1):
        y = y_of(step * tick)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{PALE}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{step * tick:g}</text>')
    for x in xs:
        parts.append(f'<text x="{x_of(x):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{x:,}</text>')
    if limit:
        y = y_of(limit[0])
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#bc4c00" '
                     'stroke-dasharray="6 4"/>')
        parts.append(f'<text x="{WIDTH - RIGHT}" y="{y - 6:.1f}" text-anchor="end" fill="#bc4c00">{limit[1]}</text>')
    for index, (name, line) in enumerate(series.items()):
        color = (OURS, THEIRS, "#0969da", "#8250df")[index % 4]
        path = " ".join(f"{x_of(x):.1f},{y_of(y):.1f}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2.5"/>')
        parts += [f'<circle cx="{x_of(x):.1f}" cy="{y_of(y):.1f}" r="3.5" fill="{color}"/>' for x, y in line]
        parts.append(f'<text x="{LEFT + 12 + 160 * index}" y="{TOP - 14}" fill="{color}" font-weight="600">{name}</text>')
    parts.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">{x_label}</text>')
    parts.append(f'<text x="16" y="{HEIGHT - 8}">{y_label}</text>')
    return page(title, "\n".join(parts))


def nice(step):
    """The next round number."""
    power = 10 ** floor(log10(step))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= step)
