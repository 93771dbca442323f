// Taking away: what is shown as PNG, the curves' numbers as CSV.

Object.assign(Lab.prototype, labControls, {
  async export(kind) {
    this.part(".export").open = false;
    const blob = kind === "csv" ? new Blob([this.csv()], { type: "text/csv" }) : await this.png();
    const link = Object.assign(element("a"), { href: URL.createObjectURL(blob), download: `cnnviz-${this.fileName()}.${kind}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },

  fileName() {
    return (this.store.run ?? "run").replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(-60);
  },

  csv() {
    const lines = [this.columns, ...this.store.rows.map((row) => row.map((value) => value ?? ""))];
    return `${lines.map((line) => line.join(",")).join("\n")}\n`;
  },

  // Canvases and words where they stand on the screen, twice as large.
  png() {
    const box = this.host.getBoundingClientRect();
    const canvas = element("canvas");
    [canvas.width, canvas.height] = [2 * Math.ceil(box.width + 24), 2 * Math.ceil(box.height + 24)];
    const context = canvas.getContext("2d");
    context.fillStyle = this.theme.paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.setTransform(2, 0, 0, 2, 24 - 2 * box.left, 24 - 2 * box.top);
    context.imageSmoothingEnabled = false;
    for (const card of this.host.querySelectorAll(".card")) this.pngFrame(context, card);
    for (const each of this.host.querySelectorAll("canvas")) {
      const place = each.getBoundingClientRect();
      if (place.width && each.width) context.drawImage(each, place.left, place.top, place.width, place.height);
    }
    for (const each of this.host.querySelectorAll("figcaption > *, figcaption:not(:has(*)), .counter, .note, .answer, .aside p, .aside b, .aside li")) this.pngText(context, each);
    return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  },

  pngFrame(context, card) {
    const { left, top, width, height } = card.getBoundingClientRect();
    context.strokeStyle = getComputedStyle(card).borderTopColor;
    context.lineWidth = 3;
    context.strokeRect(left, top, width, height);
  },

  pngMark(context, colour, x, y) {
    context.save();
    context.fillStyle = colour;
    context.fillRect(x, y, 10, 10);
    context.restore();
  },

  // Words line by line, as the browser has broken them.
  pngText(context, each) {
    const style = getComputedStyle(each);
    context.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    Object.assign(context, { fillStyle: style.color, textAlign: "left", textBaseline: "top" });
    const { left: start, top, width } = each.getBoundingClientRect();
    const mark = { training: this.theme.training, test: this.theme.test, steps: this.theme.steps }[each.className];
    const left = mark ? start + 15 : start;
    if (mark) this.pngMark(context, mark, start, top + 4);
    let [line, y] = ["", top];
    for (const word of each.textContent.split(" ")) {
      if (line && context.measureText(`${line} ${word}`).width > width + 2) {
        context.fillText(line, left, y);
        [line, y] = [word, y + parseFloat(style.fontSize) * 1.3];
      } else line = line ? `${line} ${word}` : word;
    }
    context.fillText(line, left, y);
  },
});
