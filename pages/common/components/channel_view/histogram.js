// How the numbers of the channel are spread: bars in the colours of the map, ticks below, exact zeros as a number.

class HistogramPicture {
  constructor(parent) {
    this.title = element("div", "caption");
    this.canvas = element("canvas", "histogram");
    this.note = element("div", "note");
    this.host = element("div", "", this.title, this.canvas, this.note);
    parent.append(this.host);
  }

  // content: {edges, low, high, counts, zeros, total, scale, labels}
  show(content) {
    this.content = content;
    const { labels, zeros, total } = content;
    this.host.hidden = total < 2;
    this.title.textContent = labels.histogram;
    const share = formatNumber((100 * zeros) / total, 1);
    this.note.textContent = zeros ? fill(labels.zeros, { count: zeros, total, share }) : "";
    this.canvas.setAttribute("role", "img");
    this.canvas.setAttribute("aria-label", `${labels.histogram}. ${this.note.textContent}`);
    this.draw();
  }

  draw() {
    if (!this.content || this.host.hidden) return;
    const { edges, low, high, counts, scale } = this.content;
    const [width, height, foot] = [Math.max(120, this.canvas.parentElement.clientWidth), 92, 18];
    const ratio = devicePixelRatio || 1;
    [this.canvas.width, this.canvas.height] = [width * ratio, height * ratio];
    Object.assign(this.canvas.style, { width: `${width}px`, height: `${height}px` });
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const ink = getComputedStyle(this.canvas).color;
    const [first, last] = [edges[0], edges[edges.length - 1]];
    const x = (value) => 1 + ((value - first) / (last - first)) * (width - 2);
    const most = Math.max(1, ...counts);
    counts.forEach((count, i) => {
      const tall = count && Math.max(1, (count / most) * (height - foot - 14));
      context.fillStyle = css(scale.colour((edges[i] + edges[i + 1]) / 2));
      context.fillRect(x(edges[i]), height - foot - tall, x(edges[i + 1]) - x(edges[i]) - 0.5, tall);
      context.strokeStyle = "rgba(128, 128, 128, 0.7)";
      if (count) context.strokeRect(x(edges[i]), height - foot - tall, x(edges[i + 1]) - x(edges[i]) - 0.5, tall);
    });
    context.fillStyle = ink;
    context.fillRect(0, height - foot, width, 1);
    context.font = "11px sans-serif";
    this.tick(context, low, x(low), height, "left");
    if (high > low) this.tick(context, high, x(high), height, "right");
    if (low < 0 && high > 0 && x(0) > 60 && x(0) < width - 60) this.tick(context, 0, x(0), height, "center");
    context.textAlign = "left";
    context.fillText(`${this.content.labels.most} ${most}`, 2, 10);
  }

  tick(context, value, x, height, align) {
    context.textAlign = align;
    context.fillText(significant(value), x, height - 5);
  }
}
