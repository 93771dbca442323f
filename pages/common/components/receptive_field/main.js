// What a unit of the last layer sees, drawn on the picture: the receptive fields of one unit of every layer, each
// inside the next. Python sends the numbers of every layer once; what follows the pointer happens here.

const STOPS = [[255, 232, 90], [255, 158, 66], [245, 96, 140], [168, 122, 255], [74, 196, 255]]; // bright on a dark rim
const LARGEST_MARGIN = 0.5; // of the picture: how much of the padding is drawn
const SMALLEST_MARGIN = 0.04;
const LARGEST_CANVAS = 460; // CSS pixels
const HATCH = 6;
const SMALL = 1 / 6; // of the picture: fields below it are shown enlarged as well
const LOUPE = 0.42; // of the canvas
const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const MARKUP = `
  <canvas tabindex="0" role="application"></canvas>
  <div class="line" aria-live="polite"></div>
  <ol class="legend"></ol>
  <div class="hint"></div>`;

function colourAt(part) {
  const place = part * (STOPS.length - 1);
  const i = Math.min(Math.floor(place), STOPS.length - 2);
  const mixed = STOPS[i].map((from, channel) => Math.round(from + (STOPS[i + 1][channel] - from) * (place - i)));
  return `rgb(${mixed.join(" ")})`;
}

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
const minus = (number) => String(number).replace("-", "\u2212");

class ReceptiveField {
  constructor(parent) {
    this.host = Object.assign(document.createElement("div"), { className: "field", innerHTML: MARKUP });
    parent.appendChild(this.host);
    this.canvas = this.host.querySelector("canvas");
    this.legend = this.host.querySelector(".legend");
    this.point = [0.5, 0.5]; // of the last layer's map: kept when the layers change
    this.lit = null;
    this.canvas.addEventListener("pointermove", (event) => this.pointAt(event));
    this.canvas.addEventListener("pointerdown", (event) => this.pointAt(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    for (const type of ["pointerover", "pointerleave", "click", "focusin", "focusout"]) {
      this.legend.addEventListener(type, (event) => this.light(event));
    }
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.host);
  }

  destroy() {
    this.observer.disconnect();
    cancelAnimationFrame(this.pending);
    this.bitmap?.close();
  }

  // header: {size, layers: [{name, rows, columns}], labels}; an axis is [field, jump, first, output, stride, offset]
  async receive({ header, blobs }) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const bitmap = await createImageBitmap(new Blob([blobs[0]], { type: "image/jpeg" }));
    if (turn !== this.turn) return bitmap.close();
    this.bitmap?.close();
    [this.bitmap, this.size, this.layers, this.labels] = [bitmap, header.size, header.layers, header.labels];
    this.lit = null;
    this.colours = this.layers.map((_, i) => colourAt(this.layers.length > 1 ? i / (this.layers.length - 1) : 0));
    this.last = this.layers.at(-1);
    this.margin = this.marginNeeded();
    this.unit = [0, 1].map((axis) => this.unitAt(axis, this.point[axis]));
    this.canvas.setAttribute("aria-label", this.labels.canvas);
    this.host.querySelector(".hint").textContent = this.labels.hint;
    this.drawLegend();
    this.layout();
  }

  axis(layer, axis) {
    const [size, jump, first, output, stride, offset] = axis ? layer.columns : layer.rows;
    return { size, jump, first, output, stride, offset };
  }

  // How far the fields of the outermost units reach outside of the picture.
  marginNeeded() {
    const outside = [0, 1].flatMap((axis) => {
      const { size, jump, first, output } = this.axis(this.last, axis);
      return [-first, first + (output - 1) * jump + size - this.size];
    });
    return clamp(Math.max(...outside), SMALLEST_MARGIN * this.size, LARGEST_MARGIN * this.size);
  }

  // ---- which unit

  unitAt(axis, part) {
    const { output } = this.axis(this.last, axis);
    return clamp(Math.floor(part * output), 0, output - 1);
  }

  choose(unit) {
    this.unit = unit;
    this.point = unit.map((index, axis) => (index + 0.5) / this.axis(this.last, axis).output);
    this.schedule();
  }

  // The unit whose field has its centre nearest to the pointer.
  pointAt(event) {
    if (!this.layers) return;
    const box = this.canvas.getBoundingClientRect();
    const at = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    this.choose(at.map((part, axis) => {
      const { size, jump, first, output } = this.axis(this.last, axis);
      const pixel = part * (this.size + 2 * this.margin) - this.margin - 0.5;
      return clamp(Math.round((pixel - first - (size - 1) / 2) / jump), 0, output - 1);
    }));
  }

