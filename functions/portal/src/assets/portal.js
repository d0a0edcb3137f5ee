// Small conveniences. Every page works without this file.
"use strict";

// Local times beside UTC.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const local = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
function addLocalTimes(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const date = new Date(time.dateTime);
    if (!Number.isNaN(date.getTime())) time.title = `${local.format(date)} (${zone})`;
  }
}
for (const place of document.querySelectorAll("[data-local-zone]")) {
  place.textContent = `Point at one to see it in your zone (${zone}).`;
}

// What a page, or a piece of one that a script has put in its place, gets.
function enhance(root) {
  addLocalTimes(root);
  // Copy buttons, shown only where the browser can copy.
  for (const button of navigator.clipboard ? root.querySelectorAll("[data-copy]") : []) {
    button.hidden = false;
    const label = button.innerHTML;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
      button.textContent = "Copied";
      setTimeout(() => { button.innerHTML = label; }, 2000);
    });
  }
  // A second click while a form is on its way sends nothing. Coming back by the back button frees it.
  for (const form of root.querySelectorAll("form")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) {
        event.preventDefault();
        return;
      }
      form.dataset.sent = "yes";
    });
  }
}
enhance(document);

// A link's secret does not stay in the history once it is redeemed.
for (const form of document.querySelectorAll("form[data-forget]")) {
  form.addEventListener("submit", () => {
    history.replaceState(null, "", "/portal/enter");
  });
}
window.addEventListener("pageshow", (event) => {
  if (event.persisted) for (const form of document.querySelectorAll("form")) delete form.dataset.sent;
});

// The summary of errors is read first.
document.querySelector("[data-focus]")?.focus();
