// What people do with a page beside clicking: forms and files, and sharing, saving, printing, copying
// and commenting on what they read. Never what they type.

import type { Properties, Sink } from "../types";

const SHARE =
  /(^|\.)(facebook\.com\/(sharer|dialog)|(twitter|x)\.com\/(intent|share)|linkedin\.com\/(share|sharing)|pinterest\.\w+\/pin\/create|reddit\.com\/submit|wa\.me\/|api\.whatsapp\.com\/send|t\.me\/share|telegram\.me\/share|bsky\.app\/intent)/;
const COMMENT = "[data-tb-comment],#commentform,.comment-form";
const IGNORED = "[data-tb-ignore]";

const FILE =
  /\.(7z|apk|avi|csv|dmg|docx?|epub|exe|gz|ics|iso|json|mobi|mov|mp[34]|msi|od[pst]|pdf|pkg|pptx?|rar|rtf|tar|tgz|txt|wav|webm|xlsx?|xml|zip)$/i;

type Listen = (target: EventTarget, names: string, run: (event: never) => void) => void;

function clicked(sink: Sink, target: Element): void {
  const link = target.closest<HTMLAnchorElement>("a[href]");
  const by = target.closest<HTMLElement>("[data-tb-share]");
  if (by) sink.observe("Content Shared", { method: by.dataset.tbShare || "button" });
  else if (link && SHARE.test(link.host + link.pathname)) {
    sink.observe("Content Shared", { method: link.host.replace(/^www\./, "") });
  } else if (link?.href.startsWith("mailto:?")) sink.observe("Content Shared", { method: "mail" });
  const saved = target.closest<HTMLElement>("[data-tb-save]");
  if (saved) sink.observe("Content Saved", { method: saved.dataset.tbSave || "button" });
}

function watchDevice(sink: Sink): void {
  const share = navigator.share;
  if (!share) return;
  navigator.share = async (data) => {
    await share.call(navigator, data);
    sink.observe("Content Shared", { method: "device" });
  };
}

const isDownload = (link: HTMLAnchorElement): boolean =>
  /^(https?|blob|data):$/.test(link.protocol) &&
  (link.hasAttribute("download") || FILE.test(link.pathname));

function downloaded(sink: Sink, link: HTMLAnchorElement, address: Address): void {
  const name = link.download || decodeURIComponent(link.pathname.split("/").pop() ?? "");
  const extension = /\.(\w+)$/.exec(name)?.[1]?.toLowerCase();
  const url = link.protocol.startsWith("http") ? address(link.href) : undefined;
  sink.observe("File Downloaded", { url, name, extension });
}

// What a form is, without anything that somebody wrote into it.
function submitted(sink: Sink, form: HTMLFormElement, said: SaidBy): void {
  const to = new URL(form.getAttribute("action") ?? "", location.href);
  const about = {
    id: form.id || undefined,
    name: form.getAttribute("name") || undefined,
    action: to.origin + to.pathname,
    method: form.method,
    fields: form.elements.length,
    ...said(form),
  };
  if (form.dataset.tbEvent) sink.track(form.dataset.tbEvent, about);
  else sink.observe("Form Submitted", about);
}

export interface Wanted {
  forms: boolean;
  downloads: boolean;
  social: boolean;
}
type Address = (url: string) => string;
type SaidBy = (element: HTMLElement) => Properties;

export function open(
  sink: Sink,
  wanted: Wanted,
  from: { on: Listen; said: SaidBy; address: Address },
): void {
  const { on } = from;
  on(document, "click", (event: MouseEvent) => {
    const target = event.composedPath()[0];
    if (!(target instanceof Element) || target.closest(IGNORED)) return;
    const link = target.closest<HTMLAnchorElement>("a[href]");
    if (wanted.downloads && link && isDownload(link)) downloaded(sink, link, from.address);
    if (wanted.social) clicked(sink, target);
  });
  on(document, "submit", (event: SubmitEvent) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.closest(IGNORED)) return;
    if (wanted.social && form.matches(COMMENT)) {
      sink.observe("Comment Added", { id: form.id || undefined });
    }
    if (wanted.forms) submitted(sink, form, from.said);
  });
  if (wanted.social) watchSocial(sink, on);
}

function watchSocial(sink: Sink, on: Listen): void {
  on(document, "copy", (event: ClipboardEvent) => {
    if (event.target instanceof Element && event.target.closest("input,textarea")) return;
    const characters = String(getSelection() ?? "").length;
    if (characters > 0) sink.observe("Text Copied", { characters });
  });
  on(document, "keydown", (event: KeyboardEvent) => {
    const key = event.ctrlKey || event.metaKey ? event.key.toLowerCase() : "";
    if (key === "s") sink.observe("Content Saved", { method: "file" });
    if (key === "d") sink.observe("Content Saved", { method: "bookmark" });
  });
  on(window, "beforeprint", () => sink.observe("Content Saved", { method: "print" }));
  watchDevice(sink);
}