  key(event) {
    const step = STEPS[event.key];
    if (!step || !this.layers) return;
    event.preventDefault();
    this.choose(this.unit.map((index, axis) => clamp(index + step[axis], 0, this.axis(this.last, axis).output - 1)));
  }

  // For every layer one unit, and the pixels that it sees: down from the chosen one, always to the unit that the
  // middle weight of its window reads, so that every field lies inside the next layer's.
  chain() {
    const found = [];
    let unit = this.unit;
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const axes = [0, 1].map((axis) => this.axis(this.layers[i], axis));
      unit = unit.map((index, axis) => clamp(index, 0, axes[axis].output - 1));
      const spans = axes.map(({ size, jump, first }, axis) => [unit[axis] * jump + first, unit[axis] * jump + first + size - 1]);
      found.unshift({ unit, rows: spans[0], columns: spans[1] });
      unit = unit.map((index, axis) => index * axes[axis].stride + axes[axis].offset);
    }
    return found;
  }

  // ---- drawing

  layout() {
    if (!this.layers || !this.host.clientWidth) return;
    const side = Math.min(this.host.clientWidth, LARGEST_CANVAS);
    const ratio = devicePixelRatio || 1;
    this.canvas.style.width = this.canvas.style.height = `${side}px`;
    this.canvas.width = this.canvas.height = Math.round(side * ratio);
    [this.side, this.ratio] = [side, ratio];
    this.draw();
  }

  schedule() {
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => this.draw());
  }

  // Spans of pixels as a rectangle on the canvas; far beyond its edge nothing is drawn anyway.
  box({ rows, columns }) {
    const { top, left, scale, x, y } = this.view;
    const [y0, y1] = [rows[0], rows[1] + 1].map((pixel) => clamp(y + (pixel - top) * scale, -this.side, 2 * this.side));
    const [x0, x1] = [columns[0], columns[1] + 1].map((pixel) => clamp(x + (pixel - left) * scale, -this.side, 2 * this.side));
    return [x0, y0, x1 - x0, y1 - y0];
  }

  draw() {
    if (!this.bitmap) return;
    const context = this.canvas.getContext("2d");
    const fields = this.chain();
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.side, this.side);
    this.view = { top: -this.margin, left: -this.margin, scale: this.side / (this.size + 2 * this.margin), x: 0, y: 0 };
    this.scene(context, fields);
    this.loupe(context, fields);
    this.say(fields);
  }

  scene(context, fields) {
    const picture = this.box({ rows: [0, this.size - 1], columns: [0, this.size - 1] });
    const largest = this.box(fields.at(-1));
    context.drawImage(this.bitmap, ...this.place());
    this.veil(context, picture, largest);
    this.hatch(context, picture, largest);
    for (let i = fields.length - 1; i >= 0; i--) this.frame(context, picture, this.box(fields[i]), i);
    this.tags(context, fields);
  }

  // The picture lies at its own scale, although `box` cuts what is far outside.
  place() {
    const { top, left, scale, x, y } = this.view;
    return [x - left * scale, y - top * scale, this.size * scale, this.size * scale];
  }

  // Small fields are drawn once more, enlarged, in the corner furthest from them.
  loupe(context, fields) {
    const { rows, columns } = fields.at(-1);
    const span = Math.max(rows[1] - rows[0], columns[1] - columns[0]) + 1;
    if (span > SMALL * this.size) return;
    const shown = Math.max(1.5 * span, 7);
    const side = LOUPE * this.side;
    const middle = [rows, columns].map(([from, to]) => (from + to + 1) / 2);
    const [y, x] = middle.map((pixel) => (pixel < this.size / 2 ? this.side - side - 2 : 2));
    this.view = { top: middle[0] - shown / 2, left: middle[1] - shown / 2, scale: side / shown, x, y };
    context.save();
    context.beginPath();
    context.rect(x, y, side, side);
    context.clip();
    context.fillStyle = getComputedStyle(this.canvas).backgroundColor;
    context.fillRect(x, y, side, side);
    context.imageSmoothingEnabled = false; // pixels are meant
    this.scene(context, fields);
    context.restore();
    context.strokeStyle = getComputedStyle(this.host).color;
    context.lineWidth = 2;
    context.strokeRect(x, y, side, side);
  }

  // What the unit does not see is darker.
  veil(context, picture, seen) {
    const path = new Path2D();
    path.rect(...picture);
    const outside = new Path2D();
    outside.rect(0, 0, this.side, this.side);
    outside.rect(...seen);
    context.save();
    context.clip(outside, "evenodd");
    context.fillStyle = "rgba(0, 0, 0, 0.42)";
    context.fill(path);
    context.restore();
  }

  // What it sees outside of the picture is padding.
  hatch(context, picture, seen) {
    const outside = new Path2D();
    outside.rect(0, 0, this.side, this.side);
    outside.rect(...picture);
    const field = new Path2D();
    field.rect(...seen);
    context.save();
    context.clip(field);
    context.clip(outside, "evenodd");
    context.strokeStyle = getComputedStyle(this.host).color;
    context.globalAlpha = 0.4;
    context.lineWidth = 1;
    context.beginPath();
    for (let x = -this.side; x < this.side; x += HATCH) {
      context.moveTo(x, this.side);
      context.lineTo(x + this.side, 0);
    }
    context.stroke();
    context.restore();
  }

  // Solid on the picture, dashed outside.
  frame(context, picture, box, i) {
    const dimmed = this.lit !== null && this.lit !== i;
    const path = new Path2D();
    path.rect(...box);
    const stroke = () => {
      context.strokeStyle = "rgba(0, 0, 0, 0.6)";
      context.lineWidth = this.lit === i ? 5.5 : 3.5;
      context.stroke(path);
      context.strokeStyle = this.colours[i];
      context.lineWidth = this.lit === i ? 3.5 : 1.8;
      context.stroke(path);
    };
    context.save();
    context.globalAlpha = dimmed ? 0.25 : 1;
    const outside = new Path2D();
    outside.rect(0, 0, this.side, this.side);
    outside.rect(...picture);
    context.save();
    context.clip(outside, "evenodd");
    context.setLineDash([5, 4]);
    stroke();
    context.restore();
    const inside = new Path2D();
    inside.rect(...picture);
    context.clip(inside);
    stroke();
    context.restore();
  }

  // The number of the layer and the size of its field, where there is room for it.
  tags(context, fields) {
    const taken = [];
    context.font = `600 12px ${getComputedStyle(this.host).fontFamily}`;
    context.textBaseline = "middle";
    const order = fields.map((_, i) => i).reverse();
    if (this.lit !== null) order.unshift(...order.splice(order.indexOf(this.lit), 1));
    for (const i of order) {
      const { size } = this.axis(this.layers[i], 0);
      const text = `${i + 1}: ${size}`;
      const width = context.measureText(text).width + 8;
      const [left, top, boxWidth] = this.box(fields[i]);
      const x = clamp(left, 0, this.side - width);
      const y = clamp(top, 0, this.side - 16);
      const free = taken.every((other) => x + width < other.x || other.x + other.width < x || Math.abs(y - other.y) > 16);
      if ((boxWidth < width + 4 || !free) && this.lit !== i) continue;
      taken.push({ x, y, width });
      context.fillStyle = this.colours[i];
      context.fillRect(x, y, width, 16);
      context.fillStyle = "#111";
      context.fillText(text, x + 4, y + 8.5);
    }
  }

  say(fields) {
    const { unit, rows, columns } = fields.at(-1);
    const axes = [0, 1].map((axis) => this.axis(this.last, axis));
    const within = [rows, columns].map(([from, to]) => Math.max(0, Math.min(to, this.size - 1) - Math.max(from, 0) + 1));
    const share = 1 - (within[0] * within[1]) / (axes[0].size * axes[1].size);
    this.host.querySelector(".line").textContent = fill(this.labels.line, {
      row: unit[0], column: unit[1], rows: axes[0].output, columns: axes[1].output,
      top: minus(rows[0]), bottom: minus(rows[1]), left: minus(columns[0]), right: minus(columns[1]),
      padding: Math.round(100 * share),
    });
    this.host.dataset.unit = unit.join(",");
    this.host.dataset.regions = JSON.stringify(fields.map((each) => [...each.rows, ...each.columns]));
  }

  // ---- legend

  drawLegend() {
    this.legend.replaceChildren(...this.layers.map((layer, i) => {
      const item = document.createElement("li");
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.dataset.layer = i;
      const swatch = Object.assign(document.createElement("span"), { className: "swatch" });
      swatch.style.background = this.colours[i];
      const [rows, columns] = [layer.rows[0], layer.columns[0]];
      button.append(swatch, `${i + 1} ${layer.name}: `, Object.assign(document.createElement("b"), { textContent: `${rows} × ${columns}` }));
      item.append(button);
      return item;
    }));
  }

  // A layer that is pointed at, focused or tapped stands out.
  light(event) {
    const layer = event.target.closest?.("button")?.dataset.layer;
    const leaving = event.type === "pointerleave" || event.type === "focusout";
    const lit = leaving || layer === undefined ? null : Number(layer);
    if (lit === this.lit) return;
    this.lit = lit;
    this.schedule();
  }
}

export default function ({ data, parentElement }) {
  const field = (parentElement.receptiveField ??= new ReceptiveField(parentElement));
  field.receive(unpack(data));
  return () => {
    if (parentElement.isConnected) return;
    field.destroy();
    delete parentElement.receptiveField;
  };
}
