// The debug overlay: what this page tells the server, and what became of it, seen on the page itself.

import type { Note, Watched } from "../types";

const HOST = "tailorbird-debug";
const COLOURS: Record<string, string> = {
  held: "#8a6d00",
  queued: "#3b5bdb",
  sent: "#2b8a3e",
  dropped: "#c92a2a",
  trouble: "#c92a2a",
};

function styled<Kind extends HTMLElement>(element: Kind, css: string, text = ""): Kind {
  element.style.cssText = css; // set by script, which a content security policy allows
  element.textContent = text;
  return element;
}

const make = (tag: string, css: string, text = ""): HTMLElement =>
  styled(document.createElement(tag), css, text);

// One line of the list; a press shows all of the message.
function line(note: Note): HTMLElement {
  const row = make("details", "border-top:1px solid #ddd;padding:4px 8px");
  const message = note.is === "trouble" ? undefined : note.message;
  const outcome = note.is === "trouble" ? undefined : note.outcome;
  const status = outcome && outcome.status !== "accepted" ? outcome.status : note.is;
  const colour = status === "rejected" ? COLOURS.dropped : (COLOURS[note.is] ?? "#333");
  const head = make("summary", "cursor:pointer;overflow-wrap:anywhere");
  head.append(make("b", `color:${colour}`, `${status} `));
  const name = message?.event ?? (message?.type === "page" ? "Page Viewed" : message?.type);
  head.append(name ?? (note.is === "trouble" ? note.why : ""));
  const why = note.is === "trouble" ? "" : (note.why ?? outcome?.reason ?? outcome?.warning);
  if (why) head.append(make("div", "color:#c92a2a", why));
  row.append(head);
  if (message) {
    const css = "margin:4px 0;white-space:pre-wrap;overflow-wrap:anywhere;font:11px monospace";
    row.append(make("pre", css, JSON.stringify(message, null, 1)));
  }
  return row;
}

export function open(watched: Watched): void {
  if (document.getElementById(HOST)) return;
  const host = make("div", "all:initial;position:fixed;z-index:2147483647;right:8px;bottom:8px");
  host.id = HOST;
  host.setAttribute("data-tb-ignore", "");
  const root = host.attachShadow({ mode: "open" });
  const box = make(
    "section",
    "width:380px;max-width:calc(100vw - 16px);max-height:60vh;overflow:auto;background:#fff;color:#222;font:13px/1.4 system-ui,sans-serif;border:1px solid #888;border-radius:6px;box-shadow:0 2px 12px #0004",
  );
  box.setAttribute("aria-label", "Tailorbird: what this page sends");
  const bar = make(
    "div",
    "display:flex;justify-content:space-between;padding:6px 8px;font-weight:600",
    "Tailorbird",
  );
  const close = styled(
    document.createElement("button"),
    "all:unset;cursor:pointer;padding:0 4px",
    "×",
  );
  close.setAttribute("aria-label", "Close");
  close.onclick = () => host.remove();
  bar.append(close);
  const state = make(
    "pre",
    "margin:0;padding:4px 8px;background:#f3f3f3;font:11px monospace;white-space:pre-wrap",
  );
  const list = make("div", "");
  const show = (): void => {
    state.textContent = JSON.stringify(watched.state(), null, 1);
  };
  for (const note of watched.notes) list.prepend(line(note));
  watched.watch((note) => {
    list.prepend(line(note));
    show();
  });
  show();
  box.append(bar, state, list);
  root.append(box);
  document.body.append(host);
}
