// Every page works without this file. It loads a behaviour only where the page asks for one.
const page = document.documentElement;
const has = (hook) => page.matches(hook) || document.querySelector(hook);

if (has("[data-signed-in], [data-signed-out]")) import("./session.js");
if (has("[data-signed-in]")) import("./live.js");
if (has("[data-push]") || (has("[data-signed-in]") && window.Notification?.permission === "granted")) import("./push.js");
if (has("[data-install]")) import("./install.js");
if (has("[data-otp]")) import("./otp.js");
if (!has("[data-signed-out]")) import("./worker.js");

document.querySelector("[data-focus]")?.focus();
