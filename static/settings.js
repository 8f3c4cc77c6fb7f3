// Tenant Settings: says while one types whether Enable or Save would do anything, and if
// not, why; Escape leaves a dialog. The server decides, and without this script it answers
// every press.
const form = document.querySelector("[data-settings]");
const sender = form.elements.namedItem("sender");
const large = document.getElementById("large");
const submit = form.querySelector("[data-submit]");
const why = form.querySelector("[data-why]");
const good = document.getElementById("sender-good");
const error = document.getElementById("sender-error");

// A lenient look: the browser's own, and a dot in the domain.
const valid = () => sender.validity.valid && /@[^@]+\.[^@.]+$/.test(sender.value.trim());

const different = () =>
  sender.value.trim().toLowerCase() !== form.dataset.sender.toLowerCase() ||
  large.checked !== Boolean(form.dataset.large);

function reason() {
  if (!sender.value.trim()) return form.dataset.empty;
  if (!valid()) return form.dataset.invalid;
  if (form.dataset.enabled && !different()) return form.dataset.same;
  return "";
}

function look() {
  if (sender.disabled) return; // the server has said why
  const against = reason();
  submit.disabled = Boolean(against);
  const words = against || form.dataset.opens;
  if (why.textContent !== words) why.textContent = words; // said aloud, once
  good.hidden = !valid() || sender.value === form.dataset.sender;
}

// What is wrong is shown in red only when one is done typing, and gone when it is right.
function judge() {
  const wrong = sender.value.trim() && !valid();
  if (wrong) error.querySelector("span").textContent = form.dataset.invalid;
  mark(wrong);
}

function mark(wrong) {
  error.hidden = !wrong;
  if (wrong) sender.setAttribute("aria-invalid", "true");
  else sender.removeAttribute("aria-invalid");
}

form.addEventListener("input", () => {
  if (valid()) mark(false);
  look();
});
sender.addEventListener("change", judge);
look();

// A dialog that came open is left by Escape, as every dialog is.
addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("[data-away]")?.click();
});
