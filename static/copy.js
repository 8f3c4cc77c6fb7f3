// Copy buttons: without script they are hidden, and one selects the text by hand.
const SHOWN = 2000; // milliseconds

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

async function copy(button) {
  const source = document.getElementById(button.dataset.copy);
  const text = source.value ?? source.textContent.trim();
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No clipboard without https: the selection at least is one key press away from it.
    select(source);
    if (!document.execCommand("copy")) return;
  }
  say(button);
}

function select(source) {
  if ("select" in source) source.select();
  else getSelection().selectAllChildren(source);
}

function say(button) {
  const label = button.querySelector("span");
  button.dataset.label ??= label.textContent;
  label.textContent = button.dataset.copied;
  setTimeout(() => (label.textContent = button.dataset.label), SHOWN);
}
