// Before and after, with the pixel lens. Python sends the filtered picture and the recipe (see viewer.py);
// everything that follows the pointer happens here.

const DEAR = 2e6; // multiply-adds for one pixel from which the lens waits until the pointer rests
const TOO_DEAR = 2e7; // and from which it does without: a fifth of a second for one number
const MARKUP = `
  <div class="bar" role="toolbar">
    <span class="choice modes"><button data-mode="side"></button><button data-mode="divider"></button></span>
    <span class="choice zoom"><button data-zoom="out">\u2212</button><button data-zoom="fit"></button><button data-zoom="in">+</button></span>
    <span class="choice units"><button data-unit="1">0\u20131</button><button data-unit="255">0\u2013255</button></span>
    <span class="choice channels"></span>
    <span class="choice steps"></span>
    <span class="colourbar"><span class="low"></span><canvas width="255" height="1"></canvas><span class="high"></span></span>
  </div>
  <div class="stage" tabindex="0" role="application" data-mode="side">
    <div class="pane before"><canvas></canvas><canvas class="marks"></canvas><span class="name"></span></div>
    <div class="pane after"><canvas></canvas><canvas class="marks"></canvas><span class="name"></span></div>
    <div class="divider" role="slider" aria-valuemin="0" aria-valuemax="100" aria-valuenow="50" tabindex="-1"></div>
  </div>
  <div class="lens">
    <div class="title" aria-live="polite"></div>
    <div class="grids">
      <figure><canvas></canvas><figcaption></figcaption></figure><span class="sign"></span>
      <figure><canvas></canvas><figcaption></figcaption></figure><span class="sign"></span>
      <figure><canvas></canvas><figcaption></figcaption></figure>
      <div class="sum"></div>
    </div>
    <div class="detail"></div>
  </div>`;

class Viewer {
  constructor(parent) {
    this.root = parent;
    const host = document.createElement("div");
    host.className = "viewer";
    host.innerHTML = MARKUP;
    parent.appendChild(host);
    this.host = host;
    this.pixel = null;
    this.pinned = false;
    this.channel = 0;
    this.shownStep = 0;
    this.unit = 1;
    this.lens = new Lens(host);
    this.stage = new Stage(host, {
      onPixel: (pixel) => !this.pinned && this.look(pixel),
      onPin: () => this.pin(!this.pinned),
      onRegion: (region) => this.send("region", [region.y, region.x, region.rows, region.columns]),
      onSettled: () => this.scheduleCloseUp(),
      isFocused: () => parent.activeElement === this.stage.element,
    });
    host.addEventListener("click", (event) => this.press(event.target.closest("button")));
    this.stage.element.addEventListener("keydown", (event) => this.key(event));
    this.onPicture = () => this.apply();
    addEventListener("cnnviz-picture", this.onPicture);
    this.resize = new ResizeObserver(() => this.width !== host.clientWidth && this.refresh());
    this.resize.observe(host);
  }

  destroy() {
    removeEventListener("cnnviz-picture", this.onPicture);
    this.resize.disconnect();
    this.stage.destroy();
  }

  // ---- new data

  async receive(data, send) {
    this.send = send;
    const message = unpack(data);
    this.message = message;
    const [encoded, palette] = message.blobs;
    const after = await createImageBitmap(new Blob([encoded], { type: message.header.display.mime }));
    if (this.message !== message) return; // a newer picture has arrived meanwhile
    this.ready = { ...message.header, after, palette };
    await this.apply();
  }

  async apply() {
    const picture = globalThis.cnnvizPictures?.get(this.ready?.digest);
    if (!picture) return;
    const { ready } = this;
    const subject = `${ready.digest} ${JSON.stringify(ready.match)}`;
    if (this.subject !== subject && !this.pinned) this.pixel = null;
    this.subject = subject;
    const chain = new Chain(picture, ready.plan);
    const before = await this.before(picture, ready.plan.luminance);
    if (ready !== this.ready) return;
    this.chain = chain;
    this.shownStep = Math.min(this.followLast ?? true ? Infinity : this.shownStep, chain.steps.length);
    if (this.pixel === null && ready.pixel) [this.pixel, this.pinned] = [{ row: ready.pixel[0], column: ready.pixel[1] }, true];
    this.label();
    this.stage.selecting = ready.selecting;
    this.stage.limit = ready.match?.limit ?? Infinity;
    this.stage.setPictures(before, ready.after, picture, ready.output);
    this.look(this.pixel ?? { row: ready.start[0], column: ready.start[1] });
    // The stage draws in the next frame; when that is over, the picture is on screen.
    requestAnimationFrame(() => setTimeout(() => (this.host.dataset.painted = ready.key)));
  }

