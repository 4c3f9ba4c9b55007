// Push is asked for only after an explanation and a tap, and every outcome is said in words.
const card = document.querySelector("[data-push]");
const PATIENCE = 10000;
const SENT = "push-endpoint-sent";
const json = { "Content-Type": "application/json" };

const supported = "PushManager" in window && "serviceWorker" in navigator && "Notification" in window;
const isApple = /iP(hone|ad|od)/.test(navigator.userAgent) || (/Mac/.test(navigator.userAgent) && navigator.maxTouchPoints > 1);

const part = (name) => card.querySelector(`[data-push-${name}]`);
const say = (name) => {
  part("say").textContent = name ? card.querySelector(`[data-say-${name}]`).textContent : "";
};

function show(state, words = "") {
  if (!card) return;
  card.hidden = false;
  part("ask").hidden = state !== "ask";
  part("ready").hidden = state !== "ready";
  say(words);
}

const current = async () => (await navigator.serviceWorker.ready).pushManager.getSubscription();

// The server's key that this subscription was made for, as base64url.
const keyOf = ({ options }) => btoa(String.fromCharCode(...new Uint8Array(options.applicationServerKey)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

async function send(subscription, mayRenew = true) {
  const body = JSON.stringify({ ...subscription.toJSON(), vapid_key: keyOf(subscription) });
  const response = await fetch("/api/v1/push-subscriptions", { method: "PUT", body, headers: json });
  if (response.status === 422 && mayRenew) { // made for a key the server no longer has
    await subscription.unsubscribe();
    return send(await subscribe(), false);
  }
  if (!response.ok) throw new Error(`subscription refused: ${response.status}`);
  sessionStorage.setItem(SENT, subscription.endpoint);
}

async function subscribe() {
  const { pushManager } = await navigator.serviceWorker.ready;
  const { key } = await (await fetch("/api/v1/push-key")).json();
  const options = { userVisibleOnly: true, applicationServerKey: key };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
    await (await pushManager.getSubscription())?.unsubscribe(); // made with a key we no longer use
    return pushManager.subscribe(options);
  }
}

// Where the push service is out of reach, subscribe() may never answer: we answer for it.
const tooLong = () => new Promise((_, fail) => setTimeout(fail, PATIENCE, new Error("no answer")));

async function turnOn() {
  if (!navigator.onLine) return show("ask", "offline");
  say("working");
  const permission = await Notification.requestPermission();
  if (permission !== "granted") return show("ask", permission === "denied" ? "denied" : "dismissed");
  const finished = subscribe().then(send).then(() => show("ready"));
  finished.catch(() => {}); // may come true after we gave up waiting: then the card says so itself
  return Promise.race([finished, tooLong()]).catch(() => show("ask", "failed"));
}

async function turnOff() {
  const subscription = await current();
  if (subscription) {
    const body = JSON.stringify({ endpoint: subscription.endpoint });
    await fetch(card.dataset.url, { method: "DELETE", body, headers: json }).catch(() => {});
    await subscription.unsubscribe();
  }
  sessionStorage.removeItem(SENT);
  show("ask", "off");
}

async function start() {
  if (!supported) return isApple && show("none", "ios");
  if (Notification.permission === "denied") return show("none", "denied");
  const subscription = Notification.permission === "granted" ? await current() : null;
  show(subscription ? "ready" : "ask");
  // Browsers change endpoints without telling: each visit sends the one that is true now.
  if (subscription && sessionStorage.getItem(SENT) !== subscription.endpoint) await send(subscription);
}

card?.querySelector("[data-push-on]").addEventListener("click", turnOn);
card?.querySelector("[data-push-off]").addEventListener("click", turnOff);
start().catch(() => {});
