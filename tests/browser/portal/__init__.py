"""The portal in a real browser, with `auditferry serve` behind it. `tests/browser/run portal` starts it."""
