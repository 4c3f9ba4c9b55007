// Sends the form once the sixth digit is there; the button does the same.
const form = document.querySelector("[data-otp]");
const code = form.elements.namedItem("code");
let sent = false;

code.addEventListener("input", () => {
  code.value = code.value.replace(/\D/g, "").slice(0, 6);
  if (code.value.length === 6 && !sent) {
    sent = true;
    form.requestSubmit();
  }
});
