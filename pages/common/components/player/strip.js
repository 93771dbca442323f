// The arithmetic of a focus in a line or two under the grids: every product in the colour of its weight, sums, result.

const TOKEN = 13.5; // size of the type
const LINE = 25; // from one line to the next
const MOST_PRODUCTS = 60; // written out; of more only the sums
const DOTS = 16; // pixels at the end of a line, for those that say that there is more
const SAMPLED = 48; // steps whose arithmetic is laid out in advance
const POINTED_LINES = 5;
const ON_COLOUR = "#16202b";

// Words and coloured numbers, wrapped into lines down to `bottom`. A token is {text, fill, bold, muted, break}.
class Strip {
  constructor(painter, theme, x, y, width, bottom) {
    Object.assign(this, { painter, theme, left: x, x, y, right: x + width, bottom, full: false });
  }

  write(token) {
    if (this.full) return;
    if (token.break) {
      if (this.x > this.left) this.newLine();
      return;
    }
    if (this.y + LINE / 2 > this.bottom) {
      this.full = true; // the line above ends in dots
      this.painter.text(this.right, this.y - LINE, "…", { size: TOKEN, fill: this.theme.text, align: "right", bold: true });
      return;
    }
    const bold = Boolean(token.bold);
    const pad = token.fill ? 4 : 0;
    const width = this.painter.measure(token.text, TOKEN, bold) + 2 * pad;
    if (this.x + width > this.right && this.x > this.left) {
      this.newLine();
      return this.write(token);
    }
    if (token.fill) this.painter.rect(this.x, this.y - 9.5, width, 19, { fill: token.fill });
    const fill = token.fill ? ON_COLOUR : token.muted ? this.theme.muted : this.theme.text;
    this.painter.text(this.x + pad, this.y, token.text, { size: TOKEN, fill, align: "left", bold });
    this.x += width + 5;
  }

  newLine() {
    this.x = this.left;
    this.y += LINE;
  }
}

