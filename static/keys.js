// A key is shown once. Without script all of this works too, but for two presses in a row.
const SOON = 2000; // milliseconds

const form = document.querySelector("form[data-create]");
let pressed = -SOON;

// The second press would hide the answer to the first, and nobody would have seen the key.
form.addEventListener("submit", event => {
  if (performance.now() - pressed < SOON) event.preventDefault();
  else pressed = performance.now();
});

// A browser that keeps pages for whoever goes back to them keeps this one without it.
addEventListener("pagehide", () => document.querySelector("[data-once]")?.remove());
