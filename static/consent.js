// The way to Microsoft in a window of its own. It is opened in the click, sent on when
// the server has answered, and never asked about again: how it went the server knows.
// A browser that opens no window goes there itself.
// And whatever a page waits for: it looks again by itself, for how far a change has come
// as for what became of a test mail.
const LOOK = "popup,width=560,height=720";
const MARK = "popup"; // in the storage of a window we opened
const SOON = 1500; // milliseconds until the next look, at first
const LATE = 15000; // and at last
const SIGNED_OUT = 401;

// A window that was opened for Microsoft has done its part when it is back with news.
if (sessionStorage.getItem(MARK) && document.querySelector("[data-close]")) window.close();

for (const form of document.querySelectorAll("[data-ask]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!form.dataset.busy) ask(form, event.submitter);
  });
}
for (const link of document.querySelectorAll("a[data-popup]")) {
  link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return; // they said where
    const popup = open(link.dataset.popup);
    popup?.location.replace(link.href);
    if (popup) event.preventDefault();
  });
}
for (const element of document.querySelectorAll("[data-progress]")) {
  if (element.dataset.progress) follow(element.dataset.progress, element.dataset.news);
}
if (document.querySelector("[data-refresh]")) setTimeout(refresh, SOON);
// Back from elsewhere: what is shown may be long past, so it is asked for again.
addEventListener("pageshow", (event) => {
  const page = document.querySelector("[data-page]")?.dataset.page;
  const shown = location.href.replace(/\/connection$/, ""); // which is only posted
  if (event.persisted) location.replace(page ?? shown);
});

// The new window copies our storage as it is made: that is how it knows what it is.
function open(address) {
  sessionStorage.setItem(MARK, "yes");
  const popup = window.open(address, "consent", LOOK);
  sessionStorage.removeItem(MARK);
  popup?.focus(); // one that is open still is used again, and may lie behind the page
  return popup;
}

async function ask(form, button) {
  const popup = open(form.dataset.popup);
  wait(form, button, true);
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new FormData(form),
      headers: { Accept: "application/json" },
    });
    const { errors, ...way } = await answer.json();
    if (answer.status === SIGNED_OUT) {
      throw new Error("Nobody is signed in any more.");
    } else if (errors) {
      popup?.close();
      wait(form, button, false);
      complain(form, errors);
    } else {
      go(popup, form.dataset.ask, way);
    }
  } catch {
    popup?.close();
    form.submit(); // nothing to go on with: the server answers with a page
  }
}

function go(popup, settings, { consent, change, page }) {
  if (popup) {
    popup.location.replace(consent);
    location.assign(page ?? `${settings}?change=${encodeURIComponent(change)}`);
  } else {
    location.assign(consent);
  }
}

function complain(form, { "": general, ...fields }) {
  show(form.querySelector("[data-error]"), general);
  for (const [name, sentence] of Object.entries(fields)) {
    const field = form.elements.namedItem(name);
    field?.setAttribute("aria-invalid", "true");
    show(document.getElementById(`${name}-error`), sentence);
    field?.focus();
  }
}

function show(place, sentence) {
  if (!place) return;
  place.hidden = !sentence;
  place.querySelector("span").textContent = sentence ?? "";
}

// Whoever presses twice has asked once.
function wait(form, button, busy) {
  if (busy) form.dataset.busy = "yes";
  else delete form.dataset.busy;
  if (button) button.disabled = busy;
  const why = form.querySelector("[data-why]");
  if (busy && why) why.textContent = form.dataset.asking;
  if (!busy) form.dispatchEvent(new Event("input")); // who watches the form says it anew
}

// Ask how far a change has come, ever more seldom, while somebody looks; when it has
// come further the page is loaded anew.
function follow(address, shown) {
  let pause = SOON;
  let timer = 0;
  const later = () => {
    clearTimeout(timer);
    if (!document.hidden) timer = setTimeout(look, pause);
    pause = Math.min(pause * 1.1, LATE);
  };
  const look = async () => {
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (answer.status < 500) {
        const { news, settings } = await answer.json();
        // No news: the change or the session is gone, and the page itself says so.
        if (news !== shown) return location.assign(settings ?? settingsOf(address));
      }
    } catch {
      // Out of reach for a moment; the next look may find it.
    }
    later();
  };
  document.addEventListener("visibilitychange", () => {
    pause = SOON;
    later();
  });
  later();
}

// Progress is asked for just below the page that it is about.
const settingsOf = (progress) => progress.replace(/\/progress\b.*$/, "");

// Look whether a page that waits has more to say; load it anew only then, so that nobody
// is read the same twice.
async function refresh() {
  try {
    const page = await (await fetch(location.href)).text();
    if (!page.includes("data-refresh")) return location.replace(location.href);
  } catch {
    // Out of reach for a moment; the next look may find it.
  }
  setTimeout(refresh, SOON);
}
