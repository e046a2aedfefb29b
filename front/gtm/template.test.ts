// The template for Google Tag Manager, run against a stand-in of what its sandbox offers.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { DeniedError, sectionsOf, TagManager } from "./stand_in.ts";

const TEXT = readFileSync(new URL("tailorbird.tpl", import.meta.url), "utf8");
const SECTIONS = sectionsOf(TEXT);
const LOAD = {
  what: "load",
  host: "https://events.shop.example/",
  key: "tb_x",
  consent: "asked",
  purpose: "analytics",
};
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

function fired(...tags: Record<string, unknown>[]): TagManager {
  const manager = new TagManager(SECTIONS);
  for (const tag of tags) manager.run(tag);
  return manager;
}

test("the file has the parts that the tag manager imports", () => {
  const names = [...SECTIONS.keys()];
  assert.deepEqual(names, [
    "INFO",
    "TEMPLATE_PARAMETERS",
    "SANDBOXED_JS_FOR_WEB_TEMPLATE",
    "WEB_PERMISSIONS",
    "TESTS",
    "NOTES",
  ]);
  assert.equal(JSON.parse(SECTIONS.get("INFO") as string).type, "TAG");
  const named = JSON.stringify(JSON.parse(SECTIONS.get("TEMPLATE_PARAMETERS") as string));
  const code = SECTIONS.get("SANDBOXED_JS_FOR_WEB_TEMPLATE") as string;
  const used = new Set([...code.matchAll(/\bdata\.(\w+)/g)].map((found) => found[1] as string));
  for (const name of used) {
    assert.ok(name.startsWith("gtmOn") || named.includes(`"name":"${name}"`), name);
  }
});

test("no right is asked for that is not used", () => {
  const code = SECTIONS.get("SANDBOXED_JS_FOR_WEB_TEMPLATE") as string;
  const asked = [...TEXT.matchAll(/"publicId": "(\w+)"/g)].map((found) => found[1]);
  assert.deepEqual(asked, [
    "access_globals",
    "inject_script",
    "access_consent",
    "logging",
    "read_container_data",
  ]);
  for (const name of [...code.matchAll(/require\('(\w+)'\)/g)].map((found) => found[1] as string)) {
    assert.ok(
      code.split(new RegExp(`\\b${name === "logToConsole" ? "log" : name}\\(`)).length > 1,
      name,
    );
  }
});

test("the library comes from the server that was filled in, with its options", () => {
  const manager = fired({
    ...LOAD,
    cookieDomain: ".shop.example",
    serverVisitor: true,
    options: [{ name: "dwell", value: "10" }],
  });
  assert.equal(manager.scripts[0]?.url, "https://events.shop.example/tailorbird.js");
  assert.equal(manager.scripts[0]?.token, "tailorbird");
  assert.deepEqual(plain(manager.window.tailorbirdOptions), {
    dwell: "10",
    host: "https://events.shop.example",
    key: "tb_x",
    consent: "asked",
    consentPurpose: "analytics",
    cookieDomain: ".shop.example",
    visitor: "server",
  });
  assert.equal(manager.succeeded, 0);
  manager.scripts[0]?.onSuccess();
  assert.deepEqual([manager.succeeded, manager.failed], [1, 0]);
});

test("the preview mode of the tag manager is passed on", () => {
  const manager = new TagManager(SECTIONS);
  manager.isPreview = true;
  manager.run(LOAD);
  assert.equal((manager.window.tailorbirdOptions as { preview?: boolean }).preview, true);
});

test("a script that may not be loaded fails with a reason", () => {
  const manager = fired({ ...LOAD, host: "http://events.shop.example" });
  assert.deepEqual([manager.scripts.length, manager.succeeded, manager.failed], [0, 0, 1]);
  assert.match(
    manager.logged[0] as string,
    /may not load http:\/\/events.shop.example\/tailorbird.js/,
  );
});

test("what is said before the library is there waits in a list", () => {
  const properties = [{ name: "product_id", value: "p1" }];
  const manager = fired(
    { what: "track", event: "Product Added", properties },
    { what: "page", pageName: "Deals" },
    { what: "page", properties },
    { what: "identify", userId: "ann", properties: [{ name: "city", value: "Leeds" }] },
    { what: "identify", properties: [{ name: "city", value: "York" }] },
    { what: "reset" },
  );
  assert.deepEqual(plain(manager.window.tailorbird), [
    ["track", "Product Added", { product_id: "p1" }],
    ["page", "Deals", {}],
    ["page", { product_id: "p1" }],
    ["identify", "ann", { city: "Leeds" }],
    ["identify", { city: "York" }],
    ["reset"],
  ]);
  assert.equal(manager.succeeded, 6);
});

test("what is said afterwards is told at once", () => {
  const calls: unknown[] = [];
  const manager = new TagManager(SECTIONS);
  manager.window.tailorbird = { isLoaded: true, push: (call: unknown) => calls.push(call) };
  manager.run({ what: "track", event: "Product Added" });
  assert.deepEqual(plain(calls), [["track", "Product Added", {}]]);
});

test("consent is what a tag says, and only what is true agrees", () => {
  const purposes = [
    { name: "analytics", value: "true" },
    { name: "marketing", value: "denied" },
    { name: "personalisation", value: "granted" },
  ];
  const manager = fired({ what: "consent", purposes });
  const said = { analytics: true, marketing: false, personalisation: true };
  assert.deepEqual(plain(manager.window.tailorbird), [["consent", said]]);
});

test("consent mode is followed, from what it says first to what it says later", () => {
  const manager = new TagManager(SECTIONS);
  manager.consent = { ad_storage: true };
  manager.run({ ...LOAD, consent: "mode" });
  assert.equal((manager.window.tailorbirdOptions as { consent: string }).consent, "asked");
  assert.deepEqual(plain(manager.window.tailorbird), [["consent", { marketing: true }]]);
  manager.tellConsent("analytics_storage", true);
  manager.tellConsent("ad_storage", false);
  assert.deepEqual(plain(manager.window.tailorbird), [
    ["consent", { marketing: true }],
    ["consent", { analytics: true }],
    ["consent", { marketing: false }],
  ]);
});

test("without consent mode nobody is taken to agree", () => {
  const manager = new TagManager(SECTIONS);
  manager.consent = { analytics_storage: true };
  manager.run(LOAD);
  assert.equal(manager.window.tailorbird, undefined);
});

test("the stand-in keeps to the permissions", () => {
  const narrow = new Map(SECTIONS);
  narrow.set("WEB_PERMISSIONS", "[]");
  assert.throws(() => new TagManager(narrow).run({ what: "reset" }), DeniedError);
});
