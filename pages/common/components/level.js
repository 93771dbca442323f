// Whoever goes to another level of the maps keeps the keyboard: the level that opens takes it, unless it is opened by a
// link, or the visitor has gone on to something else meanwhile.

const PATIENCE = 60_000; // ms that the other level may take to come from a busy server

function leaveLevel() {
  globalThis.cnnvizLeft = { at: performance.now(), from: document.activeElement };
}

// A level may be built twice, or before it is seen: the one that is there in the end has the keyboard.
function enterLevel(target) {
  const left = globalThis.cnnvizLeft;
  if (!left || !target || performance.now() - left.at > PATIENCE) return;
  const take = () => {
    if (![left.from, document.body].includes(document.activeElement)) return;
    target.focus({ preventScroll: true });
    left.from = document.activeElement;
  };
  take();
  requestAnimationFrame(take);
}
