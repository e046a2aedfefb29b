// What a page says about how it is observed: attributes of the script, or window.tailorbirdOptions.

import { attempt } from "./safely";

export interface Options {
  key: string;
  host: string;
  consent: "asked" | "given";
  consentPurpose: string;
  pages: string;
  clicks: string;
  scroll: string;
  dwell: number;
  forms: string;
  downloads: string;
  social: string;
  exit: string;
  hover: string;
  video: string;
  google: string;
  sample: number;
  budget: number;
  sessionBudget: number;
  redact: string;
  cookieDomain: string;
  visitor: "page" | "server";
  preview: boolean;
  debug: boolean;
}

const USUAL: Options = {
  key: "",
  host: "",
  consent: "asked",
  consentPurpose: "analytics",
  pages: "on",
  clicks: "on",
  scroll: "on",
  dwell: 30,
  forms: "on",
  downloads: "on",
  social: "on",
  exit: "on",
  hover: "",
  video: "on",
  google: "on",
  sample: 1,
  budget: 200,
  sessionBudget: 2000,
  redact: "token,password,passwd,secret,code,auth,key,session,sid,email,mail,phone",
  cookieDomain: "",
  visitor: "page",
  preview: false,
  debug: false,
};

// Before `window.tailorbird` is taken over: the script that runs is known only now.
export function readOptions(): Options {
  const script = document.currentScript as HTMLScriptElement | null;
  const given: Record<string, unknown> = {
    ...script?.dataset,
    ...(window as { tailorbirdOptions?: object }).tailorbirdOptions,
  };
  const found: Record<string, unknown> = { ...USUAL };
  for (const [name, usual] of Object.entries(USUAL)) {
    const value = given[name];
    if (value === undefined || value === null) continue;
    if (typeof usual === "number") found[name] = value === "off" ? 0 : Number(value);
    else if (typeof usual === "boolean") found[name] = value !== "off" && String(value) !== "false";
    else found[name] = value === true ? "on" : value === false ? "off" : String(value);
    if (Number.isNaN(found[name])) found[name] = usual;
  }
  const options = found as unknown as Options;
  if (options.consent !== "given") options.consent = "asked"; // a misspelt one asks
  if (!options.host && script?.src) options.host = new URL(script.src).origin;
  options.host = options.host.replace(/\/+$/, "");
  return options;
}

// Whether the address asks for something, such as ?tb_preview=1; kept for the pages that follow.
export function asked(name: string): boolean {
  const given = new URLSearchParams(location.search).get(name);
  if (given !== null) attempt(() => sessionStorage.setItem(name, given));
  return (given ?? attempt(() => sessionStorage.getItem(name))) === "1";
}
