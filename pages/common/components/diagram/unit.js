// The picture with the pixels that one unit of the chosen layer sees.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const LARGEST_MARGIN = 0.3; // of the picture: how much of the padding is drawn
const SMALLEST_MARGIN = 0.05;
const HATCH = 7;
const SMALL_FIELD = 1 / 7; // of the picture: fields below it are shown enlarged as well
const LOUPE = 0.42; // of the canvas
const LARGEST_CANVAS = 250; // CSS pixels

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));

class UnitPicture {
  // size: rows and columns of the picture
  constructor(size, jpeg, parent) {
    this.size = size;
    this.host = Object.assign(document.createElement("div"), { className: "unit", innerHTML: '<canvas tabindex="0" role="application"></canvas><div class="line" aria-live="polite"></div>' });
    parent.append(this.host);
    this.canvas = this.host.querySelector("canvas");
    this.point = [0.5, 0.5]; // of the layer's map: kept from layer to layer
    for (const type of ["pointermove", "pointerdown"]) this.canvas.addEventListener(type, (event) => this.pointAt(event));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.load(jpeg);
  }

  async load(jpeg) {
    this.bitmap = await createImageBitmap(new Blob([jpeg], { type: "image/jpeg" }));
    if (this.gone) return this.bitmap.close();
    this.resize();
  }

  destroy() {
    this.gone = true;
    this.host.remove();
    cancelAnimationFrame(this.pending);
    this.bitmap?.close();
  }

  show(box, labels) {
    this.labels = labels;
    this.whole = box.whole;
    this.axes = box.field && box.shape.length === 3
      ? [box.field.rows, box.field.columns].map(([size, jump, start], axis) => ({ size, jump, first: start - (size - 1) / 2, units: box.shape[axis + 1] }))
      : null;
    this.host.hidden = !this.axes && !this.whole;
    if (this.host.hidden) return;
    this.canvas.setAttribute("aria-label", labels.picture);
    this.unit = this.axes?.map(({ units }, axis) => clamp(Math.floor(this.point[axis] * units), 0, units - 1));
    this.margin = this.marginNeeded();
    this.resize();
  }

  // How far the fields of the outermost units reach outside of the picture.
  marginNeeded() {
    const longest = Math.max(...this.size);
    const outside = (this.axes ?? []).flatMap(({ size, jump, first, units }, axis) => [-first, first + (units - 1) * jump + size - this.size[axis]]);
    return clamp(Math.max(0, ...outside), SMALLEST_MARGIN * longest, LARGEST_MARGIN * longest);
  }

  // ---- which unit

