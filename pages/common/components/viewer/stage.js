// The two pictures: pan and zoom in step, a divider or side by side, and the frames on top of them.
// World coordinates are those of the input picture: pixel (row, column) covers the unit square there.

const WHEEL_STEP = 0.0015;
const KEY_ZOOM = 1.4;
const MOST_ZOOM = 64; // screen pixels per picture pixel
const CLICK_SLACK = 4; // a press that moved less than this is a click
const DIVIDER_GRAB = 24;

class Stage {
  constructor(root, callbacks) {
    this.root = root;
    this.callbacks = callbacks; // {onPixel(row, column), onPin(), onRegion(region), onSettled(), isFocused()}
    this.element = root.querySelector(".stage");
    this.panes = ["before", "after"].map((name) => this.pane(name));
    this.handle = root.querySelector(".divider");
    this.mode = "side";
    this.divider = 0.5;
    this.pointers = new Map();
    this.selecting = false;
    this.frames = null;
    this.listen();
    this.observer = new ResizeObserver(() => this.layout());
    this.observer.observe(this.element);
  }

  pane(name) {
    const element = this.root.querySelector(`.pane.${name}`);
    const [picture, marks] = element.querySelectorAll("canvas");
    return { name, element, picture, marks, bitmap: null, closeUp: null };
  }

  destroy() {
    this.observer.disconnect();
    cancelAnimationFrame(this.pending);
  }

  // size: rows and columns of the input; place: where the output lies in the world.
  setPictures(before, after, size, place) {
    const resized = !this.size || this.size.rows !== size.rows || this.size.columns !== size.columns;
    [this.size, this.place] = [size, place];
    if (this.panes[1].bitmap !== after) this.panes[1].bitmap?.close(); // frees megabytes at once
    this.panes[1].closeUp?.bitmap.close();
    this.panes[0].bitmap = before;
    this.panes[1].bitmap = after;
    this.panes[1].closeUp = null;
    if (resized) this.fitted = true;
    this.layout();
  }

  setMode(mode) {
    this.mode = mode;
    this.element.dataset.mode = mode;
    this.handle.tabIndex = mode === "divider" ? 0 : -1;
    this.fitted = true;
    this.layout();
  }

  // ---- geometry

  layout() {
    if (!this.size || !this.element.clientWidth) return;
    const stacked = this.mode === "side" && this.element.clientWidth < 520;
    this.element.classList.toggle("stacked", stacked);
    const across = this.mode === "side" && !stacked ? 2 : 1;
    const width = (this.element.clientWidth - 8 * (across - 1)) / across;
    const limit = Math.max(stacked ? 150 : 220, Math.min(innerHeight * (stacked ? 0.27 : 0.52), 640));
    const height = Math.round(Math.min(limit, (width * this.size.rows) / this.size.columns));
    const ratio = devicePixelRatio || 1;
    [this.width, this.height, this.ratio] = [width, Math.max(height, 80), ratio];
    const [pixelWidth, pixelHeight] = [Math.round(width * ratio), Math.round(this.height * ratio)];
    for (const pane of this.panes) {
      pane.element.style.height = `${this.height}px`;
      for (const canvas of [pane.picture, pane.marks]) {
        if (canvas.width === pixelWidth && canvas.height === pixelHeight) continue; // setting it would clear it
        [canvas.width, canvas.height] = [pixelWidth, pixelHeight];
        pane.drawn = null;
      }
    }
    if (this.fitted) this.fit();
    else this.constrain();
    this.draw();
  }

  fitScale() {
    return Math.min(this.width / this.size.columns, this.height / this.size.rows);
  }

  fit() {
    this.fitted = true;
    this.scale = this.fitScale();
    this.centre = { x: this.size.columns / 2, y: this.size.rows / 2 };
    this.draw();
  }

  constrain() {
    this.scale = Math.min(Math.max(this.scale, this.fitScale()), Math.max(MOST_ZOOM, this.fitScale()));
    const halfWidth = Math.min(this.width / this.scale, this.size.columns) / 2;
    const halfHeight = Math.min(this.height / this.scale, this.size.rows) / 2;
    this.centre.x = Math.min(Math.max(this.centre.x, halfWidth), this.size.columns - halfWidth);
    this.centre.y = Math.min(Math.max(this.centre.y, halfHeight), this.size.rows - halfHeight);
  }

  zoom(factor, x = this.width / 2, y = this.height / 2) {
    const anchor = this.world(x, y);
    this.fitted = false;
    this.scale *= factor;
    this.constrain();
    this.centre.x = anchor.x - (x - this.width / 2) / this.scale;
    this.centre.y = anchor.y - (y - this.height / 2) / this.scale;
    this.constrain();
    if (this.scale <= this.fitScale() * 1.001) this.fitted = true;
    this.draw();
  }

  world(x, y) {
    return { x: this.centre.x + (x - this.width / 2) / this.scale, y: this.centre.y + (y - this.height / 2) / this.scale };
  }

