// Registers the service worker and offers a new version; never reloads a page by itself.
import { workerUrl } from "./trusted.js";

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

function watch(registration) {
  if (registration.waiting) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const worker = registration.installing;
    worker?.addEventListener("statechange", () => {
      if (worker.state === "installed") offer(worker);
    });
  });
}

async function register() {
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    if (asked) location.reload();
  });
  watch(await navigator.serviceWorker.register(workerUrl(), { updateViaCache: "none" }));
}

// After the page itself: on a slow line the worker's downloads must not delay it.
if (navigator.serviceWorker) {
  const start = () => register().catch(() => {});
  if (document.readyState === "complete") start();
  else addEventListener("load", start, { once: true });
}
