
// Connect: shows each stage of a check as it ends. Without this the answer has all of them at once.
const CHECK_PERIOD_MS = 1000;
// How long a check is followed whose answer got lost; the server gives it up before that.
const CHECK_LIMIT_MS = 40000;

const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

async function parsed(response) {
  const type = response.headers.get("content-type") ?? "";
  if (!type.startsWith("text/html")) throw new Error("not a page");
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

// Replaces the content by that of another page of the same address.
function showContent(page) {
  const content = page.getElementById("content");
  document.getElementById("content").replaceWith(content);
  document.title = page.title;
  enhance(content);
  enhanceConnect(content);
  return content;
}

// The stages so far, once. Returns the state of the check: unknown, running or ended.
async function showStages(form, request) {
  const response = await fetch(form.dataset.progress, { headers: { accept: "text/html" } });
  if (!response.ok) throw new Error("no progress");
  const piece = (await parsed(response)).querySelector("[data-state]");
  // An answer that came meanwhile has more to show.
  if (piece.dataset.state === "unknown" || request.state === "answered") return piece.dataset.state;
  const status = document.getElementById("check-status");
  const summary = piece.querySelector("[data-summary]").textContent;
  // Screen readers read the line again only if it is another one.
  if (status.textContent !== summary) status.textContent = summary;
  document.getElementById("check-stages").replaceChildren(...piece.querySelectorAll("ol"));
  enhance(document.getElementById("check-stages"));
  return piece.dataset.state;
}

// Follows a check until its answer is there. If that is lost, until the record says that it has ended.
async function followCheck(form, request) {
  const began = Date.now();
  let unknown = 0;
  while (Date.now() - began < CHECK_LIMIT_MS) {
    await pause(CHECK_PERIOD_MS);
    if (request.state === "answered") return "answered";
    let state = "unknown";
    try {
      state = await showStages(form, request);
    } catch { /* The next attempt may succeed; the answer comes anyway. */ }
    if (state === "ended") return "ended";
    // The request never arrived.
    unknown = state === "unknown" ? unknown + 1 : 0;
    if (request.state === "lost" && unknown > 4) return "unknown";
  }
  return "unknown";
}

function setBusy(form, busy) {
  for (const button of form.querySelectorAll("button[type=submit]")) {
    if (busy) button.dataset.was = String(button.disabled);
    button.disabled = busy || button.dataset.was === "true";
  }
  form.setAttribute("aria-busy", String(busy));
  if (!busy) delete form.dataset.sent;
}

async function submitConnect(form, submitter) {
  const body = new URLSearchParams(new FormData(form, submitter));
  const status = document.getElementById("check-status");
  const request = { state: "sent" };
  setBusy(form, true);
  const checks = submitter?.value !== "read";
  if (checks) {
    status.textContent = "Checking…";
    document.getElementById("step-4").scrollIntoView({ block: "nearest" });
  }
  const following = checks ? followCheck(form, request) : Promise.resolve("unknown");
  try {
    const response = await fetch(form.getAttribute("action"), { method: "POST", body });
    const page = await parsed(response);
    request.state = "answered";
    if (response.redirected) {
      location.assign(response.url);
      return;
    }
    if (!page.getElementById("connect")) {
      // Another page answers, such as that of an ended session. What was typed stays.
      status.textContent = page.querySelector("main")?.innerText ?? "";
      setBusy(form, false);
      return;
    }
    const content = showContent(page);
    const first = content.querySelector("[data-focus]")
      ?? (checks ? content.querySelector("#step-4") : content.querySelector("#step-2"));
    first?.focus();
  } catch {
    // The connection was lost; the check goes on without it.
    request.state = "lost";
    const end = await following;
    setBusy(form, false);
    const shown = end === "ended" ? ` ${status.textContent}` : "";
    status.textContent = `The connection was lost.${shown} Reload the page before you go on.`;
  }
}

function enhanceConnect(root) {
  const form = root.querySelector("#connect");
  if (!form) return;
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    submitConnect(form, event.submitter);
  });
  // What is pasted is read at once.
  form.querySelector("#paste")?.addEventListener("paste", () => {
    setTimeout(() => form.requestSubmit(form.querySelector("button[value=read]")), 0);
  });
  const reader = form.querySelector("#reader");
  const why = form.querySelector("[data-why]:not(option)");
  reader?.addEventListener("change", () => {
    const option = reader.selectedOptions[0];
    const name = document.createElement("strong");
    name.textContent = `${option.textContent}: ${option.dataset.files}. `;
    why.replaceChildren(name, option.dataset.why);
    form.querySelector("#files").value = "";
  });
}
enhanceConnect(document);

// The waiting page looks for the file by itself.
async function awaitFile() {
  while (document.querySelector("[data-waiting]")) {
    await pause(10000);
    if (document.hidden) continue;
    try {
      const response = await fetch(location.href);
      const page = await parsed(response);
      if (!response.ok || response.redirected) return location.reload();
      if (page.querySelector("[data-arrived]")) showContent(page).querySelector("h1").focus();
      else document.querySelector("[data-waiting] dl").replaceWith(page.querySelector("[data-waiting] dl"));
    } catch { /* Later. */ }
  }
}
if (document.querySelector("[data-waiting]")) awaitFile();
