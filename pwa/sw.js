// The service worker: assets at once, pages from the network first, the last copy when there is none.
// A template: the server fills in the release, so any changed asset makes a new worker.
const RELEASE = "{{ release }}";
const ASSETS = `assets-${RELEASE}`;
const PAGES = "pages";
const OFFLINE = "/offline";
const PRECACHE = {{ assets|tojson }};
const ICON = "{{ asset('icons/icon-192.png') }}";
const BADGE = "{{ asset('icons/badge-96.png') }}";

const PATIENCE = 3000; // then a kept copy is better than a white screen
const MOST_PAGES = 40;
const LONGEST = 7 * 24 * 3600 * 1000;

const quietly = (promise) => promise.catch(() => undefined);

// ── life ─────────────────────────────────────────────────────────────────

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", (event) => {
  if (event.data === "skip") self.skipWaiting();
  if (event.data === "purge") event.waitUntil(purge());
});

async function fill() {
  const cache = await caches.open(ASSETS);
  await cache.addAll([...PRECACHE, new Request(OFFLINE, { cache: "reload" })]);
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name !== ASSETS && name !== PAGES).map((name) => caches.delete(name)));
  await quietly(Promise.resolve(self.registration.navigationPreload?.enable()));
  await self.clients.claim();
  // The pages already open were loaded without us: fetch them once more, or they are missing offline.
  const open = await self.clients.matchAll({ type: "window" });
  await Promise.all(open.map(({ url }) => quietly(fetch(url).then((response) => keep(url, response)))));
}

async function purge() {
  await Promise.all((await caches.keys()).map((name) => caches.delete(name)));
}

const forget = () => caches.delete(PAGES);

// Another person, or another language or size: no kept page is right any more.
const CHANGES = { "/sign-out": purge, "/sign-in": forget, "/settings/display": restyle };

let restyled = false;

function restyle() {
  restyled = true; // the offline page too, but the new cookie comes only with the answer
  return forget();
}

async function redraw() {
  restyled = false;
  const cache = await caches.open(ASSETS);
  await cache.add(new Request(OFFLINE, { cache: "reload" }));
}

// ── requests ─────────────────────────────────────────────────────────────

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  const change = CHANGES[url.pathname];
  if (change) event.waitUntil(quietly(change()));
  if (request.method !== "GET") return;
  if (url.pathname.startsWith("/static/")) event.respondWith(asset(request, url));
  else if (request.headers.has("x-live")) event.respondWith(again(event));
  else if (request.mode === "navigate") event.respondWith(page(event));
});

const tail = (path) => path.split("/").slice(3).join("/");

async function asset(request, url) {
  const cached = await caches.match(request);
  if (cached) return cached;
  try {
    return await fetch(request);
  } catch (error) {
    // A kept page of an older release asks for that release: today's file is better than none.
    const today = PRECACHE.find((path) => tail(path) === tail(url.pathname));
    const stand_in = today && (await caches.match(today));
    if (stand_in) return stand_in;
    throw error;
  }
}

async function again(event) {
  const response = await fetch(event.request);
  event.waitUntil(quietly(keep(event.request.url, response.clone())));
  return response;
}

async function page(event) {
  const loading = load(event);
  const known = loading.then((response) => (response.status >= 500 ? null : response), () => null);
  const waited = new Promise((done) => setTimeout(done, PATIENCE));
  const first = await Promise.race([known, waited]);
  if (first) return first;
  return (await lastCopy(event.request.url)) || loading.catch(offline);
}

async function load(event) {
  const response = (await event.preloadResponse) || (await fetch(event.request));
  event.waitUntil(quietly(keep(event.request.url, response.clone())));
  if (restyled) event.waitUntil(quietly(redraw()));
  return response;
}

async function offline() {
  return (await caches.match(OFFLINE)) || Response.error();
}

// ── kept pages ───────────────────────────────────────────────────────────

function keyOf(address) {
  const url = new URL(address);
  url.searchParams.delete("src");
  url.hash = "";
  return url.href;
}

