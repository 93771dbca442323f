// Gradient, activations and weights of every layer, as bars on a logarithmic axis that all epochs share.

const KINDS = ["gradient", "activation", "weight"];
const MOST_DECADES = 12; // what is smaller, 0 among it, has no bar

class NormsPanel {
  constructor(lab) {
    this.lab = lab;
    this.host = element("div", "norms");
    this.charts = KINDS.map((name, kind) => new NormChart(lab, name, kind));
    this.host.append(...this.charts.map(({ host }) => host));
  }

  draw(seen) {
    this.lab.note(this.lab.labels.norms_note);
    const { width, height } = this.lab.room();
    const beside = width >= 560;
    for (const chart of this.charts) chart.draw(seen.norms[chart.kind], beside ? (width - 24) / 3 : width, beside ? height : 170);
  }
}

class NormChart {
  constructor(lab, name, kind) {
    Object.assign(this, { lab, name, kind });
    this.host = element("figure", name);
    this.caption = element("figcaption");
    this.canvas = element("canvas");
    this.host.append(this.caption, this.canvas);
    this.canvas.addEventListener("pointermove", (event) => lab.say(this.at(event)));
    this.canvas.addEventListener("pointerleave", () => lab.say(""));
  }

  draw(layers, width, height) {
    const { lab } = this;
    this.layers = layers;
    this.caption.textContent = lab.labels.norms[this.name];
    const tall = height - 24;
    const context = surface(this.canvas, width, tall);
    this.scale();
    this.box = { left: 44, right: width - 4, top: 8, bottom: tall - 20 };
    context.font = `13px ${lab.theme.font}`;
    this.drawAxis(context, tall);
    const pitch = (this.box.right - this.box.left) / layers.length;
    context.fillStyle = lab.theme.training;
    layers.forEach(([, value], i) => {
      if (value > 0) context.fillRect(this.box.left + i * pitch + pitch * 0.1, this.y(value), Math.max(pitch * 0.8, 1), this.box.bottom - this.y(value));
    });
  }

  // Whole powers of ten around everything that all epochs have.
  scale() {
    const [low, high] = this.lab.store.normRange(this.kind) ?? [0.1, 1];
    this.high = Math.ceil(Math.log10(high) + 0.02);
    this.low = Math.max(Math.min(Math.floor(Math.log10(low) - 0.02), this.high - 1), this.high - MOST_DECADES);
  }

  drawAxis(context, tall) {
    const { theme } = this.lab;
    Object.assign(context, { strokeStyle: theme.line, fillStyle: theme.text, lineWidth: 1, textBaseline: "middle" });
    const every = Math.ceil((this.high - this.low) / Math.max(2, tall / 30));
    for (let power = this.low; power <= this.high; power++) {
      const y = Math.round(this.y(10 ** power)) + 0.5;
      segment(context, this.box.left, y, this.box.right, y);
      context.textAlign = "right";
      if ((power - this.low) % every === 0) context.fillText(power >= -2 && power <= 3 ? String(Number((10 ** power).toPrecision(1))) : `1e${power}`.replace("-", "\u2212"), this.box.left - 5, y);
    }
    const pitch = (this.box.right - this.box.left) / this.layers.length;
    context.textAlign = "center";
    for (const i of ticks(1, Math.max(this.layers.length, 2), Math.min(this.layers.length, 8)).filter((each) => Number.isInteger(each) && each <= this.layers.length)) {
      context.fillText(i, this.box.left + (i - 0.5) * pitch, tall - 9);
    }
  }

  y(value) {
    const share = (Math.log10(value) - this.low) / (this.high - this.low);
    return this.box.bottom - clamp01(share) * (this.box.bottom - this.box.top);
  }

  at(event) {
    if (!this.box) return "";
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    const layer = this.layers[Math.floor(((x - this.box.left) / (this.box.right - this.box.left)) * this.layers.length)];
    return layer ? `${layer[0]}: ${short(layer[1])}` : "";
  }
}
