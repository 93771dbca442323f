// The confusion matrix: rows what a picture is, columns what the network says; colour by the share of the row.

const COUNTED_UP_TO = 12; // classes: beyond, no numbers in cells and no names beside
const PAIRS = 6;

class ConfusionPanel {
  constructor(lab) {
    this.lab = lab;
    this.host = element("div", "confusion");
    this.canvas = element("canvas");
    this.aside = element("div", "aside");
    this.host.append(this.canvas, this.aside);
    this.canvas.addEventListener("pointermove", (event) => this.point(event));
    this.canvas.addEventListener("pointerleave", () => lab.say(""));
  }

  draw(seen) {
    const { lab } = this;
    [this.size] = seen.confusion.shape;
    this.counts = seen.array(seen.confusion, Uint32Array);
    this.sums = range(this.size).map((row) => range(this.size).reduce((sum, column) => sum + this.count(row, column), 0));
    lab.note(lab.labels.confusion_axes);
    this.drawAside();
    this.layout();
    const context = surface(this.canvas, this.width, this.height);
    context.font = this.letters;
    context.textBaseline = "middle";
    for (const row of range(this.size)) for (const column of range(this.size)) this.drawCell(context, row, column);
    if (this.named) this.drawNames(context);
    context.strokeStyle = lab.theme.line;
    context.strokeRect(this.left + 0.5, 0.5, this.cell.width * this.size, this.cell.height * this.size);
  }

  count(row, column) {
    return this.counts[row * this.size + column];
  }

  share(row, column) {
    return this.sums[row] ? this.count(row, column) / this.sums[row] : 0;
  }

  layout() {
    const { width, height } = this.lab.room();
    this.named = this.size <= COUNTED_UP_TO;
    const wide = width > 560 ? width - 250 : width;
    const tall = Math.max(height - (this.named ? 24 : 2), 120);
    this.letters = `${Math.min(15, (tall / this.size) * 0.62)}px ${this.lab.theme.font}`;
    this.left = this.named ? Math.min(this.widest() + 12, wide * 0.25) : 0;
    this.cell = { height: tall / this.size, width: (wide - this.left - 4) / this.size };
    this.cell.width = Math.min(this.cell.width, this.cell.height * (this.named ? 3 : 1.6));
    [this.width, this.height] = [this.left + this.cell.width * this.size + 2, tall + (this.named ? 24 : 2)];
  }

  widest() {
    const context = this.canvas.getContext("2d");
    context.font = this.letters;
    return Math.max(...range(this.size).map((i) => context.measureText(this.lab.name(i)).width));
  }

  colour(share) {
    const paper = rgbOf(this.lab.theme.paper);
    return this.lab.theme.share.map((level, i) => Math.round(paper[i] + share * (level - paper[i])));
  }

  drawCell(context, row, column) {
    const colour = this.colour(this.share(row, column));
    const [x, y] = [this.left + column * this.cell.width, row * this.cell.height];
    context.fillStyle = css(colour);
    context.fillRect(x, y, this.cell.width + 0.3, this.cell.height + 0.3);
    if (!this.named || !this.count(row, column)) return;
    context.fillStyle = inkOn(colour);
    context.textAlign = "center";
    context.fillText(this.count(row, column), x + this.cell.width / 2, y + this.cell.height / 2);
  }

  drawNames(context) {
    context.fillStyle = this.lab.theme.text;
    for (const i of range(this.size)) {
      context.textAlign = "right";
      context.fillText(fitted(context, this.lab.name(i), this.left - 8), this.left - 6, (i + 0.5) * this.cell.height);
      context.textAlign = "center";
      const x = this.left + (i + 0.5) * this.cell.width;
      context.fillText(fitted(context, this.lab.name(i), this.cell.width - 3), x, this.height - 11);
    }
  }

  drawAside() {
    const { labels } = this.lab;
    const all = this.sums.reduce((sum, each) => sum + each, 0);
    const right = range(this.size).reduce((sum, i) => sum + this.count(i, i), 0);
    const title = element("p", "total", told(labels.confusion_right, { right, all, share: percent(all ? right / all : null, 1) }));
    const list = element("ol");
    list.append(...this.pairs().map(([row, column]) => element("li", "", `${this.lab.name(row)} → ${this.lab.name(column)}: ${this.count(row, column)}`)));
    this.aside.replaceChildren(title, element("b", "", list.children.length ? labels.confusion_pairs : ""), list);
  }

  pairs() {
    const wrong = range(this.size * this.size).filter((i) => this.counts[i] && Math.floor(i / this.size) !== i % this.size);
    wrong.sort((a, b) => this.counts[b] - this.counts[a] || a - b);
    return wrong.slice(0, PAIRS).map((i) => [Math.floor(i / this.size), i % this.size]);
  }

  point(event) {
    if (!this.cell) return;
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top) / this.cell.height);
    const column = Math.floor((event.clientX - box.left - this.left) / this.cell.width);
    const inside = row >= 0 && column >= 0 && row < this.size && column < this.size;
    this.lab.say(inside ? told(this.lab.labels.confusion_cell, { label: this.lab.name(row), answer: this.lab.name(column), count: this.count(row, column), share: percent(this.share(row, column), 1) }) : "");
  }
}

// As much of a text as fits.
function fitted(context, text, width) {
  let shown = text;
  while (shown.length > 1 && context.measureText(shown).width > width) shown = `${shown.replace("…", "").slice(0, -1)}…`;
  return shown;
}
