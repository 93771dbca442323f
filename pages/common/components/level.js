// Whoever goes to another level of the maps keeps the keyboard: the level that opens takes it, unless it is opened by a
// link, or the visitor has gone on to something else meanwhile.

const PATIENCE = 60_000; // ms that the other level may take to come from a busy server

function leaveLevel() {
  globalThis.cnnvizLeft = { at: performance.now(), from: document.activeElement };
}

function enterLevel(target) {
  const { at = -Infinity, from } = globalThis.cnnvizLeft ?? {};
  globalThis.cnnvizLeft = undefined;
  const stayed = [from, document.body].includes(document.activeElement);
  if (stayed && performance.now() - at < PATIENCE) target?.focus({ preventScroll: true });
}
