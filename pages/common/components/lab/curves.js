// The three curves over epochs: loss, accuracy, learning rate; with the cursor of the epoch, and what the mouse is at.

const COLUMN = { epoch: 0, rate: 1, trainLoss: 2, trainAccuracy: 3, testLoss: 4, testAccuracy: 5 };
const CURVES = [
  { name: "loss", training: COLUMN.trainLoss, test: COLUMN.testLoss, steps: 1, write: (value) => short(value) },
  { name: "accuracy", training: COLUMN.trainAccuracy, test: COLUMN.testAccuracy, write: (value) => percent(value, 1) },
  { name: "rate", training: COLUMN.rate, steps: 2, write: (value) => short(value, 2) },
];
const MARKED_UP_TO = 30; // epochs: more marks would touch

class Curve {
  constructor(lab, kind) {
    Object.assign(this, { lab, kind, hovered: null });
    this.host = element("figure", `curve ${kind.name}`);
    this.host.dataset.curve = kind.name;
    this.caption = element("figcaption");
    this.canvas = element("canvas");
    this.host.append(this.caption, this.canvas);
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerdown", (event) => this.press(event));
    this.canvas.addEventListener("pointerleave", () => this.leave());
  }

  epochAt(event) {
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    const epoch = Math.round(((x - this.left) / (this.right - this.left)) * this.domain);
    return Math.min(Math.max(epoch, 0), this.lab.store.last);
  }

  point(event) {
    if (this.domain === undefined) return;
    if (event.buttons & 1) this.lab.goByHand(this.epochAt(event));
    for (const curve of this.lab.curves) curve.hovered = this.epochAt(event);
    this.lab.drawCurves();
  }

  press(event) {
    if (this.domain !== undefined && event.button === 0) this.lab.goByHand(this.epochAt(event));
  }

  leave() {
    for (const curve of this.lab.curves) curve.hovered = null;
    this.lab.drawCurves();
  }

  draw() {
    const { lab, kind } = this;
    this.theme = lab.theme;
    this.caption.replaceChildren(...this.legend(this.hovered ?? lab.epoch));
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", [...this.caption.children].map((each) => each.textContent).join(", "));
    const [width, height] = [this.host.clientWidth, this.host.clientHeight - this.caption.offsetHeight];
    if (width < 20 || height < 20) return;
    const context = surface(this.canvas, width, height);
    // In its first epoch, and for ever when the loss runs away there, a run has steps alone.
    this.domain = lab.store.rows.length || !this.stepPoints().length ? epochsShown(lab.store.last, lab.store.epochs) : 1;
    this.top = this.highest();
    this.frame(context, width, height);
    if (kind.steps) this.line(context, this.stepPoints(), { colour: kind.test ? this.theme.steps : this.theme.training, thick: kind.test ? 1 : 2 });
    if (kind.test || !this.stepPoints().length) this.line(context, this.points(kind.training), { colour: this.theme.training, thick: 2.2, mark: "circle" });
    if (kind.test) this.line(context, this.points(kind.test), { colour: this.theme.test, thick: 2.2, mark: "square", dash: [6, 3] });
    this.cursor(context, lab.epoch, this.theme.text, []);
    if (this.hovered !== null && this.hovered !== lab.epoch) this.cursor(context, this.hovered, this.theme.text, [2, 3]);
  }

  // Names with the values of an epoch.
  legend(epoch) {
    const { kind, lab } = this;
    const row = lab.store.rowOf(epoch);
    const value = (column) => (row ? kind.write(row[column]) : "");
    const item = (name, text, number) => {
      const span = element("span", name, text);
      span.append(" ", element("output", "", number));
      return span;
    };
    const title = element("b", "", lab.labels.curves[kind.name]);
    if (!kind.test) return [title, element("output", "only", value(kind.training))];
    const found = [title, item("training", lab.labels.training, value(kind.training)), item("test", lab.labels.test, value(kind.test))];
    return kind.steps ? [...found, element("span", "steps", lab.labels.batches)] : found;
  }

