// The newest page of the log goes on by itself: what comes is put on top, and said aloud
// in number only. Whoever has opened a line keeps it open, and may stop the list.
const SOON = 2000; // milliseconds until the next look, while something comes
const LATE = 20000; // and at last
const SLOWER = 1.4;
const KEPT = 200; // lines; the rest is on the older pages

const tail = document.querySelector("[data-tail]");
const list = document.getElementById("lines");
const live = document.getElementById("live");
const aloud = document.querySelector("[data-aloud]");
let after = tail.dataset.after;
let pause = SOON;
let timer = 0;

tail.hidden = false;
live.addEventListener("change", soon);
document.addEventListener("visibilitychange", soon);
later();

function soon() {
  pause = SOON;
  later();
}

function later() {
  clearTimeout(timer);
  if (live.checked && !document.hidden) timer = setTimeout(look, pause);
}

async function look() {
  pause = Math.min(pause * SLOWER, LATE);
  try {
    const address = `${tail.dataset.tail}after=${after}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    // The session is over: the page itself leads to the sign-in.
    if (answer.status < 500 && !answer.ok) return location.reload();
    if (answer.ok) show(await answer.json());
  } catch {
    // Out of reach for a moment; the next look may find it.
  }
  later();
}

function show(told) {
  after = told.after;
  if (!told.aloud) return;
  pause = SOON;
  if (!list) return location.reload();
  const come = document.createElement("template");
  come.innerHTML = told.lines;
  for (const line of come.content.querySelectorAll("li")) {
    if (line.id && document.getElementById(line.id)) line.remove();
  }
  list.prepend(come.content);
  while (list.children.length > KEPT) list.lastElementChild.remove();
  aloud.textContent = told.aloud;
}
