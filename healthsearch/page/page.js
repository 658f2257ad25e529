// What the page cannot do without a script: put the cursor into the question box and ask on Enter, tell a screen
// reader what has come, bring a place of the page into view, and let a button in our own HTML stand for one of
// Streamlit's. The server numbers what has happened; each event is acted on once.

const WAIT_MS = 4000;

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

function onClick(event) {
  const button = event.target.closest?.("[data-press]");
  if (button) press(button.dataset.press);
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
