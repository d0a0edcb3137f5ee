// News of the health page, without loading it again. Only while somebody may be looking at it.
(() => {
  const SECONDS = 20;
  const busy = (region) => region.contains(document.activeElement) && document.activeElement !== document.body;
  async function refresh() {
    const region = document.querySelector("[data-live]");
    if (!region) return;
    if (document.visibilityState === "visible" && !busy(region)) {
      try {
        const answer = await fetch(region.dataset.live, { redirect: "error" });
        if (answer.status === 401) return;
        if (answer.status === 200) replace(region, await answer.text());
      } catch { /* The next one may work. */ }
    }
    setTimeout(refresh, SECONDS * 1000);
  }
  function replace(region, text) {
    const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-live]");
    if (!fresh || busy(region)) return;
    const open = [...region.querySelectorAll("details")].map((details) => details.open);
    fresh.querySelectorAll("details").forEach((details, index) => { details.open = Boolean(open[index]); });
    region.replaceWith(fresh);
    enhance(fresh);
    const headline = fresh.querySelector("h1").textContent;
    const status = document.querySelector("[data-live-status]");
    if (status && status.textContent !== headline) status.textContent = headline;
  }
  setTimeout(refresh, SECONDS * 1000);
})();
