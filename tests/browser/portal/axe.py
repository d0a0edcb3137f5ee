"""Accessibility by axe-core: the rules of WCAG 2.2, levels A and AA, and its best practices."""

import os
import pathlib
import re

SCRIPT = pathlib.Path(os.environ["AXE"]).read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# What axe can't decide by itself: the rule, its reason, the element, and why that is right.
EXPLAINED = [
    ("color-contrast", "only non-text characters", 'aria-hidden="true"', "a shape beside the word that says the same"),
    ("color-contrast", "only non-text characters", r"<del>.*</del> → ", "the arrow between two values that are marked as such"),
    ("color-contrast", "only non-text characters", '<text class="m"', "the shape in a cell of the timeline, which is also a table"),
    ("color-contrast", "partially obscured", r"<t[dh]|class=\"badge", "a cell of a table that scrolls sideways; at full width axe decides it"),
    # Its contrast is measured below.
    ("color-contrast", "overlapped by another element", "<text ", "the count in a cell of the timeline, over the cell itself"),
]

RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}});
  const short = (list, kind) => list.flatMap((rule) => rule.nodes.map((node) => ({
    kind, rule: rule.id, target: node.target.join(' '), html: node.html.slice(0, 160),
    why: node.any.concat(node.all, node.none).map((check) => check.message).join('; '),
  })));
  return short(found.violations, 'violation').concat(short(found.incomplete, 'incomplete'));
}"""

# The least contrast between a count of the timeline and the cell below it.
TIMELINE = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((c) => (color.startsWith('color(') ? c * 255 : +c));
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  let least = 21;
  for (const text of document.querySelectorAll('svg text:not(.m)')) {
    const box = text.getBoundingClientRect();
    if (!box.width) continue;
    text.scrollIntoView({block: 'center'});
    const {left, top, width, height} = text.getBoundingClientRect();
    const below = document.elementsFromPoint(left + width / 2, top + height / 2).find((node) => node.matches('rect, path'));
    if (!below) continue;
    const [a, b] = [luminance(getComputedStyle(text).fill), luminance(getComputedStyle(below).fill)];
    least = Math.min(least, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return least;
}"""


def problems(page):
    """What is wrong with the page, or not decided and not explained."""
    page.evaluate(SCRIPT + "; undefined")
    found = page.evaluate(RUN, TAGS)
    open_ones = [
        f"{item['kind']} {item['rule']}: {item['html']} ({item['why'][:160]})"
        for item in found if item["kind"] == "violation" or not explained(item)
    ]
    contrast = page.evaluate(TIMELINE)
    return open_ones + ([f"a count of the timeline has a contrast of {contrast:.2f}:1"] if contrast < 4.5 else [])


def explained(item):
    return any(
        item["rule"] == rule and why in item["why"] and re.search(element, item["html"])
        for rule, why, element, _ in EXPLAINED
    )


def overflow(page):
    """How many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
