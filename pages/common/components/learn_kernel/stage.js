// The steps of a convolution that learns: the kernel now, sought and their difference, above what they make of the
// picture; the loss; and how one weight is changed. Python computed the steps once, everything else runs here.

const SPEEDS = [4, 20, 100]; // steps a second
const MARKUP = `
  <div class="bar" role="toolbar">
    <span class="group"></span>
    <input class="where" type="range" min="0" step="1">
    <output class="told"></output>
    <select class="speed"></select>
  </div>
  <div class="body">
    <div class="columns"></div>
    <div class="aside">
      <div class="heading"></div>
      <svg class="chart" role="img"></svg>
      <div class="sums" aria-live="off"></div>
    </div>
  </div>`;
const BUTTONS = [["first", "\u00ab"], ["back", "\u2039"], ["play", "\u25b6"], ["next", "\u203a"], ["last", "\u00bb"]];
const COLUMNS = ["now", "sought", "difference"];

class Stage {
  constructor(parent) {
    this.host = Object.assign(document.createElement("div"), { className: "learn", innerHTML: MARKUP });
    this.host.stage = this;
    parent.appendChild(this.host);
    this.part = (selector) => this.host.querySelector(selector);
    this.build();
    this.chart = new Chart(this.part(".chart"), (step) => this.goTo(step));
    this.host.addEventListener("click", (event) => this.clicked(event.target));
    this.host.addEventListener("keydown", (event) => this.key(event));
    this.host.addEventListener("pointerover", (event) => this.pointed(event.target));
    this.part(".where").addEventListener("input", (event) => this.show(Number(event.target.value)));
    this.onBlobs = () => this.load();
    addEventListener("cnnviz-blobs", this.onBlobs);
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.host);
  }

  build() {
    this.part(".group").append(...BUTTONS.map(([act, sign]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: sign });
      button.dataset.act = act;
      return button;
    }));
    this.tables = {};
    this.part(".columns").append(...COLUMNS.map((name) => {
      const column = document.createElement("section");
      column.innerHTML = `<h4></h4><div class="kernel" role="group"></div><p class="note"></p><h4></h4><canvas role="img"></canvas><p class="note"></p>`;
      column.dataset.name = name;
      this.tables[name] = new KernelTable(column.querySelector(".kernel"), name === "now");
      return column;
    }));
  }

  destroy() {
    this.pause();
    this.observer.disconnect();
    removeEventListener("cnnviz-blobs", this.onBlobs);
  }

  receive(message) {
    if (this.message?.header.signature === message.header.signature) return; // a new run of the page, the same lesson
    this.message = message;
    this.load();
  }

  // The picture comes by the store, which may be later than this message.
  load() {
    const { header } = this.message;
    const bytes = globalThis.cnnvizBlobs?.get(header.picture_key);
    if (!bytes || this.lesson?.signature === header.signature) return;
    const ended = this.lesson && this.at === this.lesson.last;
    this.lesson = new Lesson(this.message, bytes);
    this.at = Math.min(this.at ?? 0, this.lesson.last);
    if (ended) this.at = this.lesson.last;
    if (!(this.chosen < this.lesson.cells)) this.chosen = this.firstChoice();
    this.words();
    this.draw();
  }

  // The weight with the steepest start.
  firstChoice() {
    const slopes = this.lesson.kernel(this.lesson.gradients, 0).map(Math.abs);
    return slopes.indexOf(Math.max(...slopes));
  }

  words() {
    const { labels, last } = this.lesson;
    for (const button of this.host.querySelectorAll("[data-act]")) {
      button.title = labels.acts[button.dataset.act];
      button.setAttribute("aria-label", button.title);
    }
    this.part(".bar").setAttribute("aria-label", labels.toolbar);
    Object.assign(this.part(".where"), { max: last });
    this.part(".where").setAttribute("aria-label", labels.step);
    const speed = this.part(".speed");
    const chosen = speed.value || SPEEDS[1];
    speed.replaceChildren(...SPEEDS.map((rate) => Object.assign(document.createElement("option"), { value: rate, textContent: fill(labels.rate, { rate }) })));
    speed.value = chosen;
    speed.setAttribute("aria-label", labels.speed);
    this.part(".heading").textContent = labels.loss;
    this.part(".chart").setAttribute("aria-label", labels.chart);
    for (const name of COLUMNS) {
      const [kernel, picture] = this.host.querySelectorAll(`[data-name="${name}"] h4`);
      [kernel.textContent, picture.textContent] = labels.columns[name];
      this.host.querySelector(`[data-name="${name}"] .kernel`).setAttribute("aria-label", kernel.textContent);
      this.host.querySelector(`[data-name="${name}"] canvas`).setAttribute("aria-label", picture.textContent);
    }
  }

  draw() {
    if (!this.lesson || !this.host.clientWidth) return;
    this.host.classList.toggle("narrow", this.host.clientWidth < 700);
    this.chart.draw(this.lesson);
    this.show(this.at);
  }

  goTo(step) {
    const { steps } = this.lesson;
    let nearest = 0;
    steps.forEach((each, i) => {
      if (Math.abs(each - step) < Math.abs(steps[nearest] - step)) nearest = i;
    });
    this.show(nearest);
  }

  show(i) {
    const { lesson } = this;
    this.at = Math.min(Math.max(i, 0), lesson.last);
    this.part(".where").value = this.at;
    this.kernels();
    this.pictures();
    this.chart.mark(lesson.steps[this.at], lesson.loss(this.at));
    this.tell();
    this.sums();
    this.host.dataset.step = lesson.steps[this.at];
  }

  kernels() {
    const { lesson } = this;
    const { size, scale, palette, labels } = lesson;
    const now = lesson.kernel(lesson.weights, this.at);
    const sought = lesson.sought ?? lesson.answer;
    const name = (i, value) => fill(labels.cell, { row: Math.floor(i / size) + 1, column: (i % size) + 1, value: say(value) });
    this.tables.now.draw(now, size, scale, palette, this.chosen, name);
    this.tables.sought.draw(sought, size, scale, palette, this.chosen);
    this.tables.difference.draw(now.map((weight, i) => weight - sought[i]), size, scale, palette, this.chosen);
  }

  pictures() {
    const { lesson } = this;
    const { outRows, outColumns, palette, labels, target } = lesson;
    const made = lesson.predict(lesson.kernel(lesson.weights, this.at));
    const rest = made.map((value, i) => value - target[i]);
    this.rest = rest;
    const each = { now: made, sought: target, difference: rest };
    for (const name of COLUMNS) {
      const canvas = this.host.querySelector(`[data-name="${name}"] canvas`);
      paint(canvas, each[name], outRows, outColumns, lesson.brightest, palette, lesson.signed || name === "difference");
      const note = this.host.querySelectorAll(`[data-name="${name}"] .note`)[1];
      const span = `${lesson.signed || name === "difference" ? say(-lesson.brightest) : "0"} \u2026 ${say(lesson.brightest)}`;
      note.textContent = name === "difference" ? fill(labels.rms, { value: say(Math.sqrt(lesson.loss(this.at))) }) : span;
    }
  }

  tell() {
    const { lesson, at } = this;
    const { labels, steps } = lesson;
    this.part(".told").textContent = fill(labels.counter, { step: steps[at], steps: steps[lesson.last], loss: say(lesson.loss(at)) });
    const distance = lesson.distance(at);
    const notes = COLUMNS.map((name) => this.host.querySelector(`[data-name="${name}"] .note`));
    notes[0].textContent = fill(labels.sum, { value: say(lesson.kernel(lesson.weights, at).reduce((sum, weight) => sum + weight, 0)) });
    notes[1].textContent = fill(labels.sum, { value: say((lesson.sought ?? lesson.answer).reduce((sum, weight) => sum + weight, 0)) });
    notes[2].textContent = distance === null ? "" : fill(labels.apart, { share: distance < 10 ? `${(100 * distance).toFixed(1)}${percentSign}` : `> 1000${percentSign}` });
  }

  // How the chosen weight is changed by the step from here, and where its gradient comes from.
  sums() {
    const { lesson, at, chosen } = this;
    const { labels, size } = lesson;
    const box = this.part(".sums");
    if (at === lesson.last && lesson.ran_away) {
      box.replaceChildren(Object.assign(document.createElement("p"), { className: "alarm", textContent: labels.ran_away }));
      return;
    }
    const lines = lesson.update(at, chosen);
    const [row, column] = [Math.floor(chosen / size), chosen % size];
    const head = fill(labels.weight, { row: row + 1, column: column + 1 });
    const from = fill(labels.gradient, { value: say(this.slope(chosen)) });
    box.replaceChildren(
      Object.assign(document.createElement("b"), { textContent: head }),
      ...[from, ...lines].map((text) => Object.assign(document.createElement("p"), { textContent: text })),
      Object.assign(document.createElement("p"), { className: "hint", textContent: labels.hint }),
    );
  }

  // The gradient of a weight from its definition: twice the mean of what is too much, times the pixel that it weighs.
  slope(cell) {
    const { lesson, rest } = this;
    const [row, column] = [Math.floor(cell / lesson.size), cell % lesson.size];
    let sum = 0;
    for (let r = 0; r < lesson.outRows; r++)
      for (let c = 0; c < lesson.outColumns; c++) sum += rest[r * lesson.outColumns + c] * lesson.picture[(r + row) * lesson.columns + c + column];
    return (2 * sum) / rest.length;
  }

  // ---- acting

  clicked(target) {
    const cell = target.closest("button[data-cell]");
    if (cell) this.choose(Number(cell.dataset.cell));
    this.act(target.closest("[data-act]")?.dataset.act);
  }

  pointed(target) {
    const cell = target.closest(".kernel [data-cell]");
    if (cell && this.lesson) this.choose(Number(cell.dataset.cell));
  }

  choose(cell) {
    this.chosen = cell;
    this.kernels();
    this.sums();
  }

  act(name) {
    if (!name || !this.lesson) return;
    if (name === "play") return this.timer ? this.pause() : this.play();
    this.pause();
    const { last } = this.lesson;
    this.show({ first: 0, back: this.at - 1, next: this.at + 1, last }[name]);
  }

  play() {
    if (this.at === this.lesson.last) this.show(0);
    let [before, owed] = [performance.now(), 0];
    const tick = (now) => {
      owed += ((now - before) / 1000) * Number(this.part(".speed").value);
      before = now;
      if (owed >= 1) {
        this.show(this.at + Math.floor(owed));
        owed %= 1;
      }
      if (this.at === this.lesson.last) return this.pause();
      this.timer = requestAnimationFrame(tick);
    };
    this.timer = requestAnimationFrame(tick);
    this.playing(true);
  }

  pause() {
    cancelAnimationFrame(this.timer);
    this.timer = null;
    if (this.lesson) this.playing(false);
  }

  playing(now) {
    const button = this.part('[data-act="play"]');
    button.textContent = now ? "\u275a\u275a" : "\u25b6";
    button.title = this.lesson.labels.acts[now ? "pause" : "play"];
    button.setAttribute("aria-label", button.title);
  }

  key(event) {
    if (!this.lesson || event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input, select")) return;
    const cell = event.target.closest("button[data-cell]");
    if (cell) return this.keyInKernel(event);
    const act = { ArrowLeft: "back", ArrowRight: "next", Home: "first", End: "last" }[event.key];
    if (!act) return;
    event.preventDefault();
    this.act(act);
  }

  keyInKernel(event) {
    const { size, cells } = this.lesson;
    const [row, column] = [Math.floor(this.chosen / size), this.chosen % size];
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const within = (value) => Math.min(Math.max(value, 0), size - 1);
    this.choose(within(row + move[0]) * size + within(column + move[1]));
    if (this.chosen < cells) this.host.querySelector(`button[data-cell="${this.chosen}"]`).focus();
  }
}