  async before(picture, luminanceOnly) {
    const key = `${picture.digest} ${luminanceOnly}`;
    if (this.beforeKey !== key) [this.beforeKey, this.beforeBitmap] = [key, inputBitmap(picture, luminanceOnly)];
    return this.beforeBitmap;
  }

  label() {
    const { labels, display, plan } = this.ready;
    const text = (selector, value) => (this.host.querySelector(selector).textContent = value);
    text('[data-mode="side"]', labels.side);
    text('[data-mode="divider"]', labels.divider);
    text('[data-zoom="fit"]', labels.fit);
    this.host.querySelector('[data-zoom="in"]').setAttribute("aria-label", labels.zoomIn);
    this.host.querySelector('[data-zoom="out"]').setAttribute("aria-label", labels.zoomOut);
    this.host.querySelector(".units").hidden = Boolean(this.ready.match);
    text(".before .name", labels.before);
    text(".after .name", labels.after);
    document.documentElement.lang = labels.language; // Streamlit leaves it at "en": screen readers would mispronounce
    this.stage.element.setAttribute("aria-label", labels.stage);
    this.stage.handle.setAttribute("aria-label", labels.divider);
    const channels = this.channelNames();
    if (this.channel >= channels.length) this.channel = 0;
    this.buttons(".channels", channels.length > 1 ? channels : [], "channel", this.channel);
    const steps = plan.steps.map((step, i) => `${i + 1}`);
    this.buttons(".steps", steps.length > 1 ? steps : [], "step", this.shownStep - 1, labels.step);
    this.mark(".modes", (button) => button.dataset.mode === this.stage.mode);
    this.mark(".units", (button) => Number(button.dataset.unit) === this.unit);
    this.drawColourBar(display);
  }

  channelNames() {
    const { labels, match } = this.ready;
    if (match || this.chain.channels(this.shownStep - 1) === 1 || this.chain.steps[this.shownStep - 1]?.kind === "gradient") return [""];
    return labels.channels.slice(0, this.chain.isLinear(this.shownStep) ? 4 : 3);
  }

  buttons(selector, names, key, chosen, title = "") {
    const box = this.host.querySelector(selector);
    const old = [...box.querySelectorAll("button")];
    if (old.length === names.length && old.every((button, i) => button.textContent === names[i])) {
      old.forEach((button, i) => button.setAttribute("aria-pressed", i === chosen)); // keeps the keyboard's focus
      return;
    }
    box.replaceChildren(...names.map((name, i) => {
      const button = Object.assign(document.createElement("button"), { textContent: name });
      button.dataset[key] = i;
      button.setAttribute("aria-pressed", i === chosen);
      return button;
    }));
    if (names.length && title) box.prepend(Object.assign(document.createElement("span"), { textContent: title, className: "caption" }));
  }

  mark(selector, isChosen) {
    for (const button of this.host.querySelectorAll(`${selector} button`)) button.setAttribute("aria-pressed", isChosen(button));
  }

  // What the colours of the result mean, in numbers.
  drawColourBar({ mode, low, high, clipsLow, clipsHigh }) {
    const bar = this.host.querySelector(".colourbar");
    const bound = (value, clips, sign) => `${clips ? `${sign} ` : ""}${formatNumber(value, 2)}`;
    bar.querySelector(".low").textContent = mode === "hue" ? this.ready.labels.hueLow : bound(low, clipsLow, "\u2264");
    bar.querySelector(".high").textContent = mode === "hue" ? this.ready.labels.hueHigh : bound(high, clipsHigh, "\u2265");
    const context = bar.querySelector("canvas").getContext("2d");
    for (let i = 0; i < 255; i++) {
      const colour = mode === "signed" ? css([0, 1, 2].map((c) => this.ready.palette[3 * i + c])) : mode === "hue" ? `hsl(${(i / 255) * 360} 100% 50%)` : css(greyColour(i / 254));
      context.fillStyle = colour;
      context.fillRect(i, 0, 1, 1);
    }
  }

