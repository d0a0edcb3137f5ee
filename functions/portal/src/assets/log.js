// The log: values that take long to count come after the page.
for (const place of document.querySelectorAll("[data-load]")) {
  fetch(place.dataset.load, { headers: { accept: "text/html" } })
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(answer.status)))
    .then((text) => {
      const holder = document.createElement("template");
      holder.innerHTML = text;
      const panel = holder.content.firstElementChild;
      if (panel) place.replaceWith(panel);
    })
    .catch(() => {}); // The link that is there still counts them.
}

// A page that waits for something looks again.
for (const place of document.querySelectorAll("[data-reload]")) {
  setTimeout(() => location.reload(), Number(place.dataset.reload));
}
