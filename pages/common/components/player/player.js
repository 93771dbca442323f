// Play, pause, step, point and ask: the clock and the controls around a scene. Python sends a message when a setting
// changes; from then on everything happens here, without the server.

const SPEEDS = [0.5, 1, 2, 4, 8, 16, 30, 60, 240]; // steps a second
const GLIDE = 0.45; // share of a step in which the window moves on, at speeds one can follow
const GLIDE_UP_TO = 4; // steps a second
const TALLEST = 430; // pixels of the grids on a laptop
// Drawn, because not every computer has these signs in its fonts. Paths in a square of 16.
const ICONS = {
  first: "M3 3v10M13 3L6 8l7 5z",
  back: "M11 3L4 8l7 5z",
  play: "M4 2.5l9 5.5-9 5.5z",
  pause: "M4.5 3v10M11.5 3v10",
  next: "M5 3l7 5-7 5z",
  last: "M13 3v10M3 3l7 5-7 5z",
  row: "M3 8a5 5 0 1 0 2-4M5 1v3.4h3.4",
  large: "M2 6V2h4M10 2h4v4M14 10v4h-4M6 14H2v-4",
};
const FILLED = ["first", "back", "play", "next", "last"];

const icon = (name) =>
  `<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" stroke="currentColor" stroke-width="2" fill="${FILLED.includes(name) ? "currentColor" : "none"}"><path d="${ICONS[name]}"/></svg>`;