  screen(x, y) {
    return { x: (x - this.centre.x) * this.scale + this.width / 2, y: (y - this.centre.y) * this.scale + this.height / 2 };
  }

  // The part of the world that is on screen: {top, bottom, left, right}.
  visible() {
    const start = this.world(0, 0);
    const end = this.world(this.width, this.height);
    return { top: start.y, left: start.x, bottom: end.y, right: end.x };
  }

  // World rectangle of an output pixel: the output is stretched by the stride so that both pictures align.
  outputCell(row, column) {
    const { jump, start } = this.place;
    return { y: start[0] + 0.5 + jump[0] * (row - 0.5), x: start[1] + 0.5 + jump[1] * (column - 0.5), rows: jump[0], columns: jump[1] };
  }

  // The output pixel under a world position, clamped to the output.
  outputPixel({ x, y }) {
    const { jump, start, rows, columns } = this.place;
    const clampTo = (value, count) => Math.min(Math.max(value, 0), count - 1);
    return {
      row: clampTo(Math.round((y - 0.5 - start[0]) / jump[0]), rows),
      column: clampTo(Math.round((x - 0.5 - start[1]) / jump[1]), columns),
    };
  }

  // Bring a pixel into view after it was moved by keys.
  reveal({ row, column }) {
    const cell = this.outputCell(row, column);
    const seen = this.visible();
    if (cell.x < seen.left) this.centre.x -= seen.left - cell.x;
    if (cell.x + cell.columns > seen.right) this.centre.x += cell.x + cell.columns - seen.right;
    if (cell.y < seen.top) this.centre.y -= seen.top - cell.y;
    if (cell.y + cell.rows > seen.bottom) this.centre.y += cell.y + cell.rows - seen.bottom;
    this.constrain();
    this.draw();
  }

  // ---- drawing

  draw() {
    cancelAnimationFrame(this.pending);
    this.pending = requestAnimationFrame(() => {
      if (!this.scale) return;
      this.panes.forEach((pane) => this.paint(pane));
      this.handle.style.left = `${this.divider * 100}%`;
      this.panes[1].element.style.clipPath = this.mode === "divider" ? `inset(0 0 0 ${this.divider * 100}%)` : "";
      this.drawMarks();
      this.callbacks.onSettled();
    });
  }