  // ---- the lens

  look(pixel) {
    if (!this.chain) return;
    const { output } = this.ready;
    this.pixel = { row: Math.min(pixel.row, output.rows - 1), column: Math.min(pixel.column, output.columns - 1) };
    cancelAnimationFrame(this.frame);
    clearTimeout(this.rest);
    this.stage.setFrames(this.framesOf(this.pixel));
    const write = () => this.write();
    if (this.chain.cost(this.shownStep) > DEAR) this.rest = setTimeout(write, 90);
    else this.frame = requestAnimationFrame(write);
  }

  framesOf({ row, column }) {
    const { match } = this.ready;
    const cell = { ...this.stage.outputCell(row, column) };
    if (match) {
      const box = (r, c, colour) => ({ x: c, y: r, columns: match.columns, rows: match.rows, colour });
      return { before: [box(match.row, match.column, "#35d07f"), box(match.peak[0], match.peak[1], "#4cc9ff"), box(row, column)], after: [cell] };
    }
    const field = this.chain.receptiveField(row, column);
    const box = { x: field.left, y: field.top, columns: field.right - field.left + 1, rows: field.bottom - field.top + 1 };
    const frames = [{ ...box, dashed: this.chain.steps.length > 1 }];
    const step = this.chain.steps[0];
    if (this.chain.steps.length === 1 && step.rows.dilation * step.columns.dilation > 1 && step.rows.length * step.columns.length < 200) {
      for (let i = 0; i < step.rows.length; i++) {
        for (let j = 0; j < step.columns.length; j++) {
          frames.push({ x: field.left + j * step.columns.dilation, y: field.top + i * step.rows.dilation, columns: 1, rows: 1, dashed: true });
        }
      }
    }
    return { before: frames, after: [cell] };
  }

  // The pixel of step n that is looked at: the one in the middle of what the final pixel depends on.
  pixelOfStep(n) {
    if (n === this.chain.steps.length) return this.pixel;
    let { row, column } = this.pixel;
    for (const step of this.chain.steps.slice(n).reverse()) {
      const follow = (index, axis) => Math.min(Math.max(index * axis.stride - axis.before + Math.floor((axis.length - 1) / 2) * axis.dilation, 0), axis.size - 1);
      [row, column] = [follow(row, step.rows), follow(column, step.columns)];
    }
    return { row, column };
  }

  write() {
    const { labels, match, palette, plan } = this.ready;
    if (match) return this.writeMatch();
    const n = this.shownStep;
    if (this.chain.cost(n) > TOO_DEAR) return this.lens.say(labels.tooDear);
    if (!this.chain.isLocal(n)) return this.lens.say(labels.notLocal);
    const { row, column } = this.pixelOfStep(n);
    const names = this.channelNames();
    const channelOf = (i) => (names.length === 1 ? 0 : i);
    const window = this.chain.window(n, row, column, channelOf(this.channel));
    const others = names.length > 1 && this.chain.cost(n) <= DEAR
      ? names.slice(0, 3).map((name, i) => ({ name, value: this.chain.window(n, row, column, i).result, shown: i === this.channel }))
      : [];
    const place = labels.pixel.replace("{row}", row + 1).replace("{column}", column + 1);
    const title = [place, names[this.channel], plan.steps.length > 1 ? plan.steps[n - 1].title : "", this.pinned ? labels.pinned : ""];
    const middle = window.step.kind === "median" ? medianPlace(window.patch) : undefined;
    const signed = n > 1 && window.patch.some((value) => value < 0);
    this.present({ window, labels, palette, signed, middle, others, title: title.filter(Boolean).join(" \u00b7 ") }, { row, column, step: n });
  }

  writeMatch() {
    const { labels, match, palette } = this.ready;
    const { row, column } = this.pixel;
    const patchAt = (top, left) => {
      const rows = Int32Array.from({ length: match.rows }, (_, i) => top + i);
      const columns = Int32Array.from({ length: match.columns }, (_, i) => left + i);
      return normalised(this.chain.pictureValues(rows, columns, ALL_CHANNELS));
    };
    const [patch, weights] = [patchAt(row, column), patchAt(match.row, match.column)];
    const step = { kind: "linear", rows: { length: match.rows }, columns: { length: match.columns } };
    const window = { step, patch, weights, outside: new Uint8Array(patch.length), result: dot(weights, patch) };
    const place = labels.window.replace("{row}", row + 1).replace("{column}", column + 1);
    this.present({ window, labels, palette, signed: true, others: [], title: this.pinned ? `${place} \u00b7 ${labels.pinned}` : place }, { row, column, step: 1 });
  }

