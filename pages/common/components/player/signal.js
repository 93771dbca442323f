// The rows of bars of a signal and a kernel: shift, multiply, add, once flipped and once not.
//
// A focus is {panel: "output" | "input" | "kernel", side, index}: an output shows its window, a sample the copy of the
// kernel that it adds to the outputs, a weight all products that it makes.

const SIDE_GAP = 30; // between the two sides
const SIDE_HEAD = 24; // above the rows of a side
const ROW_LABEL = 17; // above each row
const ROW_GAP = 5;
const AXIS_ROOM = 20; // below the rows
const SCALE_ROOM = 38; // left of the rows
const PHONE_ROW = 50;
const ROW_LIMITS = [38, 120]; // pixels of a row on a laptop, and at most
const NUMBER_ROOM = 15; // above the highest bar
const INDEX_ROOM = 12; // below the kernel, for the numbers of its weights
const SMALLEST_NUMBER = 8;
const SIGNAL_ROWS = ["signal", "kernel", "products", "output"];
const BAR_EDGE = "#566374";
const BAR = 0.62; // of the distance of two samples
const EVERY = 5; // positions from one number to the next where there is no room for all

class SignalScene {
  constructor(model, header, palette) {
    Object.assign(this, { model, header, palette, labels: header.labels, steps: model.count, drawnStep: 0 });
  }

  // ---- steps, pointing, keys

  focusAt(step) {
    return { panel: "output", side: SIDES[0], index: step };
  }

  rowOf() {
    return [0, this.steps - 1];
  }

  // Where the weights lie while something is looked at: {k, at, …}.
  lying(side, focus, step) {
    if (focus.panel === "input") return this.model.spread(side, focus.index);
    return this.model.terms(side, focus.panel === "output" ? focus.index : step);
  }

  hit(x, y, focus) {
    const { model } = this;
    for (const side of SIDES) {
      const row = SIGNAL_ROWS.find((name) => y >= this.top(side, name) && y < this.top(side, name) + this.height(name));
      const at = Math.floor((x - this.boxes[side].x) / this.cell) + model.first;
      if (!row || at < model.first || at >= model.first + model.positions) continue;
      if (row === "signal" && model.isOutput(at)) return { panel: "input", side, index: at };
      if (row === "output" && model.isOutput(at)) return { panel: "output", side, index: at };
      const weight = row === "kernel" && this.lying(side, focus, this.drawnStep).find((each) => each.at === at);
      if (weight) return { panel: "kernel", side, index: weight.k };
    }
    return null;
  }

  firstOf(panel, focus) {
    const side = focus.side ?? SIDES[0];
    const index = panel === "kernel" && side === "convolution" ? this.model.width - 1 : 0; // the leftmost one
    return { panel, side, index };
  }

  // Left and right go along the row as it is drawn, up and down to the other side.
  neighbour(focus, down, right) {
    const side = down ? SIDES[down > 0 ? 1 : 0] : focus.side;
    const count = focus.panel === "kernel" ? this.model.width : this.model.count;
    const on = focus.panel === "kernel" && side === "convolution" ? -right : right;
    return { ...focus, side, index: Math.min(Math.max(focus.index + on, 0), count - 1) };
  }

  // ---- layout

  layout(width, height, painter) {
    this.narrow = width < NARROW;
    const across = this.narrow ? width : (width - SIDE_GAP) / 2;
    this.cell = (across - SCALE_ROOM - 4) / this.model.positions;
    const row = (height - SIDE_HEAD - AXIS_ROOM - INDEX_ROOM) / SIGNAL_ROWS.length - ROW_LABEL - ROW_GAP;
    this.rowHeight = this.narrow ? PHONE_ROW : Math.min(Math.max(row, ROW_LIMITS[0]), ROW_LIMITS[1]);
    const below = this.topOf("output") + this.height("output") + ROW_GAP + AXIS_ROOM;
    const [x, y] = this.narrow ? [0, below + 8] : [across + SIDE_GAP, 0];
    this.boxes = { convolution: { x: SCALE_ROOM, y: 0 }, correlation: { x: x + SCALE_ROOM, y } };
    this.strip = { x: 4, y: y + below + 6, width: width - 8 };
    return { width, height: Math.ceil(this.strip.y + this.stripHeight(painter)) };
  }

  height(row) {
    return this.plotHeight(row) + (row === "kernel" ? INDEX_ROOM : 0);
  }

  // A low row with values on both sides of zero needs room for both.
  plotHeight(row) {
    return this.rowHeight + (this.narrow && this.model.extents[row].low < 0 ? NUMBER_ROOM : 0);
  }

  topOf(row) {
    const above = SIGNAL_ROWS.slice(0, SIGNAL_ROWS.indexOf(row));
    return SIDE_HEAD + ROW_LABEL + sum(above.map((each) => this.height(each) + ROW_GAP + ROW_LABEL));
  }

  top(side, row) {
    return this.boxes[side].y + this.topOf(row);
  }

