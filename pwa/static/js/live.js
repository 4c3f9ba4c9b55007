// Keeps an open page true: a hint from the server means "something of yours changed", so the page is
// fetched again and its live parts are brought in line. Nothing is polled; a hidden page is silent.
import { parse } from "./app.js";
import { morph } from "./morph.js";

const LIVE = "[data-live]";
let source = null;
let timer = 0;

const between = (low, high) => low + Math.random() * (high - low);

function open() {
  if (source || document.hidden) return;
  source = new EventSource("/api/v1/events");
  source.addEventListener("hint", () => refreshIn(between(100, 900)));
  source.addEventListener("resync", () => refreshIn(between(500, 2500)));
  source.addEventListener("error", () => {
    if (source?.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    close();
    timer = setTimeout(() => refresh().then(open), between(5000, 30000));
  });
}

function close() {
  clearTimeout(timer);
  timer = 0;
  source?.close();
  source = null;
}

function refreshIn(wait) {
  timer ||= setTimeout(refresh, wait);
}

async function refresh() {
  timer = 0;
  const response = await fetch(location.href, { headers: { "X-Live": "1" } }).catch(() => null);
  if (!response) return;
  if (response.redirected || response.status === 401) return location.reload(); // signed out elsewhere
  const next = response.ok && parse(await response.text());
  // After a refused form the address may belong to another page: then the form stays.
  if (next && next.title === document.title) show(next);
}

function show(next) {
  const said = spoken();
  const before = changing();
  for (const old of document.querySelectorAll(LIVE)) {
    const fresh = next.querySelector(`[data-live="${old.dataset.live}"]`);
    if (fresh) morph(old, fresh);
  }
  document.querySelector("[data-stale]")?.setAttribute("hidden", "");
  before.forEach(flash);
  if (spoken() !== said) document.querySelector("[data-say]").textContent = spoken();
  markApp();
}

// What a screen reader hears after a change: where the application is now, else the unread count.
function spoken() {
  const headline = document.querySelector("[data-announce]")?.textContent.trim();
  return headline || document.querySelector('[data-live="bell"]')?.getAttribute("aria-label") || "";
}

function changing() {
  return new Map([...document.querySelectorAll("main [data-key]")].map((part) => [part, part.textContent]));
}

function flash(text, part) {
  if (part.textContent === text || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  part.animate([{ opacity: 0.35 }, { opacity: 1 }], { duration: 700, easing: "ease-out" });
}

function markApp() {
  const unread = Number(document.querySelector("[data-unread]")?.dataset.unread || 0);
  const done = unread ? navigator.setAppBadge?.(unread) : navigator.clearAppBadge?.();
  done?.catch(() => {});
}

document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
addEventListener("pagehide", close);
addEventListener("pageshow", (event) => (event.persisted ? refresh().then(open) : open()));
addEventListener("online", () => refreshIn(between(100, 900)));
if (document.readyState === "complete") open();
markApp();
