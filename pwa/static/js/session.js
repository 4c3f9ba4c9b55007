// Signing out leaves nothing personal behind: not in caches, not in the push service.
import { SIGNED_OUT } from "./app.js";

if (document.documentElement.matches("[data-signed-out]")) {
  localStorage.setItem(SIGNED_OUT, String(Date.now())); // tells the other tabs and the back button
  wipe();
}

for (const form of document.querySelectorAll("[data-sign-out]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const patience = new Promise((done) => setTimeout(done, 2500));
    await Promise.race([wipe(), patience]); // a dead network must not keep anyone signed in
    form.submit();
  });
}

async function wipe() {
  sessionStorage.clear();
  const registrations = (await navigator.serviceWorker?.getRegistrations()) ?? [];
  await Promise.allSettled(registrations.map(stopPush));
  await Promise.allSettled([
    ...(window.caches ? (await caches.keys()).map((name) => caches.delete(name)) : []),
    ...((await indexedDB.databases?.()) ?? []).map(({ name }) => indexedDB.deleteDatabase(name)),
    navigator.clearAppBadge?.(),
    ...registrations.map((registration) => registration.unregister()),
  ]);
}

async function stopPush(registration) {
  const subscription = await registration.pushManager?.getSubscription();
  const shown = await registration.getNotifications();
  shown.forEach((notification) => notification.close());
  if (!subscription) return;
  const body = JSON.stringify({ endpoint: subscription.endpoint });
  const headers = { "Content-Type": "application/json" };
  await fetch("/api/v1/push-subscriptions", { method: "DELETE", body, headers }).catch(() => {});
  await subscription.unsubscribe();
}