  left(side, position) {
    return this.boxes[side].x + (position - this.model.first) * this.cell;
  }

  level(side, row, value) {
    const { low, high } = this.model.extents[row];
    const foot = low < 0 ? NUMBER_ROOM : 3;
    return this.top(side, row) + NUMBER_ROOM + ((high - value) / (high - low)) * (this.plotHeight(row) - NUMBER_ROOM - foot);
  }

  // ---- drawing

  draw(painter, theme, { step, focus, glide = 1 }) {
    this.drawnStep = step;
    for (const side of SIDES) {
      painter.begin("side", { side });
      this.drawHead(painter, theme, side, focus, step);
      for (const row of SIGNAL_ROWS) this.drawPaper(painter, theme, side, row);
      this.drawMarks(painter, side, focus, glide);
      this.drawSignal(painter, side);
      this.drawKernel(painter, side, focus, step, glide);
      this.drawProducts(painter, side, focus, glide);
      this.drawOutput(painter, side, focus, step, glide);
      this.drawAxis(painter, theme, side, focus);
      painter.end();
    }
    this.drawStrip(painter, theme, focus);
  }

  drawHead(painter, theme, side, focus, step) {
    const { labels } = this;
    const { x, y } = this.boxes[side];
    this.drawName(painter, theme, side, this.narrow ? 4 : x, y + 11);
    const kernel = labels[`${focus.panel === "input" ? "laid" : "kernel"}_${side}`];
    const place = focus.panel === "kernel" ? step : focus.index;
    const names = { signal: labels.row_signal, kernel: kernel.replace("{n}", signedText(place)), products: labels.row_products, output: labels.row_output };
    for (const row of SIGNAL_ROWS) painter.text(x, this.top(side, row) - 8, names[row], { size: 11.5, fill: theme.muted, align: "left" });
    this.drawLegend(painter, theme, side, x + painter.measure(names.signal, 11.5) + 16);
  }

  drawName(painter, theme, side, x, y) {
    const [name, note] = [this.labels[side], this.labels[`${side}_note`]];
    painter.text(x, y, name, { size: 14, fill: theme.text, align: "left", bold: true });
    const after = x + painter.measure(name, 14, true) + 8;
    const room = this.left(side, this.model.first + this.model.positions) - after;
    const size = Math.min(12, (12 * room) / painter.measure(note, 12));
    painter.text(after, y, note, { size, fill: theme.muted, align: "left" });
  }

  drawLegend(painter, theme, side, from) {
    const [right, y] = [this.left(side, this.model.first + this.model.positions), this.top(side, "signal") - 8];
    const width = painter.measure(this.labels.zeros_outside, 11);
    if (this.model.width === 1 || right - width - 16 < from) return;
    painter.rect(right - width - 16, y - 5, 11, 10, { fill: RING, stroke: GRID_LINE });
    painter.text(right, y, this.labels.zeros_outside, { size: 11, fill: theme.muted, align: "right" });
  }

  drawPaper(painter, theme, side, row) {
    const { model } = this;
    const [x, y, width] = [this.boxes[side].x, this.top(side, row), model.positions * this.cell];
    const { low, high } = model.extents[row];
    const height = this.height(row);
    painter.rect(x, y, width, height, { fill: PAPER });
    if (row === "signal") {
      painter.rect(x, y, -model.first * this.cell, height, { fill: RING });
      painter.rect(this.left(side, model.count), y, model.after * this.cell, height, { fill: RING });
    }
    const zero = this.level(side, row, 0);
    painter.line(x, zero, x + width, zero, { stroke: BAR_EDGE });
    painter.rect(x, y, width, height, { stroke: GRID_LINE });
    for (const value of new Set([low, 0, high])) {
      const at = this.level(side, row, value);
      if (value === 0 || Math.abs(at - zero) > 10) painter.text(x - 5, at, shortText(value), { size: 10, fill: theme.muted, align: "right" });
    }
  }

  weightColour(k) {
    return `hsl(${Math.round(weightHue(k, this.model.width))}, 78%, ${k % 2 ? 72 : 80}%)`;
  }

  // What the focus lights up, behind the bars.
  drawMarks(painter, side, focus, glide) {
    const { model } = this;
    const { panel, index } = focus;
    const band = (row, at, fill) => painter.rect(this.left(side, at), this.top(side, row), this.cell, this.height(row), { fill });
    if (panel === "output") {
      for (const { k, at } of model.terms(side, index)) band("signal", at, this.weightColour(k));
      band("output", index, POOL);
      this.drawWindow(painter, side, index, glide);
    } else if (panel === "input") {
      band("signal", index, POOL);
      for (const { k, at } of model.spread(side, index)) if (model.isOutput(at)) band("output", at, this.weightColour(k));
    } else {
      for (const { at } of model.share(side, index)) band("signal", at, this.weightColour(index));
      for (let m = 0; m < model.count; m++) band("output", m, this.weightColour(index));
    }
  }