  // A pane whose picture and view are as they were is left alone: scaling a large picture takes a while.
  paint(pane) {
    const view = [pane.bitmap, pane.closeUp, this.scale, this.centre.x, this.centre.y];
    if (pane.drawn?.every((each, i) => each === view[i])) return;
    pane.drawn = view;
    const context = pane.picture.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, pane.picture.width, pane.picture.height);
    if (!pane.bitmap) return;
    this.place2d(context);
    const whole = { x: 0, y: 0, columns: this.size.columns, rows: this.size.rows };
    const box = pane.name === "before" ? whole : this.outputBox();
    this.blit(context, pane.bitmap, box);
    if (pane.closeUp) this.blit(context, pane.closeUp.bitmap, pane.closeUp.box);
  }

  blit(context, bitmap, box) {
    context.imageSmoothingEnabled = (box.columns * this.scale * this.ratio) / bitmap.width < 1;
    context.imageSmoothingQuality = "high";
    context.drawImage(bitmap, box.x, box.y, box.columns, box.rows);
  }

  place2d(context) {
    const scale = this.scale * this.ratio;
    const origin = this.screen(0, 0);
    context.setTransform(scale, 0, 0, scale, origin.x * this.ratio, origin.y * this.ratio);
  }

  outputBox() {
    const first = this.outputCell(0, 0);
    return { x: first.x, y: first.y, columns: first.columns * this.place.columns, rows: first.rows * this.place.rows };
  }

  // frames: {before: [{x, y, columns, rows, dashed}], after: [...]} in world coordinates.
  setFrames(frames) {
    this.frames = frames;
    this.drawMarks();
  }

  drawMarks() {
    for (const pane of this.panes) {
      const context = pane.marks.getContext("2d");
      context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
      context.clearRect(0, 0, this.width, this.height);
      for (const frame of this.frames?.[pane.name] ?? []) this.drawFrame(context, frame);
    }
  }

  drawFrame(context, { x, y, columns, rows, dashed, colour }) {
    const start = this.screen(x, y);
    const least = dashed ? 0 : 7;
    const width = Math.max(columns * this.scale, least);
    const height = Math.max(rows * this.scale, least);
    const left = start.x + (columns * this.scale - width) / 2;
    const top = start.y + (rows * this.scale - height) / 2;
    for (const [ink, line] of [["rgba(0, 0, 0, 0.75)", 4], [colour ?? "#ffd21f", 2]]) {
      context.strokeStyle = ink;
      context.lineWidth = line;
      context.setLineDash(dashed ? [5, 4] : []);
      context.strokeRect(left - 1, top - 1, width + 2, height + 2);
    }
  }

  // ---- pointer and keys

  listen() {
    const on = (name, handler, options) => this.element.addEventListener(name, handler, options);
    on("pointerdown", (event) => this.press(event));
    on("pointermove", (event) => this.move(event));
    on("pointerup", (event) => this.release(event));
    on("pointercancel", (event) => this.drop(event));
    on("dblclick", () => this.fit());
    on("wheel", (event) => this.wheel(event), { passive: false });
  }

  position(event) {
    const pane = this.panes.find(({ element }) => element.contains(event.target)) ?? this.panes[this.mode === "divider" ? 1 : 0];
    const box = pane.marks.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  press(event) {
    const at = this.position(event);
    this.element.focus({ preventScroll: true });
    this.element.setPointerCapture?.(event.pointerId);
    const onDivider = this.mode === "divider" && Math.abs(at.x - this.divider * this.width) < DIVIDER_GRAB;
    this.pointers.set(event.pointerId, { at, start: at, pane: event.target, moved: false, onDivider });
    if (this.selecting) this.corner = this.world(at.x, at.y);
    else if (event.pointerType === "touch") this.point(at);
  }

  move(event) {
    const held = this.pointers.get(event.pointerId);
    if (!held) {
      const at = this.position(event);
      this.element.classList.toggle("grab", this.mode === "divider" && Math.abs(at.x - this.divider * this.width) < DIVIDER_GRAB);
      this.point(at);
      return;
    }
    const box = (held.pane.closest?.(".pane") ?? this.panes[0].element).getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    const step = { x: at.x - held.at.x, y: at.y - held.at.y };
    if (Math.hypot(at.x - held.start.x, at.y - held.start.y) > CLICK_SLACK) held.moved = true;
    if (this.selecting) this.stretch(at);
    else if (this.pointers.size === 2) this.pinch(event, held, at);
    else if (held.onDivider) this.moveDivider(at.x / this.width);
    else if (event.pointerType === "touch") this.point(at);
    else if (held.moved) this.pan(step);
    held.at = at;
  }

  // The browser has taken the finger over, to scroll the page.
  drop(event) {
    this.pointers.delete(event.pointerId);
    this.region = null;
  }

  release(event) {
    const held = this.pointers.get(event.pointerId);
    this.pointers.delete(event.pointerId);
    if (!held) return;
    if (this.selecting) this.finishRegion(held);
    else if (!held.moved && !held.onDivider && event.pointerType !== "touch") this.callbacks.onPin();
  }

  point(at) {
    if (this.scale) this.callbacks.onPixel(this.outputPixel(this.world(at.x, at.y)));
  }

  pan(step) {
    this.fitted = false;
    this.centre.x -= step.x / this.scale;
    this.centre.y -= step.y / this.scale;
    this.constrain();
    this.draw();
  }

  pinch(event, held, at) {
    const [other] = [...this.pointers.entries()].filter(([id]) => id !== event.pointerId).map(([, value]) => value);
    const before = Math.hypot(held.at.x - other.at.x, held.at.y - other.at.y);
    const now = Math.hypot(at.x - other.at.x, at.y - other.at.y);
    if (before > 0) this.zoom(now / before, (at.x + other.at.x) / 2, (at.y + other.at.y) / 2);
    this.pan({ x: (at.x - held.at.x) / 2, y: (at.y - held.at.y) / 2 });
  }

  moveDivider(share) {
    this.divider = Math.min(Math.max(share, 0.02), 0.98);
    this.handle.setAttribute("aria-valuenow", Math.round(this.divider * 100));
    this.draw();
  }

  // The page scrolls as usual until the pictures have been clicked.
  wheel(event) {
    if (!event.ctrlKey && !event.metaKey && !this.callbacks.isFocused()) return;
    event.preventDefault();
    const at = this.position(event);
    this.zoom(Math.exp(-event.deltaY * (event.deltaMode === 1 ? 16 : 1) * WHEEL_STEP), at.x, at.y);
  }

  // ---- choosing a region for template matching

  stretch(at) {
    const end = this.world(at.x, at.y);
    const clampTo = (value, count) => Math.min(Math.max(value, 0), count);
    const [x0, x1] = [this.corner.x, end.x].map((x) => Math.round(clampTo(x, this.size.columns))).sort((a, b) => a - b);
    const [y0, y1] = [this.corner.y, end.y].map((y) => Math.round(clampTo(y, this.size.rows))).sort((a, b) => a - b);
    const [columns, rows] = [Math.min(x1 - x0, this.limit), Math.min(y1 - y0, this.limit)];
    const x = end.x < this.corner.x ? x1 - columns : x0; // the corner where the drag began stays
    const y = end.y < this.corner.y ? y1 - rows : y0;
    this.region = { x, y, columns, rows };
    this.setFrames({ before: [this.region], after: [] });
  }

  finishRegion(held) {
    const region = this.region;
    this.region = null;
    if (held.moved && region && region.rows > 1 && region.columns > 1) this.callbacks.onRegion(region);
  }
}
