// Nothing personal stays behind: not in caches, not in the push service, not in the back button.
const page = document.documentElement;
const MARK = "signed-out-at";

// Tells the other tabs, and this tab's own history, that what they show is no longer theirs to show.
if (page.matches("[data-signed-out]")) {
  localStorage.setItem(MARK, String(Date.now()));
  wipe();
}

function leave() {
  page.hidden = true;
  location.replace("/");
}

if (page.matches("[data-signed-in]")) {
  addEventListener("storage", (event) => {
    if (event.key === MARK && event.newValue) leave();
  });
  addEventListener("pageshow", (event) => {
    if (event.persisted && Number(localStorage.getItem(MARK)) > performance.timeOrigin) leave();
  });
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
