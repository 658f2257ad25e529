// What the page cannot do without a script: put the cursor into the question box, tell a screen reader what has come,
// bring a place of the page into view, lead through results and articles by keys, copy, let a button in our own HTML
// stand for one of Streamlit's, and let the browser's Back close an article. The server numbers what has happened; each
// event is acted on once.

const WAIT_MS = 4000;

// The place that was last brought into view.
let gone = null;

// Whether an article is open over an answer.
let isOverAnswer = false;

// Such an article has an entry of its own in the browser's history, at the same address, so that Back leads to the
// answer instead of out of the page. This is the address, which the entry keeps too, while that entry is the current one.
let entry = history.state?.article ?? null;

function whenThere(find, then) {
  const found = find();
  if (found) return then(found);
  const watcher = new MutationObserver(() => {
    const late = find();
    if (late) {
      watcher.disconnect();
      then(late);
    }
  });
  watcher.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => watcher.disconnect(), WAIT_MS);
}

function focusOn(key) {
  whenThere(
    () => document.querySelector(`.st-key-${key} input`),
    (box) => box.focus({ preventScroll: true }),
  );
}

function bringIntoView(id) {
  whenThere(
    () => document.getElementById(id),
    (place) => {
      const show = () => place.scrollIntoView({ block: "start", behavior: "instant" });
      show();
      place.focus({ preventScroll: true });
      gone = place;
      // Fonts and late elements move what stands below them.
      requestAnimationFrame(show);
      document.fonts.ready.then(show);
    },
  );
}

// Streamlit draws by and by: what stands for one of its buttons, or a key, may be pressed before the button is there.
function press(key) {
  whenThere(
    () => document.querySelector(`.st-key-${key} button`),
    (button) => button.click(),
  );
  return true;
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (KEYS[event.key]?.(event.target)) event.preventDefault();
}

function typing(element) {
  return Boolean(element.closest?.("input, textarea, select, [contenteditable], [role='combobox'], [role='listbox']"));
}

// Each returns whether there was something to do; if not, the key is the browser's.
const KEYS = {
  "/": () => {
    const box = document.querySelector(".st-key-question input");
    box?.focus();
    return Boolean(box);
  },
  j: () => walk(1),
  k: () => walk(-1),
  ArrowDown: (element) => element.matches?.(".hs-hit") && !reachesBelow(element) && walk(1),
  ArrowUp: (element) => element.matches?.(".hs-hit") && !reachesAbove(element) && walk(-1),
  Enter: (element) => element.matches?.(".hs-hit") && press(`read-${element.id.split("-").pop()}`),
  Escape: () => Boolean(document.querySelector(".hs-article")) && press("back"),
};

// A result that does not fit is scrolled by the arrows, to its end; only from there do they lead on.
const reachesAbove = (hit) => hit.getBoundingClientRect().top < 0;
const reachesBelow = (hit) => hit.getBoundingClientRect().bottom > innerHeight;

// To the next result, or the one before; in an opened article, to the next match.
function walk(by) {
  if (document.querySelector("[data-match]")) return step(by);
  const hits = [...document.querySelectorAll(".hs-hit")].filter((hit) => hit.checkVisibility());
  const at = hits.indexOf(document.activeElement.closest(".hs-hit"));
  const hit = hits[at < 0 && by < 0 ? 0 : Math.min(at + by, hits.length - 1)];
  if (hit) bringIntoView(hit.id);
  return Boolean(hit);
}

// To the next match of the opened article, or the one before, from the place last gone to; round and round.
function step(by) {
  const places = [...document.querySelectorAll("[data-match]")];
  if (!places.length) return false;
  const here = gone?.isConnected ? gone : (document.querySelector(".hs-found") ?? places[0]);
  const beyond = by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const ahead = places.filter((place) => place !== here && here.compareDocumentPosition(place) & beyond);
  const place = by > 0 ? (ahead[0] ?? places[0]) : (ahead.at(-1) ?? places.at(-1));
  bringIntoView(place.id);
  return true;
}

function keepEntry() {
  if (isOverAnswer && !entry) {
    entry = location.href;
    history.pushState({ article: entry }, "");
  } else if (entry && !isOverAnswer) {
    // Closed by a button or by Escape, or the page was loaded again: Back must not lead to the answer once more.
    history.back();
  }
}

// Streamlit takes every step in the history for one to another page and runs the script; ours it must not see.
function onStep(event) {
  const left = entry;
  entry = event.state?.article ?? null;
  if (entry) {
    // Forward, to an article that was closed.
    event.stopImmediatePropagation();
    history.back();
  } else if (left === location.href) {
    event.stopImmediatePropagation();
    if (isOverAnswer) press("back");
  }
}

// The clipboard of a page that is not served by HTTPS or from this machine is reached the old way.
async function copy(button, text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text });
    button.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
    button.focus();
  }
  for (const other of document.querySelectorAll("[data-copied]")) delete other.dataset.copied;
  button.dataset.copied = "true";
  say(button.closest("[data-told]")?.dataset.told ?? "");
}

function say(text) {
  for (const region of document.querySelectorAll(".hs-told")) region.textContent = text;
}

function onClick(event) {
  const button = event.target.closest?.("[data-press], [data-step], [data-copy], [data-copy-link], [data-print]");
  if (button?.dataset.copy) copy(button, decodeURIComponent(button.dataset.copy));
  if (button?.dataset.copyLink) copy(button, location.origin + location.pathname + button.dataset.copyLink);
  if (button?.dataset.print) print();
  if (button?.dataset.press) press(button.dataset.press);
  if (button?.dataset.step) step(Number(button.dataset.step));
  const link = event.target.closest?.(':is(.hs-bar, .hs-contrast) a[href^="#hs-"]');
  if (link) {
    // The address stays as it is: it would be all that a shared browser keeps of the visit.
    event.preventDefault();
    bringIntoView(link.getAttribute("href").slice(1));
  }
  for (const list of document.querySelectorAll(".hs-bar details[open]")) {
    if (link || !list.contains(event.target)) list.open = false;
  }
}

export default function ({ data, parentElement }) {
  const region = parentElement.querySelector(".hs-told");
  const event = String(data.event);
  if (region.dataset.event !== event) {
    region.dataset.event = event;
    region.textContent = data.told;
    isOverAnswer = data.over_answer;
    keepEntry();
    if (data.place) bringIntoView(data.place);
    else if (data.event === 0) focusOn("question");
  }
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  // Before Streamlit's own listener, which is not a capturing one.
  addEventListener("popstate", onStep, { capture: true });
  return () => {
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("click", onClick);
    removeEventListener("popstate", onStep, { capture: true });
  };
}
