// The arithmetic of a focus under the bars, in words and numbers; how the scene of a signal writes numbers.

Object.assign(SignalScene.prototype, {
  drawStrip(painter, theme, focus) {
    painter.begin("arithmetic");
    this.writeTokens(painter, theme, focus);
    painter.end();
  },

  writeTokens(painter, theme, focus) {
    const strip = new Strip(painter, theme, this.strip.x, this.strip.y + LINE / 2, this.strip.width);
    for (const token of this.tokens(focus)) strip.write(token);
    return strip.y + LINE / 2 - this.strip.y;
  },

  // Enough for the longest arithmetic that can come, so that nothing jumps.
  stripHeight(painter) {
    const silent = { measure: (...told) => painter.measure(...told), rect() {}, text() {} };
    const { count, width } = this.model;
    const panels = [["output", count], ["input", count], ["kernel", width]];
    const foci = panels.flatMap(([panel, each]) => times(each, (index) => ({ panel, side: SIDES[0], index })));
    return Math.max(...foci.map((focus) => this.writeTokens(silent, {}, focus)));
  },

  tokens(focus) {
    return { output: () => this.outputTokens(focus.index), input: () => this.sampleTokens(focus), kernel: () => this.weightTokens(focus) }[focus.panel]();
  },

  outputTokens(m) {
    return SIDES.flatMap((side, i) => [
      ...(i ? [{ break: true }] : []),
      { text: `${this.labels[side]}  y[${m}] =`, bold: true },
      ...this.model.terms(side, m).flatMap(({ k, x, h }, place) => [
        ...(place ? [{ text: "+", muted: true }] : []),
        { text: productText(x, h), fill: this.weightColour(k) },
      ]),
      { text: "=" },
      { text: exactText(this.model.outputs[side][m], 4), fill: POOL, bold: true },
    ]);
  },

  sampleTokens({ side, index }) {
    const { model } = this;
    const reached = model.spread(side, index).filter(({ at }) => model.isOutput(at));
    return [
      { text: `${this.labels[side]}  x[${index}] = ${exactText(model.sample(index))}`, bold: true },
      { break: true },
      ...words(this.labels.sample_reaches.replace("{count}", reached.length)),
      ...reached.flatMap(({ k, at, x, h }, i) => [
        ...(i ? [{ text: ";", muted: true }] : []),
        { text: productText(x, h), fill: this.weightColour(k) },
        { text: `→ y[${at}]`, muted: true },
      ]),
    ];
  },

  weightTokens({ side, index }) {
    const { model } = this;
    const offset = model.offset(side, index);
    const place = offset ? `n ${offset < 0 ? "\u2212" : "+"} ${Math.abs(offset)}` : "n";
    const h = exactText(model.weights[index]);
    return [
      { text: `${this.labels[side]}  h[${index}] = ${h}`, bold: true, fill: this.weightColour(index) },
      { break: true },
      ...words(this.labels.weight_reads.replace("{count}", model.count)),
      { text: `${h}·x[${place}] → y[n]`, fill: this.weightColour(index) },
    ];
  },

  describe(focus) {
    return this.tokens(focus).map(({ text }) => text ?? ".").join(" ");
  },
});

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
