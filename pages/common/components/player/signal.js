// A signal meets a kernel along one axis: flip, shift, multiply, add; beside it the correlation, which does not flip.
//
// Output m reads sample m + offset(side, k) through weight k. A focus is {panel: "output" | "input" | "kernel", side,
// index}: an output shows its window, a sample the copy of the kernel that it adds to the outputs, a weight all products
// that it makes.

const SIDES = ["convolution", "correlation"];
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
  constructor(header, [samples, weights], palette) {
    Object.assign(this, { header, palette, labels: header.labels, samples: floats(samples), weights: floats(weights) });
    this.count = this.samples.length;
    this.width = this.weights.length;
    this.steps = this.count;
    this.after = Math.floor(this.width / 2); // zeros behind the signal; in front of it as many, or one less
    this.first = this.after + 1 - this.width; // of the axis
    this.positions = this.count + this.width - 1;
    this.outputs = Object.fromEntries(SIDES.map((side) => [side, times(this.count, (m) => this.value(side, m))]));
    const products = [...this.samples].flatMap((x) => [...this.weights].map((h) => x * h));
    const outputs = SIDES.flatMap((side) => this.outputs[side]);
    this.extents = { signal: extent(this.samples), kernel: extent(this.weights), products: extent(products), output: extent(outputs) };
    this.drawnStep = 0;
  }

  // ---- arithmetic

  offset(side, k) {
    return side === "convolution" ? this.after - k : this.first + k;
  }

  sample(i) {
    return this.samples[i] ?? 0;
  }

  // What output m adds up, from left to right: {k, at, x, h, product}.
  terms(side, m) {
    const found = times(this.width, (k) => this.term(k, m + this.offset(side, k)));
    return found.sort((one, other) => one.at - other.at);
  }

  term(k, at) {
    const [x, h] = [this.sample(at), this.weights[k]];
    return { k, at, x, h, product: x * h };
  }

  value(side, m) {
    return sum(this.terms(side, m).map(({ product }) => product));
  }

  // What sample i adds to the outputs, from left to right: {k, at (the output), x, h, product}.
  spread(side, i) {
    const found = times(this.width, (k) => ({ ...this.term(k, i), at: i - this.offset(side, k) }));
    return found.sort((one, other) => one.at - other.at);
  }

  // What weight k makes, one product for each output: {k, at (the sample), x, h, product}.
  share(side, k) {
    return times(this.count, (m) => this.term(k, m + this.offset(side, k)));
  }

  isOutput(m) {
    return m >= 0 && m < this.count;
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
    return focus.panel === "input" ? this.spread(side, focus.index) : this.terms(side, focus.panel === "output" ? focus.index : step);
  }

  hit(x, y, focus) {
    for (const side of SIDES) {
      const row = SIGNAL_ROWS.find((name) => y >= this.top(side, name) && y < this.top(side, name) + this.height(name));
      const at = Math.floor((x - this.boxes[side].x) / this.cell) + this.first;
      if (!row || at < this.first || at >= this.first + this.positions) continue;
      if (row === "signal" && this.isOutput(at)) return { panel: "input", side, index: at };
      if (row === "output" && this.isOutput(at)) return { panel: "output", side, index: at };
      const weight = row === "kernel" && this.lying(side, focus, this.drawnStep).find((each) => each.at === at);
      if (weight) return { panel: "kernel", side, index: weight.k };
    }
    return null;
  }

  firstOf(panel, focus) {
    const side = focus.side ?? SIDES[0];
    const index = panel === "kernel" && side === "convolution" ? this.width - 1 : 0; // the leftmost one
    return { panel, side, index };
  }

  // Left and right go along the row as it is drawn, up and down to the other side.
  neighbour(focus, down, right) {
    const side = down ? SIDES[down > 0 ? 1 : 0] : focus.side;
    const count = focus.panel === "kernel" ? this.width : this.count;
    const on = focus.panel === "kernel" && side === "convolution" ? -right : right;
    return { ...focus, side, index: Math.min(Math.max(focus.index + on, 0), count - 1) };
  }

  // ---- layout

  layout(width, height, painter) {
    this.narrow = width < NARROW;
    const across = this.narrow ? width : (width - SIDE_GAP) / 2;
    this.cell = (across - SCALE_ROOM - 4) / this.positions;
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
    return this.rowHeight + (this.narrow && this.extents[row].low < 0 ? NUMBER_ROOM : 0);
  }

  topOf(row) {
    const above = SIGNAL_ROWS.slice(0, SIGNAL_ROWS.indexOf(row));
    return SIDE_HEAD + ROW_LABEL + sum(above.map((each) => this.height(each) + ROW_GAP + ROW_LABEL));
  }

  top(side, row) {
    return this.boxes[side].y + this.topOf(row);
  }

  left(side, position) {
    return this.boxes[side].x + (position - this.first) * this.cell;
  }

  level(side, row, value) {
    const { low, high } = this.extents[row];
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
    const room = this.left(side, this.first + this.positions) - after;
    const size = Math.min(12, (12 * room) / painter.measure(note, 12));
    painter.text(after, y, note, { size, fill: theme.muted, align: "left" });
  }

  drawLegend(painter, theme, side, from) {
    const [right, y] = [this.left(side, this.first + this.positions), this.top(side, "signal") - 8];
    const width = painter.measure(this.labels.zeros_outside, 11);
    if (this.width === 1 || right - width - 16 < from) return;
    painter.rect(right - width - 16, y - 5, 11, 10, { fill: RING, stroke: GRID_LINE });
    painter.text(right, y, this.labels.zeros_outside, { size: 11, fill: theme.muted, align: "right" });
  }

  drawPaper(painter, theme, side, row) {
    const [x, y, width] = [this.boxes[side].x, this.top(side, row), this.positions * this.cell];
    const { low, high } = this.extents[row];
    const height = this.height(row);
    painter.rect(x, y, width, height, { fill: PAPER });
    if (row === "signal") {
      painter.rect(x, y, -this.first * this.cell, height, { fill: RING });
      painter.rect(this.left(side, this.count), y, this.after * this.cell, height, { fill: RING });
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
    return `hsl(${Math.round(weightHue(k, this.width))}, 78%, ${k % 2 ? 72 : 80}%)`;
  }

  // What the focus lights up, behind the bars.
  drawMarks(painter, side, focus, glide) {
    const { panel, index } = focus;
    const band = (row, at, fill) => painter.rect(this.left(side, at), this.top(side, row), this.cell, this.height(row), { fill });
    if (panel === "output") {
      for (const { k, at } of this.terms(side, index)) band("signal", at, this.weightColour(k));
      band("output", index, POOL);
      this.drawWindow(painter, side, index, glide);
    } else if (panel === "input") {
      band("signal", index, POOL);
      for (const { k, at } of this.spread(side, index)) if (this.isOutput(at)) band("output", at, this.weightColour(k));
    } else {
      for (const { at } of this.share(side, index)) band("signal", at, this.weightColour(index));
      for (let m = 0; m < this.count; m++) band("output", m, this.weightColour(index));
    }
  }

  // A frame over signal, kernel and products, gliding from the place before.
  drawWindow(painter, side, index, glide) {
    const x = this.left(side, index + this.first - this.back(index, glide));
    for (const row of ["signal", "kernel", "products"]) {
      painter.rect(x, this.top(side, row), this.width * this.cell, this.height(row), { stroke: INK, thick: 2 });
    }
  }

  back(index, glide) {
    return index > 0 ? 1 - glide : 0;
  }

  drawSignal(painter, side) {
    painter.begin("signal");
    this.samples.forEach((value, index) => this.bar(painter, side, "signal", { at: index, value, fill: SIGNAL_INK, index }));
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
    const { panel, index } = focus;
    const products = { output: () => this.terms(side, index), input: () => this.spread(side, index), kernel: () => this.share(side, index) }[panel]();
    const grown = panel === "output" && index > 0 ? glide : 1;
    painter.begin("products");
    for (const { k, at, product } of products) this.bar(painter, side, "products", { at, value: product, fill: this.weightColour(k), index: k, grown });
    painter.end();
  }

  // As far as the steps have come, and the output that is looked at.
  drawOutput(painter, side, focus, step, glide) {
    const current = focus.panel === "output" ? focus.index : -1;
    painter.begin("output");
    this.outputs[side].forEach((value, index) => {
      if (index > step && index !== current) return;
      const { low, high } = this.extents.output;
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
    for (let n = 0; n < this.count; n++) {
      const free = every === 1 || (n % every === 0 && Math.abs(n - current) * this.cell > 14);
      if (n !== current && !free) continue;
      painter.text(this.left(side, n) + this.cell / 2, y, String(n), { size: n === current ? 12 : 10, fill: n === current ? theme.text : theme.muted, bold: n === current });
    }
    painter.end();
  }

  // ---- the arithmetic in words and numbers

  drawStrip(painter, theme, focus) {
    painter.begin("arithmetic");
    this.writeTokens(painter, theme, focus);
    painter.end();
  }

  writeTokens(painter, theme, focus) {
    const strip = new Strip(painter, theme, this.strip.x, this.strip.y + LINE / 2, this.strip.width);
    for (const token of this.tokens(focus)) strip.write(token);
    return strip.y + LINE / 2 - this.strip.y;
  }

  // Enough for the longest arithmetic that can come, so that nothing jumps.
  stripHeight(painter) {
    const silent = { measure: (...told) => painter.measure(...told), rect() {}, text() {} };
    const panels = [["output", this.count], ["input", this.count], ["kernel", this.width]];
    const foci = panels.flatMap(([panel, count]) => times(count, (index) => ({ panel, side: SIDES[0], index })));
    return Math.max(...foci.map((focus) => this.writeTokens(silent, {}, focus)));
  }

  tokens(focus) {
    return { output: () => this.outputTokens(focus.index), input: () => this.sampleTokens(focus), kernel: () => this.weightTokens(focus) }[focus.panel]();
  }

  outputTokens(m) {
    return SIDES.flatMap((side, i) => [
      ...(i ? [{ break: true }] : []),
      { text: `${this.labels[side]}  y[${m}] =`, bold: true },
      ...this.terms(side, m).flatMap(({ k, x, h }, place) => [
        ...(place ? [{ text: "+", muted: true }] : []),
        { text: productText(x, h), fill: this.weightColour(k) },
      ]),
      { text: "=" },
      { text: exactText(this.outputs[side][m], 4), fill: POOL, bold: true },
    ]);
  }

  sampleTokens({ side, index }) {
    const reached = this.spread(side, index).filter(({ at }) => this.isOutput(at));
    return [
      { text: `${this.labels[side]}  x[${index}] = ${exactText(this.sample(index))}`, bold: true },
      { break: true },
      ...words(this.labels.sample_reaches.replace("{count}", reached.length)),
      ...reached.flatMap(({ k, at, x, h }, i) => [
        ...(i ? [{ text: ";", muted: true }] : []),
        { text: productText(x, h), fill: this.weightColour(k) },
        { text: `→ y[${at}]`, muted: true },
      ]),
    ];
  }

  weightTokens({ side, index }) {
    const offset = this.offset(side, index);
    const place = offset ? `n ${offset < 0 ? "\u2212" : "+"} ${Math.abs(offset)}` : "n";
    const h = exactText(this.weights[index]);
    return [
      { text: `${this.labels[side]}  h[${index}] = ${h}`, bold: true, fill: this.weightColour(index) },
      { break: true },
      ...words(this.labels.weight_reads.replace("{count}", this.count)),
      { text: `${h}·x[${place}] → y[n]`, fill: this.weightColour(index) },
    ];
  }

  describe(focus) {
    return this.tokens(focus).map(({ text }) => text ?? ".").join(" ");
  }
}

const SIGNAL_INK = css(neutral(1, 0.72));

// From the least to the largest value, zero included.
function extent(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  return low === high ? { low, high: 1 } : { low, high };
}

const signedText = (value) => String(value).replace("-", "\u2212");

// Two decimals, three where two would leave one digit.
const shortText = (value) => signedText(Number(value.toFixed(Math.abs(value) < 0.1 ? 3 : 2)) || 0);

// A sentence that may be wrapped.
const words = (text) => text.split(" ").map((word) => ({ text: word }));

// What rounding leaves of a sum of zero.
const isZero = (value) => Math.abs(value) < 1e-9;

// As many digits as count; a sum gets one more than what it adds up.
const exactText = (value, digits = 3) => (isZero(value) ? "0" : signedText(Number(value.toPrecision(digits))));

const productText = (x, h) => `${exactText(x)}·${h < 0 ? `(${exactText(h)})` : exactText(h)}`;
