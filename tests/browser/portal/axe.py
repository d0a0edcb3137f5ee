"""Accessibility by axe-core: the rules of WCAG 2.2, levels A and AA."""

import os
import pathlib

SCRIPT = pathlib.Path(os.environ["AXE"]).read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

# What axe can't decide by itself, with the reason why it is right. Each is a rule and a part of the selector.
EXPLAINED = {}

RUN = """async (tags) => {
  const found = await axe.run(document, {runOnly: {type: 'tag', values: tags}});
  const short = (list) => list.flatMap((rule) => rule.nodes.map((node) => ({
    rule: rule.id, help: rule.help, target: node.target.join(' '), html: node.html.slice(0, 200),
    why: node.any.concat(node.all, node.none).map((check) => check.message).join('; '),
  })));
  return {violations: short(found.violations), incomplete: short(found.incomplete)};
}"""


def problems(page):
    """What is wrong with the page, and what nobody has explained yet."""
    page.evaluate(SCRIPT + "; undefined")
    found = page.evaluate(RUN, TAGS)
    explained = [
        item for item in found["incomplete"]
        if any(part in item["target"] or part in item["html"] for part in EXPLAINED.get(item["rule"], {}))
    ]
    return found["violations"] + [item for item in found["incomplete"] if item not in explained]


def overflow(page):
    """How many pixels the page is wider than the window."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