class Player {
  constructor(parent) {
    this.host = document.createElement("div");
    this.host.className = "player";
    this.host.tabIndex = 0;
    this.host.innerHTML = `
      <div class="bar" role="toolbar">
        <span class="group"><button data-act="first">${icon("first")}</button><button data-act="back">${icon("back")}</button><button data-act="toggle" class="main"></button><button data-act="next">${icon("next")}</button><button data-act="last">${icon("last")}</button></span>
        <input type="range" class="steps" min="0" step="1">
        <output class="counter"></output>
        <label class="speed"><span></span><select></select></label>
        <button data-act="row" class="toggle" aria-pressed="false"></button>
        <button data-act="large" class="icon">${icon("large")}</button>
        <details class="export"><summary></summary><div class="menu"></div></details>
      </div>
      <form class="ask" hidden><span class="question"></span><span class="fields"></span><button type="submit"></button><button type="button" data-act="reveal"></button><span class="verdict" role="status"></span></form>
      <div class="stage"><canvas></canvas></div>
      <div class="spoken" role="status"></div>`;
    parent.appendChild(this.host);
    this.host.player = this;
    this.part = (selector) => this.host.querySelector(selector);
    this.canvas = this.part("canvas");
    this.context = this.canvas.getContext("2d");
    this.painter = new CanvasPainter(this.context);
    Object.assign(this, { step: 0, speed: 1, playing: false, repeat: false, pointed: null, pinned: null, elapsed: 0, glide: 1, frames: 0 });
    this.listen();
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.part(".stage"));
  }

  destroy() {
    this.observer.disconnect();
    this.outside.abort();
    cancelAnimationFrame(this.pending);
  }

  receive({ header, blobs }, send) {
    [this.send, this.labels] = [send, header.labels];
    const [first, fresh] = [!this.header, header.signature !== this.header?.signature];
    Object.assign(this, { header, freshScene: () => sceneOf(header, blobs) });
    this.scene = this.freshScene();
    if (fresh) {
      // The step of a link is that of the layer in it.
      const step = first && header.predict !== "size" ? Math.min(header.step ?? 0, this.scene.steps - 1) : 0;
      Object.assign(this, { step, pointed: null, pinned: null, elapsed: 0, glide: 1, answered: -1, revealed: Boolean(header.revealed) });
      this.playing = this.playing && !header.predict;
    }
    this.drawWords();
    this.layout();
    this.tick();
  }

  // What is kept from the class: "size", "values" or nothing.
  get hidden() {
    return this.revealed ? null : this.header.predict || null;
  }

  // ---- words

  drawWords() {
    const { labels } = this;
    for (const button of this.host.querySelectorAll(".bar [data-act]")) {
      const text = labels[button.dataset.act];
      if (!text) continue;
      button.title = text;
      button.setAttribute("aria-label", text);
    }
    this.part("[data-act=row]").innerHTML = `${icon("row")} `;
    this.part("[data-act=row]").append(labels.row_short);
    this.part(".steps").setAttribute("aria-label", labels.steps);
    this.part(".speed span").textContent = labels.speed;
    const speeds = this.part(".speed select");
    speeds.replaceChildren(...SPEEDS.map((speed) => new Option(`${speed}/s`, speed, false, speed === this.speed)));
    this.part(".export summary").textContent = labels.export;
    const exports = [["gif", "GIF"], ["webp", "WebP"], ["png", "PNG"], ["svg", "SVG"], ["link", labels.link]];
    this.part(".menu").replaceChildren(...exports.map(([kind, text]) => {
      const button = Object.assign(document.createElement("button"), { textContent: text, type: "button", title: labels[`export_${kind}`] });
      button.dataset.export = kind;
      return button;
    }));
    this.part("[data-act=row]").hidden = this.scene.rowOf(0)[1] === this.scene.steps - 1; // there is only one
    this.host.setAttribute("aria-label", labels.player);
    this.drawQuestion();
  }

  // ---- clock

  toggle(play = !this.playing) {
    this.playing = play;
    if (play) [this.pinned, this.pointed] = [null, null];
    if (play && this.step === this.scene.steps - 1 && !this.repeat) this.go(0);
    if (play && this.hidden === "values") this.reveal();
    this.before = undefined;
    this.drawBar();
    this.tick();
  }

  go(step) {
    this.step = Math.min(Math.max(step, 0), this.scene.steps - 1);
    Object.assign(this, { elapsed: 0, glide: 1 });
    this.drawQuestion();
    this.request();
  }

  // One step on; at the end of the row or of everything, back to its start or a stop.
  advance() {
    const [first, last] = this.repeat ? this.scene.rowOf(this.step) : [0, this.scene.steps - 1];
    if (this.step < last) this.step += 1;
    else if (this.repeat) this.step = first;
    else this.playing = false;
  }

  tick() {
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame((now) => this.frame(now));
  }

  request() {
    if (!this.playing) this.tick();
  }

  frame(now) {
    const passed = Math.min(now - (this.before ?? now), 250);
    this.before = now;
    if (this.playing && !this.pointed) this.move(passed);
    this.draw();
    this.frames += 1;
    if (this.playing) this.tick();
  }

  move(passed) {
    this.elapsed += (passed / 1000) * this.speed;
    while (this.elapsed >= 1 && this.playing) {
      this.elapsed -= 1;
      this.advance();
    }
    this.glide = this.speed <= GLIDE_UP_TO ? Math.min(this.elapsed / GLIDE, 1) : 1;
    this.glide = this.glide * (2 - this.glide);
    if (!this.playing) this.glide = 1;
  }

  // ---- drawing

  layout() {
    const width = this.part(".stage").clientWidth;
    if (!this.scene || !width) return;
    const full = this.host.matches(":fullscreen");
    const height = full ? innerHeight - 150 : Math.min(TALLEST, Math.max(innerHeight * 0.5, 240));
    this.scene.full = full;
    this.size = this.scene.layout(width, height, this.painter);
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(this.size.width * ratio);
    this.canvas.height = Math.round(this.size.height * ratio);
    this.canvas.style.height = `${this.size.height}px`;
    this.context.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.theme = readTheme(this.host);
    this.request();
  }

  // What is looked at: what the mouse points at, else what was pinned, else the step.
  get focus() {
    return this.pointed ?? this.pinned ?? this.scene.focusAt(this.step);
  }

  // What is kept from the class at a step: values that were answered are shown.
  secretAt(step) {
    return this.hidden === "values" && step <= this.answered ? null : this.hidden;
  }

  view(step = this.step, focus = this.focus, glide = this.glide) {
    const hidden = this.secretAt(step);
    return { step: hidden === "values" ? this.answered : step, focus, glide: focus === this.pointed ? 1 : glide, hidden };
  }

  draw() {
    if (!this.size) return;
    const theme = (this.theme ??= readTheme(this.host));
    this.context.clearRect(0, 0, this.size.width, this.size.height);
    this.scene.draw(this.painter, theme, this.view());
    this.drawBar();
  }

  drawBar() {
    const { labels, scene, step, playing, hidden } = this;
    const button = this.part("[data-act=toggle]");
    const sign = playing ? "pause" : "play";
    if (button.dataset.sign !== sign || button.dataset.language !== labels.language) {
      button.innerHTML = icon(sign);
      Object.assign(button.dataset, { sign, language: labels.language });
      button.title = playing ? labels.pause : labels.play;
      button.setAttribute("aria-label", button.title);
    }
    const steps = this.part(".steps");
    const told = hidden !== "size"; // the number of steps is the answer
    steps.max = told ? scene.steps - 1 : 0;
    if (Number(steps.value) !== step) steps.value = step;
    this.part(".counter").textContent = told ? labels.counter.replace("{step}", step + 1).replace("{steps}", scene.steps) : "";
    if (!playing) this.part(".spoken").textContent = told ? scene.describe(this.focus, this.secretAt(step) === "values") : "";
    Object.assign(this.host.dataset, { step, playing, hidden: hidden ?? "" });
  }

  // ---- events

  listen() {
    this.host.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) this.act(button.dataset.act);
      const kind = event.target.closest("[data-export]")?.dataset.export;
      if (kind) this.export(kind);
    });
    this.part(".steps").addEventListener("input", (event) => this.goByHand(Number(event.target.value)));
    this.part(".speed select").addEventListener("change", (event) => (this.speed = Number(event.target.value)));
    this.part(".ask").addEventListener("submit", (event) => this.answer(event));
    this.canvas.addEventListener("pointermove", (event) => event.pointerType === "mouse" && this.point(event));
    this.canvas.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.point(null));
    this.canvas.addEventListener("click", (event) => this.pin(event));
    this.host.addEventListener("keydown", (event) => this.key(event));
    // A presenter's remote sends page keys to whatever has the focus, often the page itself.
    const until = { signal: (this.outside = new AbortController()).signal };
    document.addEventListener("keydown", (event) => event.target === document.body && this.onScreen() && this.key(event), until);
    document.addEventListener("fullscreenchange", () => this.layout(), until);
    document.addEventListener("pointerdown", (event) => !event.composedPath().includes(this.part(".export")) && (this.part(".export").open = false), until);
  }

  // Whatever was looked at gives way to the step, even where the mouse still rests on a cell.
  goByHand(step) {
    Object.assign(this, { pinned: null, pointed: null, playing: false });
    this.go(step);
  }

  act(name) {
    const moves = { first: 0, back: this.step - 1, next: this.step + 1, last: this.scene.steps - 1 };
    if (name in moves) this.goByHand(moves[name]);
    else if (name === "toggle") this.toggle();
    else if (name === "reveal") this.reveal();
    else if (name === "large") document.fullscreenElement ? document.exitFullscreen() : this.host.requestFullscreen();
    else if (name === "row") {
      this.repeat = !this.repeat;
      this.part("[data-act=row]").setAttribute("aria-pressed", this.repeat);
    }
  }

  key(event) {
    if (this.hidden === "size") return; // walking would count the outputs
    if (event.target.matches?.("select, input:not(.steps), summary") || event.ctrlKey || event.metaKey || event.altKey) return;
    const [first, last] = this.scene.rowOf(this.step);
    const row = last - first + 1;
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageUp: -1, PageDown: 1, ArrowUp: -row, ArrowDown: row, Home: -Infinity, End: Infinity };
    if (event.shiftKey && event.key.startsWith("Arrow")) this.walk(event.key);
    else if (event.key in steps) this.goByHand(this.step + steps[event.key]);
    else if (event.key === " " && !event.target.matches?.("button")) this.toggle();
    else if (event.key === "Escape") this.pinned = null;
    else if ("iko".includes(event.key.toLowerCase())) this.look(event.key.toLowerCase());
    else return;
    event.preventDefault();
    this.request();
  }

  // The keyboard's way of pointing: i, k, o look at the input, the kernel, the output; shift and arrows move there.
  look(letter) {
    const panel = { i: "input", k: "kernel", o: "output" }[letter];
    const pinned = this.scene.firstOf(panel, this.scene.focusAt(this.step)) ?? this.pinned;
    if (!this.hidden) Object.assign(this, { pinned, pointed: null, playing: false });
  }

  walk(arrow) {
    const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[arrow];
    const pinned = this.scene.neighbour(this.focus, down, right);
    if (!this.hidden) Object.assign(this, { pinned, pointed: null, playing: false });
  }

  onScreen() {
    const { top, bottom } = this.host.getBoundingClientRect();
    return bottom > 0 && top < innerHeight && this.host.isConnected;
  }

  target(event) {
    const box = this.canvas.getBoundingClientRect();
    return this.scene.hit(event.clientX - box.left, event.clientY - box.top, this.pinned ?? this.scene.focusAt(this.step));
  }

  point(event) {
    this.pointed = event && !this.hidden ? this.target(event) : null;
    this.canvas.style.cursor = this.pointed ? "crosshair" : "";
    this.request();
  }

  pin(event) {
    if (this.hidden) return;
    const target = this.target(event);
    this.pinned = target && JSON.stringify(target) !== JSON.stringify(this.pinned) ? target : null;
    this.host.focus({ preventScroll: true });
    this.request();
  }
}

// Colours of the page: light or dark.
function readTheme(host) {
  const style = getComputedStyle(host);
  const read = (name, other) => style.getPropertyValue(name).trim() || other;
  const [text, background] = [read("--st-text-color", "#31333f"), read("--st-background-color", "#ffffff")];
  return { text, background, muted: read("--st-faded-text-60", "#7a8290"), line: "#9aa7b5", accent: read("--st-primary-color", "#0b5fa5"), veil: "rgba(255, 255, 255, 0.72)" };
}
