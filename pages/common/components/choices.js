// What a visitor chose in the browser stays until Python asks for something else. Answers to earlier choices come late
// from a busy server: they are passed over until the one to the last choice is there.

const ANSWERED_WITHIN = 10_000; // ms; then it is not waited for any longer

class Choices {
  // Whether Python asks for something else than is shown.
  isNew(given) {
    const text = JSON.stringify(given);
    if (this.awaited !== undefined && performance.now() < this.until) {
      if (text === this.awaited) this.awaited = undefined;
      return false;
    }
    const changed = text !== this.given;
    this.given = text;
    this.awaited = undefined;
    return changed;
  }

  chose(chosen) {
    this.given = this.awaited = JSON.stringify(chosen);
    this.until = performance.now() + ANSWERED_WITHIN;
  }
}