async function keep(address, response) {
  const key = keyOf(address);
  const cache = await caches.open(PAGES);
  if (response.headers.get("x-offline") !== "keep" || !response.ok || response.redirected) {
    if (response.status < 500) await cache.delete(key);
    return;
  }
  const headers = new Headers(response.headers);
  headers.delete("content-encoding");
  headers.delete("content-length");
  headers.set("x-kept-at", String(Date.now()));
  await cache.delete(key); // so that the order of keys is the order of visits
  await cache.put(key, new Response(await response.text(), { headers }));
  const surplus = (await cache.keys()).slice(0, -MOST_PAGES);
  await Promise.all(surplus.map((old) => cache.delete(old)));
}

async function lastCopy(address) {
  const cache = await caches.open(PAGES);
  const kept = await cache.match(keyOf(address));
  if (!kept) return undefined;
  const at = Number(kept.headers.get("x-kept-at"));
  if (Date.now() - at > LONGEST) {
    await cache.delete(keyOf(address));
    return undefined;
  }
  return new Response(marked(await kept.text(), new Date(at)), { headers: kept.headers });
}

// The page carries the sentence "数据截至 …" hidden, in its own language: show it and fill in the time.
function marked(html, at) {
  const language = /<html lang="([\w-]+)"/.exec(html)?.[1] || "zh-CN";
  const form = { month: "long", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" };
  const words = at.toLocaleString(language === "en" ? "en-GB" : language, form);
  return html
    .replace("data-stale hidden", "data-stale")
    .replace("<time data-kept></time>", `<time data-kept datetime="${at.toISOString()}">${words}</time>`);
}

// ── push ─────────────────────────────────────────────────────────────────

self.addEventListener("push", (event) => event.waitUntil(inTurn(() => notify(event.data))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openAt(event.notification.data?.url));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(quietly(renew(event))));

// A phone that comes online gets several at once: each must see what the one before it has shown.
let last = Promise.resolve();
const inTurn = (work) => (last = quietly(last).then(work));

// Whatever arrives, something is shown: browsers withdraw the permission after silent messages.
function read(data) {
  try {
    const news = data.json();
    if (news && typeof news === "object") return news;
  } catch {
    // not ours, or not yet known to this version
  }
  return {};
}

const text = (value) => (typeof value === "string" ? value : "");
const time = (value) => (typeof value === "number" ? value : Date.parse(text(value)) || 0);

async function notify(data) {
  const news = read(data);
  let shown = { title: text(news.title) || "灯火 Denghuo", body: text(news.body) || "有新消息，点开看看 · New message", url: text(news.url), ts: time(news.ts) };
  const tag = text(news.tag) || undefined;
  const [before] = tag ? await self.registration.getNotifications({ tag }) : [];
  const overtaken = before?.data?.ts > shown.ts;
  if (overtaken) shown = before.data; // messages may overtake each other: the newer one stays
  await self.registration.showNotification(shown.title, {
    body: shown.body, tag, icon: ICON, badge: BADGE, data: shown, renotify: Boolean(tag) && !overtaken, silent: overtaken || undefined,
  });
  await quietly(Promise.resolve(self.navigator.setAppBadge?.()));
}

async function openAt(address) {
  const url = ours(address);
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((client) => keyOf(client.url) === keyOf(url));
  return there ? there.focus() : self.clients.openWindow(url);
}

// A message may open a page of ours and nothing else.
function ours(address) {
  const inbox = new URL("/notifications", self.location.origin).href;
  try {
    const url = new URL(address || inbox, self.location.origin);
    return url.origin === self.location.origin ? url.href : inbox;
  } catch {
    return inbox;
  }
}

async function renew(event) {
  const options = event.oldSubscription?.options ?? { userVisibleOnly: true, applicationServerKey: await key() };
  const subscription = event.newSubscription ?? (await self.registration.pushManager.subscribe(options));
  const old_endpoint = event.oldSubscription?.endpoint;
  await fetch("/api/v1/push-subscriptions", {
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ ...subscription.toJSON(), old_endpoint }),
  });
}

const key = async () => (await (await fetch("/api/v1/push-key")).json()).key;