  choose(unit) {
    this.unit = unit;
    this.point = unit.map((index, axis) => (index + 0.5) / this.axes[axis].units);
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => this.draw());
  }

  // The unit whose field has its centre nearest to the pointer.
  pointAt(event) {
    if (!this.axes) return;
    const box = this.canvas.getBoundingClientRect();
    const at = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
    this.choose(this.axes.map(({ size, jump, first, units }, axis) => {
      const pixel = at[axis] * (this.size[axis] + 2 * this.margin) - this.margin - 0.5;
      return clamp(Math.round((pixel - first - (size - 1) / 2) / jump), 0, units - 1);
    }));
  }

  key(event) {
    const step = STEPS[event.key];
    if (!step || !this.axes) return;
    event.preventDefault();
    this.choose(this.unit.map((index, axis) => clamp(index + step[axis], 0, this.axes[axis].units - 1)));
  }

  // First and last row, first and last column that the unit sees; both included.
  seen() {
    if (!this.axes) return this.size.map((length) => [0, length - 1]);
    return this.axes.map(({ size, jump, first }, axis) => [first + this.unit[axis] * jump, first + this.unit[axis] * jump + size - 1]);
  }

  // ---- drawing

  resize() {
    if (!this.bitmap || this.margin === undefined || this.host.hidden || !this.host.clientWidth) return;
    const [rows, columns] = this.size.map((length) => length + 2 * this.margin);
    const ratio = devicePixelRatio || 1;
    this.wide = Math.min(this.host.clientWidth, LARGEST_CANVAS);
    this.high = (this.wide * rows) / columns;
    Object.assign(this.canvas.style, { width: `${this.wide}px`, height: `${this.high}px` });
    Object.assign(this.canvas, { width: Math.round(this.wide * ratio), height: Math.round(this.high * ratio) });
    this.ratio = ratio;
    this.draw();
  }

  draw() {
    const context = this.canvas.getContext("2d");
    const [rows, columns] = this.seen();
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.wide, this.high);
    this.scene(context, { top: -this.margin, left: -this.margin, scale: this.wide / (this.size[1] + 2 * this.margin), x: 0, y: 0 }, rows, columns);
    if (this.axes) this.loupe(context, rows, columns);
    this.say(rows, columns);
  }

  scene(context, { top, left, scale, x, y }, rows, columns) {
    const place = ([r0, r1], [c0, c1]) => [x + (c0 - left) * scale, y + (r0 - top) * scale, (c1 - c0 + 1) * scale, (r1 - r0 + 1) * scale];
    const picture = place([0, this.size[0] - 1], [0, this.size[1] - 1]);
    const field = place(rows, columns);
    context.drawImage(this.bitmap, ...picture);
    this.veil(context, picture, field);
    this.hatch(context, picture, field);
    context.lineWidth = 3.5;
    context.strokeStyle = "rgba(0, 0, 0, 0.65)";
    context.strokeRect(...field);
    context.lineWidth = 1.8;
    context.strokeStyle = "#ffe85a";
    context.strokeRect(...field);
  }

  outside(box) {
    const path = new Path2D();
    path.rect(0, 0, this.wide, this.high);
    path.rect(...box);
    return path;
  }

  // What the unit does not see is darker.
  veil(context, picture, field) {
    context.save();
    context.clip(this.outside(field), "evenodd");
    context.fillStyle = "rgba(0, 0, 0, 0.45)";
    context.fillRect(...picture);
    context.restore();
  }

  // What it sees outside of the picture is padding.
  hatch(context, picture, field) {
    const seen = new Path2D();
    seen.rect(...field);
    context.save();
    context.clip(seen);
    context.clip(this.outside(picture), "evenodd");
    context.strokeStyle = getComputedStyle(this.host).color;
    context.globalAlpha = 0.4;
    context.lineWidth = 1;
    context.beginPath();
    for (let x = -this.high; x < this.wide; x += HATCH) {
      context.moveTo(x, this.high);
      context.lineTo(x + this.high, 0);
    }
    context.stroke();
    context.restore();
  }

  // Small fields are drawn once more, enlarged, in the corner furthest from them.
  loupe(context, rows, columns) {
    const span = Math.max(rows[1] - rows[0], columns[1] - columns[0]) + 1;
    if (span > SMALL_FIELD * Math.max(...this.size)) return;
    const shown = Math.max(1.5 * span, 7);
    const side = LOUPE * Math.min(this.wide, this.high);
    const middle = [rows, columns].map(([from, to]) => (from + to + 1) / 2);
    const [y, x] = middle.map((pixel, axis) => (pixel < this.size[axis] / 2 ? [this.high, this.wide][axis] - side - 2 : 2));
    context.save();
    context.beginPath();
    context.rect(x, y, side, side);
    context.clip();
    context.fillStyle = getComputedStyle(this.canvas).backgroundColor;
    context.fillRect(x, y, side, side);
    context.imageSmoothingEnabled = false; // pixels are meant
    this.scene(context, { top: middle[0] - shown / 2, left: middle[1] - shown / 2, scale: side / shown, x, y }, rows, columns);
    context.restore();
    context.strokeStyle = getComputedStyle(this.host).color;
    context.lineWidth = 2;
    context.strokeRect(x, y, side, side);
  }

  say(rows, columns) {
    const { labels, axes, unit } = this;
    this.host.dataset.seen = [...rows, ...columns].join();
    if (!axes) return void (this.host.querySelector(".line").textContent = labels.whole_long);
    const within = [rows, columns].map(([from, to], axis) => Math.max(0, Math.min(to, this.size[axis] - 1) - Math.max(from, 0) + 1));
    const share = 1 - (within[0] * within[1]) / (axes[0].size * axes[1].size);
    this.host.querySelector(".line").textContent = fill(labels.sees, {
      row: unit[0], column: unit[1], top: number(rows[0]), bottom: number(rows[1]), left: number(columns[0]), right: number(columns[1]),
    }) + (share > 0.004 ? ` ${fill(labels.padding, { share: Math.round(100 * share) })}` : "") + ` ${labels.terms}`;
  }
}
