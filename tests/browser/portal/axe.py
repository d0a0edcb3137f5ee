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
]

# The contrast between two colors as a browser computes them. Pages have no images and no gradients behind a text.
CONTRAST = """
  const channels = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((c) => (color.startsWith('color(') ? c * 255 : +c));
  const luminance = (color) => {
    const [r, g, b] = channels(color).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (one, other) => {
    const [a, b] = [luminance(one), luminance(other)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  };
  const isOpaque = (color) => !/^rgba|\\/ |transparent/.test(color);
  const below = (node) => {
    for (; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      if (isOpaque(color)) return color;
    }
    return getComputedStyle(document.body).backgroundColor;
  };
"""

# Where axe can't decide a contrast, such as of a text in a drawing or in a table that scrolls, it is measured.
RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}});""" + CONTRAST + """
  const measured = (node) => {
    const element = document.querySelector(node.target[0]);
    const style = element && getComputedStyle(element);
    return style ? contrast(element.matches('text') ? style.fill : style.color, below(element)) : 0;
  };
  const short = (list, kind) => list.flatMap((rule) => rule.nodes.map((node) => ({
    kind, rule: rule.id, target: node.target.join(' '), html: node.html.slice(0, 160),
    contrast: kind == 'incomplete' && rule.id == 'color-contrast' ? measured(node) : 0,
    why: node.any.concat(node.all, node.none).map((check) => check.message).join('; '),
  })));
  return short(found.violations, 'violation').concat(short(found.incomplete, 'incomplete'));
}"""

# The least contrast between a count of the timeline and the cell below it. The number at the peak of a chart has a
# border in the color of the card around each digit.
TIMELINE = """() => {""" + CONTRAST + """
  let least = 21;
  for (const text of document.querySelectorAll('svg text:not(.m, .peak)')) {
    const box = text.getBoundingClientRect();
    if (!box.width) continue;
    text.scrollIntoView({block: 'center'});
    const {left, top, width, height} = text.getBoundingClientRect();
    const cell = document.elementsFromPoint(left + width / 2, top + height / 2).find((node) => node.matches('rect, path'));
    if (cell) least = Math.min(least, contrast(getComputedStyle(text).fill, getComputedStyle(cell).fill));
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
    return item["contrast"] >= 4.5 or any(
        item["rule"] == rule and why in item["why"] and re.search(element, item["html"])
        for rule, why, element, _ in EXPLAINED
    )


def overflow(page):
    """How many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
