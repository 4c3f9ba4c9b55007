// Every page works without this file. It registers the worker, guards what the back button shows, and
// loads a behaviour only where the page asks for one.
const page = document.documentElement;
const has = (hook) => page.matches(hook) || document.querySelector(hook);

if (has("[data-signed-in]")) import("./live.js");
if (has("[data-sign-out], [data-signed-out]")) import("./session.js");
if (has("[data-push]") || (has("[data-signed-in]") && window.Notification?.permission === "granted")) import("./push.js");
if (has("[data-install]")) import("./install.js");

document.querySelector("[data-focus]")?.focus();

// ── the only door through which text becomes a document or a script address ──

const rules = {
  createHTML: (text) => text,
  createScriptURL: (url) => {
    if (url !== "/sw.js") throw new TypeError(`not our worker: ${url}`);
    return url;
  },
};
const policy = window.trustedTypes ? window.trustedTypes.createPolicy("denghuo", rules) : rules;

// A page of our own, fetched again: scripts in a parsed document never run.
export const parse = (html) => new DOMParser().parseFromString(policy.createHTML(html), "text/html");

// ── a tab that was left open, or comes back, after somebody signed out ──

export const SIGNED_OUT = "signed-out-at";

function leave() {
  page.hidden = true;
  location.replace("/sign-out");
}

if (has("[data-signed-in]")) {
  addEventListener("storage", (event) => {
    if (event.key === SIGNED_OUT && event.newValue) leave();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted && Number(localStorage.getItem(SIGNED_OUT)) > performance.timeOrigin) leave();
  });
}

// ── the worker: a new version is offered, never forced on a page in use ──

const strip = document.querySelector("[data-update]");
let asked = false;

function offer(worker) {
  if (!strip || !navigator.serviceWorker.controller) return;
  strip.hidden = false;
  strip.querySelector("button").onclick = () => {
    asked = true;
    worker.postMessage("skip");
  };
}

async function register() {
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (asked) location.reload();
  });
  const url = policy.createScriptURL("/sw.js");
  const registration = await navigator.serviceWorker.register(url, { updateViaCache: "none" });
  if (registration.waiting) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed") offer(worker);
    });
  });
}

// After the page itself: on a slow line the worker's downloads must not delay it. Where somebody has
// signed out, nothing is kept again until somebody signs in.
const left = has("[data-signed-out]") || (!has("[data-signed-in]") && localStorage.getItem(SIGNED_OUT));
if (navigator.serviceWorker && !left) {
  const start = () => register().catch(() => {});
  if (document.readyState === "complete") start();
  else addEventListener("load", start, { once: true });
}
