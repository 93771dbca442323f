// Pad, answer, experiment and maps, put together. All of it is computed here; Python hears only which way is chosen.

const CALM = 350; // milliseconds without a change before the map of shifts is computed and Python is told
const LAB_MARKUP = `
  <div class="top">
    <section class="draw"><div class="host"></div><div class="examples"></div><p class="box"></p></section>
    <section class="answer"></section>
    <section class="experiment"><b class="title"></b><div class="moves" role="toolbar">${[
      ["left", "←"], ["up", "↑"], ["down", "↓"], ["right", "→"], ["smaller", "−"], ["larger", "+"], ["corner", "◰"],
    ].map(([move, sign]) => `<button type="button" data-move="${move}">${sign}</button>`).join("")}</div>
      <b class="shifts-title"></b><div class="shifting"><canvas class="shifts" role="img"></canvas>
        <label class="working" hidden><span></span><progress max="1"></progress></label></div>
      <p class="cell"></p><p class="stays"></p></section>
  </div>
  <section><b class="maps-title"></b><div class="maps"></div></section>`;

class PadLab {
  constructor(parent, header, blobs) {
    this.host = Object.assign(document.createElement("div"), { className: "pad-lab", innerHTML: LAB_MARKUP });
    this.host.lab = this;
    parent.append(this.host);
    this.part = (selector) => this.host.querySelector(selector);
    this.answer = new AnswerPanel(this.part(".answer"), (way) => this.choose(way));
    this.strips = new MapStrips(this.part(".maps"));
    this.part(".examples").addEventListener("click", (event) => this.example(event.target.dataset.digit));
    this.part(".moves").addEventListener("click", (event) => this.move(event.target.dataset.move));
    this.part(".shifts").addEventListener("pointermove", (event) => this.point(event));
    this.part(".shifts").addEventListener("pointerleave", () => this.point(null));
    this.onBlobs = () => this.begin();
    addEventListener("cnnviz-blobs", this.onBlobs);
  }

  destroy() {
    removeEventListener("cnnviz-blobs", this.onBlobs);
    cancelAnimationFrame(this.frame);
    clearTimeout(this.calm);
    clearTimeout(this.later);
    this.turn = null;
    this.pad?.destroy();
  }

  receive({ header, blobs }, send) {
    Object.assign(this, { header, send, labels: header.labels });
    this.palettes = { diverging: blobs[0], sequential: blobs[1] };
    if (!this.later && header.way !== this.told) this.way = this.told = header.way;
    this.begin();
  }

  // Once the weights are there.
  begin() {
    const store = globalThis.cnnvizBlobs;
    const [weights, examples] = [store?.get(this.header.weights), store?.get(this.header.examples)];
    if (!weights || !examples) return;
    if (this.weights !== this.header.weights) {
      this.weights = this.header.weights;
      const { header, blobs } = unpack(weights);
      this.network = new PlainNetwork({ ...header, input: this.header.input }, new Float32Array(blobs[0].slice().buffer));
    }
    this.examples ??= JSON.parse(new TextDecoder().decode(examples));
    this.pad ??= this.newPad();
    this.write();
    this.update(true);
    this.showShifts();
  }

  newPad() {
    const drawing = new Drawing(this.header.key, this.examples.start);
    return new DrawingPad(this.part(".host"), drawing, ({ ended }) => this.schedule(ended), 20 / 28);
  }