  // A frame over signal, kernel and products, gliding from the place before.
  drawWindow(painter, side, index, glide) {
    const x = this.left(side, index + this.model.first - this.back(index, glide));
    for (const row of ["signal", "kernel", "products"]) {
      painter.rect(x, this.top(side, row), this.model.width * this.cell, this.height(row), { stroke: INK, thick: 2 });
    }
  }

  back(index, glide) {
    return index > 0 ? 1 - glide : 0;
  }

  drawSignal(painter, side) {
    painter.begin("signal");
    this.model.samples.forEach((value, index) => this.bar(painter, side, "signal", { at: index, value, fill: SIGNAL_INK, index }));
    painter.end();
  }

  drawKernel(painter, side, focus, step, glide) {
    const back = focus.panel === "output" ? this.back(focus.index, glide) : 0;
    const foot = this.top(side, "kernel") + this.height("kernel") - INDEX_ROOM / 2 - 1;
    painter.begin("kernel");
    for (const { k, at, h } of this.lying(side, focus, step)) {
      const current = focus.panel === "kernel" && focus.index === k;
      const told = focus.panel !== "kernel" || Math.abs(focus.index - k) !== 1; // room for the number of the current one
      this.bar(painter, side, "kernel", { at: at - back, value: h, fill: this.weightColour(k), index: k, current, told });
      painter.text(this.left(side, at - back) + this.cell / 2, foot, String(k), { size: Math.min(10, this.cell), fill: PALE_INK });
    }
    painter.end();
  }

  // While the kernel moves on, the products of its new place grow.
  drawProducts(painter, side, focus, glide) {
    const { model } = this;
    const { panel, index } = focus;
    const products = { output: () => model.terms(side, index), input: () => model.spread(side, index), kernel: () => model.share(side, index) }[panel]();
    const grown = panel === "output" && index > 0 ? glide : 1;
    painter.begin("products");
    for (const { k, at, product } of products) this.bar(painter, side, "products", { at, value: product, fill: this.weightColour(k), index: k, grown });
    painter.end();
  }

  // As far as the steps have come, and the output that is looked at.
  drawOutput(painter, side, focus, step, glide) {
    const current = focus.panel === "output" ? focus.index : -1;
    painter.begin("output");
    this.model.outputs[side].forEach((value, index) => {
      if (index > step && index !== current) return;
      const { low, high } = this.model.extents.output;
      const fill = css(divergingColour(this.palette, value, Math.max(-low, high)));
      const grown = index === current && index > 0 ? glide : 1;
      const told = Math.abs(index - current) !== 1; // the number of the present one needs its neighbours' room
      this.bar(painter, side, "output", { at: index, value, fill, index, current: index === current, grown, told });
    });
    painter.end();
  }

  // A bar from the zero line, its number where there is room; a zero is a dot.
  bar(painter, side, row, { at, value, fill, index, current = false, grown = 1, told = true }) {
    const middle = this.left(side, at) + this.cell / 2;
    const [zero, end] = [this.level(side, row, 0), this.level(side, row, value * grown)];
    const width = Math.max(this.cell * BAR, 2);
    const stroke = current ? INK : BAR_EDGE;
    painter.begin("bar", { index, value });
    if (isZero(value)) painter.rect(middle - 2, zero - 2, 4, 4, { fill: stroke });
    else painter.rect(middle - width / 2, Math.min(zero, end), width, Math.abs(end - zero), { fill, stroke, thick: current ? 2.5 : 1 });
    if (grown === 1 && told && (current || !isZero(value))) this.barNumber(painter, middle, end + (value < 0 ? 7 : -7), value, current);
    painter.end();
  }

  // As exact as there is room for.
  barNumber(painter, x, y, value, current) {
    if (current) return painter.text(x, y, exactText(value, 4), { size: 11.5, fill: INK, bold: true });
    for (const text of [exactText(value), shortText(value)]) {
      const size = Math.min(10, (10 * (this.cell + 1)) / painter.measure(text, 10));
      if (size >= SMALLEST_NUMBER && text !== "0") return painter.text(x, y, text, { size, fill: INK });
    }
  }

  drawAxis(painter, theme, side, focus) {
    const y = this.top(side, "output") + this.height("output") + 10;
    const every = this.cell >= 15 ? 1 : EVERY;
    const current = focus.panel === "kernel" ? -EVERY : focus.index;
    painter.begin("axis");
    painter.text(this.boxes[side].x - 5, y, "n", { size: 11, fill: theme.muted, align: "right" });
    for (let n = 0; n < this.model.count; n++) {
      const free = every === 1 || (n % every === 0 && Math.abs(n - current) * this.cell > 14);
      if (n !== current && !free) continue;
      painter.text(this.left(side, n) + this.cell / 2, y, String(n), { size: n === current ? 12 : 10, fill: n === current ? theme.text : theme.muted, bold: n === current });
    }
    painter.end();
  }
}

const SIGNAL_INK = css(neutral(1, 0.72));