Object.assign(GridScene.prototype, {
  // Enough for the arithmetic of every step, so that nothing jumps while it plays; as far as a few lines more do, also
  // for what is pointed at.
  stripHeight(width, painter) {
    const measuring = measuringPainter(painter);
    const lines = (focus) => this.lines(this.tokens(focus, false), width, measuring);
    const steps = spacedOut(this.steps, SAMPLED).map((step) => lines(this.focusAt(step)));
    const most = Math.max(...steps) + (this.steps > SAMPLED ? 1 : 0); // one in between may be longer
    return (Math.max(most, Math.min(Math.max(...this.pointedAt().map(lines)), POINTED_LINES)) + 0.4) * LINE;
  },

  lines(tokens, width, painter) {
    const strip = new Strip(painter, {}, 0, 0, width, Infinity);
    for (const token of tokens) strip.write(token);
    return 1 + Math.round(strip.y / LINE);
  },

  // Cells that the steps do not look at but the mouse may.
  pointedAt() {
    const { rows, columns } = this.model;
    const [panel, height, width] = this.spread ? ["output", rows.output, columns.output] : ["input", rows.size, columns.size];
    return spacedOut(height * width, SAMPLED).map((i) => ({ panel, [this.spread ? "filter" : "channel"]: 0, row: Math.floor(i / width), column: i % width }));
  },

  drawStrip(painter, theme, focus, step, hidden) {
    if (!focus) return;
    painter.begin("arithmetic");
    const { x, y, width, bottom } = this.strip;
    const strip = new Strip(painter, theme, x, y + LINE / 2, width - DOTS, bottom);
    for (const token of this.tokens(focus, hidden === "values")) strip.write(token);
    painter.end();
  },

  tokens(focus, secret) {
    if (focus.panel === "output") return this.outputTokens(focus, secret);
    return focus.panel === "input" ? this.inputTokens(focus) : this.kernelTokens(focus);
  },

  outputTokens({ filter, row, column }, secret) {
    const { model, labels } = this;
    const head = { text: this.named("output_cell", { row, column, filter }), bold: true };
    const result = { text: secret ? "?" : cellText(model.value(filter, row, column)), fill: POOL, bold: true };
    if (model.pooling) return [head, { break: true }, ...this.poolTokens(filter, row, column), { text: "=" }, result];
    const channels = model.channelsOf(filter);
    const lines = channels.flatMap((channel) => [
      { break: true },
      ...(channels.length > 1 ? [{ text: labels.channel.replace("{number}", channel + 1) + ":", muted: true }] : []),
      ...this.products(filter, channel, row, column, channels.length),
      ...(channels.length > 1 || model.bias ? [{ text: `= ${secret ? "?" : cellText(model.channelSum(filter, channel, row, column))}`, bold: true }] : []),
    ]);
    if (channels.length === 1 && !model.bias) return [head, ...lines, { text: "=" }, result];
    const sums = channels.flatMap((channel, i) => [...(i ? [{ text: "+" }] : []), { text: secret ? "?" : bracketed(model.channelSum(filter, channel, row, column), i) }]);
    const bias = model.bias ? [{ text: "+" }, { text: `${labels.bias} ${bracketed(model.bias[filter], 1)}` }] : [];
    return [head, ...lines, { break: true }, { text: labels.total, muted: true }, ...sums, ...bias, { text: "=" }, result];
  },

  products(filter, channel, row, column, channels) {
    const { rows, columns } = this.model;
    const terms = this.model.terms(filter, channel, row, column).filter((term) => !(this.spread && term.empty));
    if (rows.kernel * columns.kernel * channels > MOST_PRODUCTS) {
      return [{ text: this.labels.products.replace("{count}", terms.length) }];
    }
    if (!terms.length) return [{ text: "0" }];
    return terms.flatMap(({ k, l, x, w, empty }, i) => [
      ...(i ? [{ text: "+", muted: true }] : []),
      { text: `${bracketed(x, 0)}·${bracketed(w, 1)}`, fill: this.weightColour(k, l), muted: empty },
    ]);
  },

  poolTokens(filter, row, column) {
    const { model } = this;
    const largest = model.kind === "max";
    const winner = largest ? model.winner(filter, row, column) : null;
    const terms = model.terms(filter, filter, row, column).filter((term) => !term.empty);
    // Zeros of the padding that count in an average stand in its sum.
    if (!largest) while (terms.length < model.divisor(row, column)) terms.push({ x: 0, row: -1, column: -1 });
    const numbers = terms.length > MOST_PRODUCTS
      ? [{ text: this.labels.cells.replace("{count}", terms.length) }]
      : terms.flatMap((term, i) => {
          const chosen = winner && term.row === winner.row && term.column === winner.column;
          return [...(i ? [{ text: largest ? "," : "+", muted: true }] : []), { text: largest ? cellText(term.x) : bracketed(term.x, i), fill: chosen ? CHOSEN : POOL }];
        });
    if (largest) return [{ text: "max(" }, ...(terms.length ? numbers : [{ text: cellText(-Infinity) }]), { text: ")" }];
    return [{ text: "(" }, ...numbers, { text: `) / ${model.divisor(row, column)}` }];
  },

  inputTokens({ channel, row, column, filter }) {
    const { model, labels } = this;
    const value = model.cell(channel, row, column);
    const reached = model.reached(row, column);
    const head = { text: this.named("input_cell", { row, column, channel, value: cellText(value) }), bold: true };
    if (!reached.length) return [head, { break: true }, { text: labels.reaches_none }];
    const filters = filter === undefined ? model.filtersOf(channel) : [filter];
    const cells = new Set(reached.map((each) => each.row * model.columns.output + each.column)); // a mirror shows it twice
    const told = model.pooling ? labels.read_by : labels.reaches;
    const text = { text: told.replace("{count}", cells.size * filters.length) };
    if (model.pooling || reached.length > MOST_PRODUCTS) return [head, { break: true }, text];
    const first = filters[0];
    return [head, { break: true }, text, { break: true }, ...reached.flatMap(({ row: r, column: c, k, l }, i) => [
      ...(i ? [{ text: ";", muted: true }] : []),
      { text: `${bracketed(value, 0)}·${bracketed(model.weight(first, channel, k, l), 1)} = ${cellText(value * model.weight(first, channel, k, l))}`, fill: this.weightColour(k, l) },
      { text: `→ (${r + 1}, ${c + 1})`, muted: true },
    ])];
  },

  kernelTokens({ filter, channel, row, column }) {
    const { model, labels } = this;
    const { rows, columns } = model.touched(row, column);
    const value = model.weight(filter, channel, row, column);
    const numbers = { outputs: model.rows.output * model.columns.output, cells: rows.length * columns.length };
    return [
      { text: this.named("weight", { row, column, channel, filter, value: cellText(value) }), bold: true, fill: this.weightColour(row, column) },
      { break: true },
      { text: labels.shared.replace("{outputs}", numbers.outputs).replace("{cells}", numbers.cells) },
    ];
  },

  // "Output (row 2, column 3)" and so on: counted from 1, filter and channel only where there are several.
  named(kind, { row, column, filter, channel, value }) {
    const { model, labels } = this;
    const several = { filter: this.outputs.length > 1, channel: model.channels > 1 };
    let text = labels[kind].replace("{row}", row + 1).replace("{column}", column + 1);
    if (channel !== undefined && several.channel) text += `, ${labels.channel.replace("{number}", channel + 1)}`;
    if (filter !== undefined && several.filter) text += `, ${labels.filter.replace("{number}", filter + 1)}`;
    return value === undefined ? text : `${text} = ${value}`;
  },

  describe(focus, secret) {
    return this.tokens(focus, secret).map(({ text }) => text ?? ".").join(" ");
  },
});

// A negative number that does not stand first goes into brackets.
function bracketed(value, place) {
  const text = cellText(value);
  return value < 0 && place > 0 ? `(${text})` : text;
}

// Some of `count` numbers from 0 on, the last among them.
const spacedOut = (count, most) => times(Math.min(count, most), (i) => Math.floor(((i + 1) * count) / Math.min(count, most)) - 1);

// Draws nothing, and measures each text once.
function measuringPainter(painter) {
  const widths = new Map();
  const measure = (text, size, bold) => {
    const id = `${text} ${size} ${bold}`;
    if (!widths.has(id)) widths.set(id, painter.measure(text, size, bold));
    return widths.get(id);
  };
  return { measure, rect() {}, text() {} };
}
