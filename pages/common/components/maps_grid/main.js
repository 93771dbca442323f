// All channels of one layer: sorted, on one scale, walked through by keys.

const NARROW_GRID = 640; // pixels of the component: what is beside the grid goes below it
const OTHER_GRID_LINES = 290; // pixels of a screen that are not the grid
const SMALLEST_BOX = 260;
const FINGER = 26; // pixels of the smallest tile that a finger hits
const GRID_MARKUP = `
  <div class="bar">
    <button type="button" data-act="up">↑</button><button type="button" data-act="before">‹</button>
    <button type="button" data-act="after">›</button>
    <span class="step"><b></b> <span></span></span>
    <label class="sort"><span></span><select></select></label>
    <label class="scaled"><span></span><select></select></label>
    <button type="button" data-act="dead"></button>
  </div>
  <div class="body"><div class="box"><div class="pane"><canvas tabindex="0"></canvas><div class="mark chosen"></div><div class="mark pointed"></div></div></div></div>
  <p class="said" role="status"></p>`;

class MapsGrid {
  constructor(parent) {
    this.host = Object.assign(element("div", "maps-grid"), { innerHTML: GRID_MARKUP });
    this.host.grid = this;
    parent.append(this.host);
    this.part = (selector) => this.host.querySelector(selector);
    this.canvas = this.part(".pane canvas");
    this.sheet = new Sheet(this.canvas);
    this.aside = new Aside();
    this.part(".body").append(this.aside.host);
    Object.assign(this, { choices: new Choices(), channel: 0, pointed: null, turn: 0 });
    this.listen();
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.host);
  }

  destroy() {
    this.observer.disconnect();
  }

  listen() {
    this.host.addEventListener("click", (event) => this.act(event.target.closest("button")));
    this.host.addEventListener("change", () => this.chooseView());
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => this.point(null));
    this.canvas.addEventListener("click", (event) => this.click(event));
  }

  receive({ header, blobs }, send) {
    this.send = send;
    Object.assign(this, { labels: header.labels, header });
    this.palettes = palettesOf(blobs[1].slice(), blobs[2].slice());
    this.layer = layerOf(unpack(blobs[0]));
    this.look(header.view);
    this.channel = Math.min(this.channel, this.layer.count - 1);
    this.pointed = null;
    this.turn++;
    this.words();
    this.recolour();
    this.host.dataset.painted = this.turn;
    if (this.turn === 1) enterLevel(this.canvas);
  }

  look(view) {
    if (!this.choices.isNew(view)) return;
    Object.assign(this, { channel: view.channel, sort: view.sort, scaled: view.scale, wantsDead: view.dead });
  }

  words() {
    const { labels, header, layer } = this;
    this.canvas.setAttribute("aria-label", told(labels.grid, { step: header.step }));
    this.part(".step b").textContent = header.step;
    this.part(".step span").textContent = `${shapeText(layer.shape)} · ${header.kind}`;
    for (const act of ["up", "before", "after"]) {
      const button = this.part(`[data-act=${act}]`);
      button.title = labels[act];
      button.setAttribute("aria-label", labels[act]);
      button.disabled = act !== "up" && !header.leads[act];
    }
    this.options(".sort", labels.sort, "sort", ["index", ...SORTABLE.filter((name) => layer.numbers[name] || (name === "difference" && header.tells))], this.sort);
    this.options(".scaled", labels.scale, "scale", ["layer", "channel", "network"], this.scaled);
    const dead = this.part("[data-act=dead]");
    const count = layer.dead.reduce((sum, each) => sum + each, 0);
    this.hasDead = count > 0;
    dead.textContent = count ? told(labels.dead, { count }) : labels.dead_none;
    dead.disabled = !count;
    dead.setAttribute("aria-pressed", this.only);
  }

  options(selector, label, kind, names, chosen) {
    this.part(`${selector} span`).textContent = label;
    this.part(`${selector} select`).replaceChildren(...names.map((name) => new Option(this.labels[`${kind}_${name}`], name, false, name === chosen)));
  }

  // ---- what is shown

  chooseView() {
    [this.sort, this.scaled] = [".sort", ".scaled"].map((label) => this.part(`${label} select`).value);
    this.recolour();
    this.tell();
  }

  // Dead channels alone, as far as the layer has any; the wish stays for the next one.
  get only() {
    return this.wantsDead && this.hasDead;
  }

  tell() {
    if (!this.header.tells) return;
    const view = { channel: this.channel, sort: this.sort, scale: this.scaled, dead: this.wantsDead };
    this.choices.chose(view);
    this.send("view", view);
  }

  scale(channel) {
    const { low, high, lowest, highest } = this.layer;
    if (this.scaled === "channel") return scaleOf(low[channel], high[channel]);
    const end = this.header.network;
    return this.scaled === "network" ? scaleOf(lowest < 0 ? -end : 0, end) : scaleOf(lowest, highest);
  }

  recolour() {
    const shared = this.scaled === "channel" ? null : this.scale(0);
    this.sheet.colour(this.layer, this.palettes, (channel) => shared ?? this.scale(channel));
    this.layout();
  }

  // Differences are there once another picture has gone through the network; until then channels come by number.
  order() {
    const by = this.layer.numbers[this.sort];
    const all = range(this.layer.count).filter((channel) => !this.only || this.layer.dead[channel]);
    return by ? all.sort((a, b) => by[b] - by[a] || a - b) : all;
  }

  layout() {
    const width = this.host.clientWidth;
    if (!this.layer || !width) return;
    this.host.classList.toggle("narrow", width < NARROW_GRID);
    const height = Math.max(SMALLEST_BOX, innerHeight - OTHER_GRID_LINES);
    this.host.style.setProperty("--box", `${height}px`);
    const smallest = matchMedia("(pointer: coarse)").matches ? FINGER : SMALLEST_SIDE;
    const order = this.order();
    if (!order.includes(this.channel)) this.channel = order[0];
    const box = this.part(".box");
    this.sheet.draw(order, box.clientWidth - 6, height - 6, smallest);
    this.mark();
  }

  // ---- the selected channel

  get shown() {
    return this.pointed ?? this.channel;
  }

  mark() {
    for (const [name, channel] of [["chosen", this.channel], ["pointed", this.pointed]]) {
      const mark = this.part(`.${name}`);
      const i = channel === null ? -1 : this.sheet.order.indexOf(channel);
      mark.hidden = i < 0;
      if (i < 0) continue;
      const [left, top] = this.sheet.at(i);
      Object.assign(mark.style, { left: `${left}px`, top: `${top}px`, width: `${this.sheet.places.side}px`, height: `${this.sheet.places.side}px` });
    }
    this.host.dataset.channel = this.channel;
    this.aside.show(this, this.shown, this.scale(this.shown));
    this.part(".said").textContent = this.said(this.shown);
  }

  said(channel) {
    const { mean, maximum, zeros } = this.layer.numbers;
    const values = { mean: short(mean[channel]), maximum: short(maximum[channel]), zeros: percent(zeros[channel], 1) };
    return told(this.labels.said, { number: channel, ...values });
  }

  choose(channel) {
    this.channel = channel;
    this.pointed = null;
    this.mark();
    this.part(".chosen").scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  point(event) {
    const i = event ? this.sheet.placeAt(event) : -1;
    this.pointed = i < 0 ? null : this.sheet.order[i];
    this.mark();
  }

  // A mouse has shown what it points at already; a finger shows first and opens with the second tap.
  click(event) {
    const i = this.sheet.placeAt(event);
    if (i < 0) return;
    const channel = this.sheet.order[i];
    const opens = event.pointerType !== "touch" || channel === this.channel;
    this.choose(channel);
    if (opens) this.open();
  }

  open() {
    leaveLevel();
    this.send("open", { channel: this.channel });
  }

  up() {
    leaveLevel();
    this.send("up", this.channel + 1);
  }

  turnTo(by) {
    if (!this.header.leads[by < 0 ? "before" : "after"]) return;
    this.send("layer", { by, channel: this.channel });
  }

  act(button) {
    if (!button) return;
    if (button.className === "open") return this.open();
    if (button.dataset.act === "dead") {
      this.wantsDead = !this.wantsDead;
      button.setAttribute("aria-pressed", this.only);
      this.layout();
      return this.tell();
    }
    if (button.dataset.act === "up") return this.up();
    this.turnTo(button.dataset.act === "before" ? -1 : 1);
  }

  key(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const at = this.sheet.order.indexOf(this.channel);
    const { across } = this.sheet.places;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across, Home: -at, End: this.sheet.order.length - 1 - at };
    const acts = {
      Enter: () => this.open(),
      " ": () => this.open(),
      Escape: () => this.up(),
      PageUp: () => this.turnTo(-1),
      PageDown: () => this.turnTo(1),
      ",": () => this.turnTo(-1),
      ".": () => this.turnTo(1),
    };
    const step = steps[event.key];
    if (step === undefined && !acts[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    if (acts[event.key]) return acts[event.key]();
    if (this.sheet.order[at + step] !== undefined) this.choose(this.sheet.order[at + step]);
  }
}

const SORTABLE = ["mean", "maximum", "variance", "zeros", "difference"];

// What `pack_grid` packed: levels, the numbers that they stand for, statistics, and which channels are dead or broken.
function layerOf({ header, blobs }) {
  const [count] = header.shape;
  const floats = (blob) => new Float32Array(blob.slice().buffer);
  const [ranges, rows] = [floats(blobs[1]), floats(blobs[2])];
  const [low, high] = [ranges.subarray(0, count), ranges.subarray(count)];
  const numbers = Object.fromEntries(header.numbers.map((name, i) => [name, rows.subarray(i * count, (i + 1) * count)]));
  return {
    count, low, high, numbers, shape: header.shape, factor: header.factor, levels: blobs[0], rows: header.size[0], columns: header.size[1],
    lowest: low.reduce((a, b) => Math.min(a, b)), highest: high.reduce((a, b) => Math.max(a, b)),
    dead: blobs[3].slice(0, count), broken: blobs[3].slice(count),
  };
}

export default function ({ data, parentElement, setTriggerValue }) {
  const grid = (parentElement.mapsGrid ??= new MapsGrid(parentElement));
  grid.receive(unpack(data), setTriggerValue);
  return () => {
    if (parentElement.isConnected) return; // only new data
    grid.destroy();
    delete parentElement.mapsGrid;
  };
}