  // One line of metrics holds at the end of its epoch.
  points(column) {
    return this.lab.store.rows.filter((row) => row[column] !== null).map((row) => [row[COLUMN.epoch], row[column]]);
  }

  stepPoints() {
    const { steps, perEpoch } = this.lab.store;
    return perEpoch ? steps.filter((step) => step[this.kind.steps] !== null).map((step) => [step[0] / perEpoch, step[this.kind.steps]]) : [];
  }

  // The upper end of the axis. Single batches may lie far above: the highest fiftieth of them does not count.
  highest() {
    if (this.kind.name === "accuracy") return 1;
    const columns = [this.kind.training, this.kind.test].filter((column) => column !== undefined);
    const values = columns.flatMap((column) => this.points(column).map(([, value]) => value));
    const batches = this.stepPoints().map(([, value]) => value).sort((a, b) => a - b);
    const most = Math.max(...values, batches[Math.floor(0.98 * (batches.length - 1))] ?? 0, 0);
    return most > 0 ? most * 1.06 : 1;
  }

  frame(context, width, height) {
    const { theme, kind } = this;
    context.font = `13px ${theme.font}`;
    const rows = ticks(0, this.top, height / 42);
    const write = kind.name === "accuracy" ? (value) => percent(value) : (value) => short(value, 4);
    this.left = 8 + Math.max(...rows.map((row) => context.measureText(write(row)).width));
    [this.right, this.bottom, this.head] = [width - 10, height - 22, 8];
    [context.strokeStyle, context.fillStyle, context.lineWidth] = [theme.line, theme.text, 1];
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (const row of rows) {
      const y = Math.round(this.y(row)) + 0.5;
      segment(context, this.left, y, this.right, y);
      context.fillText(write(row), this.left - 5, y);
    }
    context.textAlign = "center";
    const columns = ticks(0, this.domain, Math.min(this.domain, (width - this.left) / 55)).filter(Number.isInteger);
    const name = `(${this.lab.labels.epochs})`;
    const few = this.domain <= 2; // then the name stands in the middle
    const room = few || width < 150 ? width : this.right - context.measureText(name).width - 8;
    for (const column of columns) if (this.x(column) < room) context.fillText(column, this.x(column), height - 9);
    if (width < 150) return;
    context.textAlign = few ? "center" : "right";
    context.fillText(name, few ? this.x(0.5) : this.right + 4, height - 9);
  }

  x(epoch) {
    return this.left + (epoch / this.domain) * (this.right - this.left);
  }

  y(value) {
    return this.bottom - (value / this.top) * (this.bottom - this.head);
  }

  line(context, points, { colour, thick, mark, dash = [] }) {
    context.save();
    context.beginPath();
    context.rect(0, 0, this.right + 8, this.bottom + 6);
    context.clip();
    Object.assign(context, { strokeStyle: colour, fillStyle: colour, lineWidth: thick, lineJoin: "round" });
    context.setLineDash(dash);
    context.beginPath();
    for (const [x, y] of points) context.lineTo(this.x(x), this.y(y));
    context.stroke();
    context.setLineDash([]);
    if (mark && points.length <= MARKED_UP_TO) for (const [x, y] of points) marked(context, mark, this.x(x), this.y(y));
    context.restore();
  }

  cursor(context, epoch, colour, dash) {
    Object.assign(context, { strokeStyle: colour, lineWidth: 1.4 });
    context.setLineDash(dash);
    segment(context, this.x(epoch), this.head - 4, this.x(epoch), this.bottom);
    context.setLineDash([]);
  }
}

function segment(context, x, y, toX, toY) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(toX, toY);
  context.stroke();
}

function marked(context, mark, x, y) {
  context.beginPath();
  if (mark === "circle") context.arc(x, y, 3.2, 0, 2 * Math.PI);
  else context.rect(x - 3, y - 3, 6, 6);
  context.fill();
}
