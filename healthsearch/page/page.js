// What the page cannot do without a script: put the cursor into the question box and ask on Enter, tell a screen
// reader what has come, bring a place of the page into view, lead through an article, and let a button in our own HTML stand for one of
// Streamlit's. The server numbers what has happened; each event is acted on once.

const WAIT_MS = 4000;

// The place that was last brought into view.
let gone = null;

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

function press(key) {
  document.querySelector(`.st-key-${key} button`)?.click();
}

// Streamlit's own "Enter submits the form" writes a hint over what is being typed.
function onKey(event) {
  const box = event.target.closest?.(".st-key-question input");
  if (box && event.key === "Enter" && !event.isComposing) press("search");
}

// To the next match of the opened article, or the one before, from the place last gone to; round and round.
function step(by) {
  const places = [...document.querySelectorAll("[data-match]")];
  const here = gone?.isConnected ? gone : document.querySelector(".hs-found");
  const beyond = by > 0 ? Node.DOCUMENT_POSITION_FOLLOWING : Node.DOCUMENT_POSITION_PRECEDING;
  const ahead = places.filter((place) => place !== here && here.compareDocumentPosition(place) & beyond);
  const place = by > 0 ? (ahead[0] ?? places[0]) : (ahead.at(-1) ?? places.at(-1));
  bringIntoView(place.id);
}

function onClick(event) {
  const button = event.target.closest?.("[data-press], [data-step]");
  if (button?.dataset.press) press(button.dataset.press);
  if (button?.dataset.step) step(Number(button.dataset.step));
  const link = event.target.closest?.('.hs-bar a[href^="#hs-"]');
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
    if (data.place) bringIntoView(data.place);
    else if (data.event === 0) focusOn("question");
  }
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", onClick);
  return () => {
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("click", onClick);
  };
}
