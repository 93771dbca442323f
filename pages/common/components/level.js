// Whoever goes to another level of the maps keeps the keyboard: the level that opens takes it, unless it is opened by a
// link.

const PATIENCE = 10_000; // ms that the other level may take to come

function leaveLevel() {
  globalThis.cnnvizLeft = performance.now();
}

function enterLevel(target) {
  const since = performance.now() - (globalThis.cnnvizLeft ?? -Infinity);
  globalThis.cnnvizLeft = undefined;
  if (since < PATIENCE) target?.focus({ preventScroll: true });
}
