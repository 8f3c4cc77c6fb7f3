// The page of a message asks by itself how far it has come, ever more seldom while nothing
// moves. How far the files are is written in place; any other news is a page fetched anew.
// What has ended is not asked about: its page brings no script.
const SOON = 1000; // milliseconds until the next look, while something moves
const LATE = 15000; // and at last
const SLOWER = 1.3;

const { follow, news, page } = document.querySelector("[data-follow]").dataset;
const bar = document.getElementById("upload");
const amount = document.querySelector("[data-amount]");
const pace = document.querySelector("[data-pace]");
const aloud = document.querySelector("[data-aloud]");
let pause = SOON;
let timer = 0;

function later() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, pause);
}

async function look() {
  try {
    const answer = await fetch(follow, { headers: { Accept: "application/json" } });
    if (answer.status < 500) {
      const told = answer.ok ? await answer.json() : {};
      // No news: the message or the session is gone, and the page itself says so.
      if (told.news !== news) return location.replace(page);
      const moved = told.upload && show(told.upload);
      pause = moved ? SOON : Math.min(pause * SLOWER, LATE);
    }
  } catch {
    // Out of reach for a moment; the next look may find it.
    pause = Math.min(pause * SLOWER, LATE);
  }
  later();
}

function show(upload) {
  const moved = bar.value !== upload.done;
  bar.max = upload.total;
  bar.value = upload.done;
  bar.textContent = amount.textContent = upload.amount;
  pace.textContent = upload.pace;
  // Said aloud at every tenth, not at every look.
  if (String(upload.step) !== aloud.dataset.step) {
    aloud.dataset.step = upload.step;
    aloud.textContent = upload.aloud;
  }
  return moved;
}

document.addEventListener("visibilitychange", () => {
  pause = SOON;
  later();
});
later();
