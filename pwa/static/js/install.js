// Offers the home screen: the browser's own prompt where there is one, three steps for Apple's phones.
const card = document.querySelector("[data-install]");
const installed = matchMedia("(display-mode: standalone)").matches || navigator.standalone;

function offer(event) {
  event.preventDefault();
  const line = card.querySelector("[data-install-button]");
  card.hidden = line.hidden = false;
  line.querySelector("button").onclick = async () => {
    event.prompt();
    const { outcome } = await event.userChoice;
    if (outcome === "accepted") card.hidden = true;
  };
}

if (!installed) {
  addEventListener("beforeinstallprompt", offer);
  if (navigator.standalone === false) card.hidden = card.querySelector("[data-install-ios]").hidden = false;
}