  present(look, place) {
    this.lens.unit = this.ready.match ? 1 : this.unit; // scores have no unit
    this.lens.show(look);
    // What is on screen, for assistive scripts and tests.
    this.host.lens = { ...place, channel: this.channel, patch: look.window.patch, weights: look.window.weights, outside: look.window.outside, result: look.window.result };
    this.host.dataset.lens = `${place.row},${place.column}`;
  }

  // ---- controls

  press(button) {
    if (!button) return;
    const { mode, zoom, unit, channel, step } = button.dataset;
    if (mode) this.stage.setMode(mode);
    if (zoom === "in") this.zoom(KEY_ZOOM);
    if (zoom === "out") this.zoom(1 / KEY_ZOOM);
    if (zoom === "fit") this.stage.fit();
    if (unit) this.unit = Number(unit);
    if (channel) this.channel = Number(channel);
    if (step) [this.shownStep, this.followLast] = [Number(step) + 1, Number(step) + 1 === this.chain.steps.length];
    this.label();
    this.refresh();
  }

  // Zoom around the pixel of the lens, so that it stays in view.
  zoom(factor) {
    const cell = this.stage.outputCell(this.pixel.row, this.pixel.column);
    const at = this.stage.screen(cell.x + cell.columns / 2, cell.y + cell.rows / 2);
    this.stage.zoom(factor, at.x, at.y);
    this.stage.reveal(this.pixel);
  }

  refresh() {
    this.width = this.host.clientWidth;
    if (this.pixel) this.look(this.pixel);
  }

  pin(pinned) {
    this.pinned = pinned;
    this.send("pixel", pinned ? [this.pixel.row, this.pixel.column] : []);
    this.refresh();
  }

  key(event) {
    if (event.target.matches(".divider")) return this.dividerKey(event);
    const far = event.shiftKey ? 10 : 1;
    const moves = { ArrowUp: [-far, 0], ArrowDown: [far, 0], ArrowLeft: [0, -far], ArrowRight: [0, far] };
    const move = moves[event.key];
    if (move) {
      const { output } = this.ready;
      const bound = (value, count) => Math.min(Math.max(value, 0), count - 1);
      this.look({ row: bound(this.pixel.row + move[0], output.rows), column: bound(this.pixel.column + move[1], output.columns) });
      this.stage.reveal(this.pixel);
    } else if (event.key === "+" || event.key === "=") this.zoom(KEY_ZOOM);
    else if (event.key === "-") this.zoom(1 / KEY_ZOOM);
    else if (event.key === "0") this.stage.fit();
    else if (event.key === "Enter") this.pin(!this.pinned);
    else if (event.key === "Escape" && this.pinned) this.pin(false);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  dividerKey(event) {
    const step = { ArrowLeft: -0.05, ArrowRight: 0.05 }[event.key];
    if (!step) return;
    this.stage.moveDivider(this.stage.divider + step);
    event.preventDefault();
  }

  // ---- exact close-up once panning and zooming have come to rest

  scheduleCloseUp() {
    clearTimeout(this.closeUpTimer);
    if (!this.chain || this.ready.match) return;
    this.closeUpTimer = setTimeout(async () => {
      const { ready, stage } = this;
      const near = await closeUp(this.chain, stage, ready);
      if (ready !== this.ready) return;
      const pane = stage.panes[1];
      if (near === null && pane.closeUp === null) return;
      pane.closeUp = near;
      stage.paint(pane);
      this.host.dataset.closeUp = near ? `${near.bitmap.width}x${near.bitmap.height}` : "";
    }, 140);
  }
}

// Which cell of the patch holds the median.
function medianPlace(patch) {
  const median = Float64Array.from(patch).sort()[(patch.length - 1) / 2];
  return patch.indexOf(median);
}

export default function ({ data, parentElement, setTriggerValue }) {
  const viewer = (parentElement.viewer ??= new Viewer(parentElement));
  viewer.receive(data, setTriggerValue);
  return () => {
    if (parentElement.isConnected) return;
    viewer.destroy();
    delete parentElement.viewer;
  };
}