  write() {
    const { labels } = this;
    this.pad.label(labels);
    this.part(".title").textContent = labels.move;
    this.part(".moves").setAttribute("aria-label", labels.move);
    this.part(".maps-title").textContent = labels.maps;
    this.part("p.box").textContent = labels.box;
    for (const button of this.part(".moves").children) {
      button.title = labels.moves[button.dataset.move];
      button.setAttribute("aria-label", button.title);
    }
    const digits = Object.keys(this.examples.digits).map((digit) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: digit, title: fill(labels.example, { digit }) });
      button.dataset.digit = digit;
      return button;
    });
    this.part(".examples").replaceChildren(Object.assign(document.createElement("span"), { textContent: labels.examples }), ...digits);
  }

  example(digit) {
    if (digit !== undefined) this.pad.show(this.examples.digits[digit]);
  }

  move(name) {
    const { drawing } = this.pad;
    const step = 2 * SHIFT;
    const moves = {
      left: () => drawing.move(-step, 0), right: () => drawing.move(step, 0),
      up: () => drawing.move(0, -step), down: () => drawing.move(0, step),
      smaller: () => drawing.scale(0.8), larger: () => drawing.scale(1.25), corner: () => drawing.intoCorner(),
    };
    if (!(name in moves) || drawing.strokes.length === 0) return;
    moves[name]();
    this.pad.tell(true);
  }

  choose(way) {
    if (!way || way === this.way) return;
    this.way = way;
    this.show();
    this.showShifts();
    clearTimeout(this.later);
    this.later = setTimeout(() => {
      this.later = null;
      this.told = this.way;
      this.send("way", this.way);
    }, CALM);
  }

  // ---- the answer

  // One answer for each picture on the screen, however fast the pen reports.
  schedule(ended) {
    this.turn = {}; // what is being computed for the map of shifts is old now
    if (this.shifts) this.part(".shifts").style.opacity = 0.35;
    this.ended ||= ended;
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.update(this.ended);
      this.ended = false;
    });
  }

  update(ended) {
    const start = performance.now();
    this.ink = inkOf(this.pad.strokes);
    this.see();
    this.show();
    this.host.dataset.took = (performance.now() - start).toFixed(2);
    if (ended) this.planShifts();
  }

  see() {
    const { frame } = this.header;
    this.pictures = { centred: centred(this.ink, frame), drawn: asDrawn(this.ink, frame) };
    this.outputs = Object.fromEntries(WAYS.map((way) => [way, this.network.run(this.pictures[way])]));
    const answers = () => Object.fromEntries(WAYS.map((way) => [way, softmax(this.outputs[way].at(-1).values)]));
    this.probabilities = this.ink.some((share) => share > 0) ? answers() : null;
  }

  show() {
    this.answer.show(this.way, this.header.input.rows, this.pictures, this.probabilities, this.labels);
    this.strips.show(shownMaps(this.network, this.outputs[this.way]), this.labels, this.palettes);
    this.host.dataset.way = this.way;
  }

  // ---- shifts

  planShifts() {
    const turn = (this.turn = {});
    this.tellWork(this.probabilities ? 0 : null);
    clearTimeout(this.calm);
    this.calm = setTimeout(() => this.computeShifts(turn), CALM);
  }

  async computeShifts(turn) {
    const isOld = () => turn !== this.turn;
    if (isOld()) return;
    this.shifts = this.probabilities && (await bothMaps(this.ink, this.header.frame, this.network, isOld, (share) => this.tellWork(share)));
    if (isOld()) return;
    this.tellWork(null);
    this.showShifts();
    this.host.dataset.shifted = this.shifts ? "yes" : "empty";
  }

  // How far the maps are, over the old ones; null when nothing is to come.
  tellWork(share) {
    const working = this.part(".working");
    working.hidden = share === null;
    if (share === null) return;
    working.querySelector("span").textContent = this.labels.working;
    working.querySelector("progress").value = share;
    if (this.shifts) this.part(".shifts").style.opacity = 0.35;
  }

  showShifts() {
    const { labels, shifts } = this;
    const canvas = this.part(".shifts");
    const values = { reach: REACH, way: labels.ways[this.way] };
    this.part(".shifts-title").textContent = fill(labels.shifts, values);
    canvas.setAttribute("aria-label", fill(labels.shifts_image, values));
    canvas.style.opacity = shifts ? 1 : 0; // its place is kept
    this.part(".stays").textContent = "";
    if (!shifts) return;
    const answerOf = (way) => this.unshifted(way);
    paintShifts(canvas, shifts[this.way], answerOf(this.way), this.palettes.sequential);
    this.point(null);
    this.part(".stays").replaceChildren(...WAYS.map((way) => Object.assign(document.createElement("span"), {
      textContent: fill(labels.stays, { way: labels.ways[way], answer: answerOf(way), count: countOf(shifts[way], answerOf(way)), total: shifts[way].length }),
    })));
  }

  // The answer in the middle of the map.
  unshifted(way) {
    return indexOfLargest(this.shifts[way][REACH * ACROSS + REACH]);
  }

  point(event) {
    if (!this.shifts) return;
    const text = this.part(".cell");
    if (!event) return void (text.textContent = fill(this.labels.colour, { answer: this.unshifted(this.way) }));
    const box = event.target.getBoundingClientRect();
    const cell = (part) => Math.min(Math.max(Math.floor(part * ACROSS), 0), ACROSS - 1);
    const [column, row] = [cell((event.clientX - box.left) / box.width), cell((event.clientY - box.top) / box.height)];
    const found = this.shifts[this.way][row * ACROSS + column];
    const values = { right: formatNumber(column - REACH, 0), down: formatNumber(row - REACH, 0), answer: indexOfLargest(found), share: percent(Math.max(...found)) };
    text.textContent = fill(this.labels.cell, values);
  }
}
