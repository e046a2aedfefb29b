"use strict";
// Sends what a form holds to this server, and shows what came back.
for (const form of document.forms) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const shown = document.createElement("pre");
    form.querySelector("output").replaceChildren(shown);
    shown.textContent = "…";
    const query = new URLSearchParams();
    let path = form.dataset.path;
    for (const field of form.querySelectorAll("[data-place]")) {
      if (field.dataset.place === "path") {
        path = path.replace(`{${field.name}}`, () => encodeURIComponent(field.value));
      } else if (field.value !== "") {
        query.append(field.name, field.value);
      }
    }
    const headers = {};
    const key = document.getElementById("key").value.trim();
    if (key !== "") headers.Authorization = `Bearer ${key}`;
    const body = form.elements.namedItem("body");
    if (body !== null) headers["Content-Type"] = "application/json";
    const url = query.size ? `${path}?${query}` : path;
    try {
      const told = await fetch(url, {
        method: form.dataset.method,
        headers,
        body: body === null ? undefined : body.value,
        credentials: "omit",
      });
      const text = await told.text();
      shown.textContent = `${form.dataset.method} ${url}\n${told.status}\n\n${readable(text)}`;
    } catch (error) {
      shown.textContent = `${form.dataset.method} ${url}\nnot answered: ${error.message}`;
    }
  });
}

// Indents JSON without reading its numbers, which may have more digits than a script can hold.
function readable(text) {
  if (!/^[[{]/.test(text)) return text;
  let depth = 0;
  let before = "";
  let made = "";
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:\s]+/g)) {
    const opens = before === "{" || before === "[";
    const ends = part === "}" || part === "]";
    if (ends) depth -= 1;
    if (ends ? !opens : opens || before === ",") made += `\n${"  ".repeat(depth)}`;
    made += part === ":" ? ": " : part;
    if (part === "{" || part === "[") depth += 1;
    before = part;
  }
  return made;
}
