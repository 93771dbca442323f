// The pad itself: white lines on black, drawn with mouse, finger, pen or keys.

const NEAREST = 1; // pixels of the pad between two points
const KEY_STEP = 5; // pixels of the pad; with Shift a tenth of a digit's height
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const PAD_MARKUP = `
  <div class="plate" tabindex="0" role="application"><canvas></canvas></div>
  <div class="tools" role="toolbar">
    <button type="button" data-act="undo"></button><button type="button" data-act="clear"></button>
    <label><span></span><input type="range" min="8" max="48" step="1" value="24"></label>
    <button type="button" data-act="save" class="save">⤓ PNG</button>
    <span class="full" role="status"></span>
  </div>`;

class DrawingPad {
  // changed({ended}) is called after every change; ended is false while a line is being drawn.
  constructor(parent, drawing, changed, box) {
    Object.assign(this, { drawing, changed, box, line: null, pen: null, penDown: false });
    this.element = Object.assign(document.createElement("div"), { className: "pad", innerHTML: PAD_MARKUP });
    parent.append(this.element);
    this.plate = this.element.querySelector(".plate");
    this.canvas = this.element.querySelector("canvas");
    this.range = this.element.querySelector("input");
    this.listen();
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.plate);
  }

  destroy() {
    this.observer.disconnect();
  }

  label(labels) {
    this.labels = labels;
    this.plate.setAttribute("aria-label", labels.pad);
    this.element.querySelector(".tools").setAttribute("aria-label", labels.tools);
    this.element.querySelector("label span").textContent = labels.brush;
    for (const act of ["undo", "clear"]) this.element.querySelector(`[data-act=${act}]`).textContent = labels[act];
    const save = this.element.querySelector("[data-act=save]");
    save.title = labels.save;
    save.setAttribute("aria-label", labels.save);
  }

  listen() {
    this.plate.addEventListener("pointerdown", (event) => this.begin(event));
    this.plate.addEventListener("pointermove", (event) => this.follow(event));
    for (const end of ["pointerup", "pointercancel"]) this.plate.addEventListener(end, (event) => this.end(event));
    this.plate.addEventListener("keydown", (event) => this.key(event));
    this.plate.addEventListener("blur", () => this.lift());
    this.element.querySelector(".tools").addEventListener("click", (event) => this.act(event.target.dataset.act));
  }

  act(name) {
    if (name === "undo") this.undo();
    else if (name === "clear" && this.drawing.strokes.length) this.show([]);
    else if (name === "save") this.save();
  }

  undo() {
    this.line = null;
    if (this.drawing.undo()) this.tell(true);
  }

  // Put another drawing on the pad.
  show(strokes) {
    this.drawing.replace(strokes);
    this.tell(true);
  }

  tell(ended) {
    this.element.querySelector(".full").textContent = this.drawing.isFull ? this.labels.full : "";
    this.draw();
    this.changed({ ended });
  }

  // All strokes, the one that is being drawn included.
  get strokes() {
    return this.line ? [...this.drawing.strokes, this.line] : this.drawing.strokes;
  }

  // ---- mouse, finger, pen

  begin(event) {
    if (event.button !== 0 || this.pointer !== undefined) return;
    event.preventDefault(); // no text is selected
    this.plate.focus({ preventScroll: true });
    this.lift();
    this.pen = null;
    this.pointer = event.pointerId;
    this.plate.setPointerCapture(event.pointerId);
    this.start(...this.at(event));
  }

  follow(event) {
    if (event.pointerId !== this.pointer || !this.line) return;
    const events = event.getCoalescedEvents?.() ?? [];
    let grown = false;
    for (const each of events.length ? events : [event]) grown = this.extend(...this.at(each)) || grown;
    if (grown) this.tell(false);
  }

  end(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    this.finish();
  }

  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const place = (part) => Math.round(Math.min(Math.max(part, -0.2), 1.2) * PAD * 10) / 10;
    return [place((event.clientX - box.left) / box.width), place((event.clientY - box.top) / box.height)];
  }

  // ---- lines

  start(x, y) {
    if (this.drawing.isFull) return;
    this.line = { points: [x, y], width: Number(this.range.value) };
    this.tell(false);
  }

  extend(x, y) {
    const { points } = this.line;
    const [lastX, lastY] = points.slice(-2);
    if (Math.hypot(x - lastX, y - lastY) < NEAREST || this.drawing.points + points.length / 2 >= MOST_POINTS) return false;
    points.push(x, y);
    return true;
  }

  finish() {
    if (!this.line) return;
    const { line } = this;
    this.line = null;
    this.show([...this.drawing.strokes, line]);
  }

  // ---- keys

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      if (event.key.toLowerCase() !== "z" || event.altKey) return;
      this.undo();
    } else if (event.key in MOVES) this.steer(MOVES[event.key], event.shiftKey ? 4 * KEY_STEP : KEY_STEP);
    else if (event.key === " ") this.penDown ? this.lift() : this.lower();
    else if (event.key === "Enter" || event.key === "Escape") this.lift();
    else if (event.key === "Backspace" || event.key === "Delete") this.undo();
    else return;
    event.preventDefault();
  }

  steer([right, down], step) {
    this.pen ??= [PAD / 2, PAD / 2];
    this.pen = this.pen.map((place, axis) => Math.min(Math.max(place + step * [right, down][axis], 0), PAD));
    if (this.penDown && this.extend(...this.pen)) this.tell(false);
    else this.draw();
  }

  lower() {
    this.pen ??= [PAD / 2, PAD / 2];
    this.start(...this.pen);
    this.penDown = this.line !== null;
  }

  lift() {
    if (!this.penDown) return;
    this.penDown = false;
    this.finish();
  }

  // ---- painting

  draw() {
    const side = Math.round(this.plate.clientWidth * (devicePixelRatio || 1));
    if (!side) return;
    if (this.canvas.width !== side) [this.canvas.width, this.canvas.height] = [side, side];
    const context = this.canvas.getContext("2d");
    context.setTransform(side / PAD, 0, 0, side / PAD, 0, 0);
    context.fillStyle = "#000";
    context.fillRect(0, 0, PAD, PAD);
    if (this.box) this.drawBox(context);
    drawStrokes(context, this.strokes);
    if (this.pen) this.drawPen(context);
  }

  // Where digits of the training set lie.
  drawBox(context) {
    context.strokeStyle = "#777";
    context.lineWidth = 1;
    context.setLineDash([4, 4]);
    context.strokeRect((PAD * (1 - this.box)) / 2, (PAD * (1 - this.box)) / 2, PAD * this.box, PAD * this.box);
    context.setLineDash([]);
  }

  drawPen(context) {
    context.strokeStyle = this.penDown ? "#ff9b42" : "#58b4ff";
    context.lineWidth = 2;
    context.beginPath();
    context.arc(...this.pen, Number(this.range.value) / 2, 0, 2 * Math.PI);
    context.stroke();
  }

  save() {
    const canvas = Object.assign(document.createElement("canvas"), { width: PAD, height: PAD });
    const context = canvas.getContext("2d");
    context.fillRect(0, 0, PAD, PAD);
    drawStrokes(context, this.strokes);
    saveCanvas(canvas, "drawing.png");
  }
}

function drawStrokes(context, strokes) {
  Object.assign(context, { lineCap: "round", lineJoin: "round", strokeStyle: "#fff" });
  for (const { points, width } of strokes) {
    context.lineWidth = width;
    context.beginPath();
    context.moveTo(points[0], points[1]);
    for (let i = 2; i < points.length; i += 2) context.lineTo(points[i], points[i + 1]);
    if (points.length === 2) context.lineTo(points[0], points[1]);
    context.stroke();
  }
}

function saveCanvas(canvas, name) {
  canvas.toBlob((blob) => {
    const address = URL.createObjectURL(blob);
    Object.assign(document.createElement("a"), { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  });
}
