// Maps over the picture that a network saw: opacity and pointing need no server.

const TALLEST = 300; // pixels: a projector shows it with the words around it
const GAP = 16;

class Overlay {
  constructor(parent) {
    this.host = element("div", "overlay");
    parent.append(this.host);
    this.bar = element("div", "bar");
    this.row = element("div", "row");
    this.legend = element("div", "legend");
    this.host.append(this.bar, this.row, this.legend);
    this.opacity = 0.75;
    this.slider = Object.assign(element("input"), { type: "range", min: 0, max: 1, step: 0.05, value: this.opacity });
    this.slider.addEventListener("input", () => {
      this.opacity = Number(this.slider.value);
      this.draw();
    });
    this.word = element("span");
    this.scale = element("span", "scale");
    const label = element("label");
    label.append(this.word, this.slider);
    this.bar.append(label, this.scale);
    this.panels = [];
    this.resize = new ResizeObserver(() => this.width !== this.host.clientWidth && this.lay());
    this.resize.observe(this.host);
  }

  receive(data) {
    const { header, blobs } = unpack(data);
    const [seen, diverging, sequential, ...maps] = blobs.map((blob) => blob.slice());
    const palettes = { diverging, sequential };
    const picture = { bitmap: pictureBitmap(seen, header.seen), rows: header.seen[0], columns: header.seen[1] };
    while (this.panels.length > header.panels.length) this.panels.pop().figure.remove();
    while (this.panels.length < header.panels.length) this.panels.push(new Panel(this.row, { place: (pixel) => this.point(pixel), key: (event) => this.key(event) }));
    const scale = { signed: header.signed, low: header.signed ? -header.high : 0, high: header.high };
    this.panels.forEach((panel, i) => panel.show(header.panels[i], new Float32Array(maps[i].buffer), picture, palettes, scale, header.labels));
    this.word.textContent = header.labels.opacity;
    this.picture = picture;
    this.showScale(palettes, scale, header.labels);
    this.showLegend(header.legend);
    this.lay();
    this.host.dataset.painted = header.name;
  }

  showScale(palettes, scale, labels) {
    const bar = element("canvas");
    paintBar(bar, palettes, scale, 130, 12);
    bar.setAttribute("role", "img");
    bar.setAttribute("aria-label", labels.scale);
    const note = scale.high > 0 ? (scale.signed ? labels.signed : labels.positive) : labels.nothing;
    this.scale.replaceChildren(short(scale.low), bar, short(scale.high), element("span", "note", note));
  }

  showLegend(legend) {
    const entries = legend.map(({ kind, text }) => {
      const entry = element("span", kind);
      entry.append(element("i"), text);
      return entry;
    });
    this.legend.replaceChildren(...entries);
  }

  // Two canvases a panel; side by side where each can be 150 pixels wide, else one panel below the other.
  lay() {
    if (!this.picture) return;
    this.width = this.host.clientWidth;
    const abreast = this.panels.length > 1 && this.width >= 4 * 150 + 3 * GAP ? this.panels.length : 1;
    const canvases = 2 * abreast;
    const room = (this.width - (canvases - 1) * GAP) / canvases;
    for (const panel of this.panels) panel.fit(room);
    this.draw();
  }

  draw() {
    for (const panel of this.panels) panel.draw(this.opacity, this.pixel);
  }

  // Pointers report more often than the screen is painted: the last place of each frame counts.
  point(pixel) {
    const waiting = this.next !== undefined;
    this.next = pixel;
    if (waiting) return;
    requestAnimationFrame(() => {
      this.pixel = this.next;
      this.next = undefined;
      this.draw();
    });
  }

  key(event) {
    const move = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
    if (!move) return;
    event.preventDefault();
    const { rows, columns } = this.picture;
    const { row, column } = this.pixel ?? { row: Math.floor(rows / 2), column: Math.floor(columns / 2) };
    const into = (value, most) => Math.min(Math.max(value, 0), most - 1);
    this.point({ row: into(row + move[0], rows), column: into(column + move[1], columns) });
  }
}

function pictureBitmap(levels, [rows, columns, channels]) {
  const image = new ImageData(columns, rows);
  for (let i = 0; i < rows * columns; i++) {
    for (let channel = 0; channel < 3; channel++) image.data[4 * i + channel] = levels[channels * i + (channels === 3 ? channel : 0)];
    image.data[4 * i + 3] = 255;
  }
  const canvas = new OffscreenCanvas(columns, rows);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

export default function ({ data, parentElement }) {
  const view = (parentElement.cnnvizOverlay ??= new Overlay(parentElement));
  view.receive(data);
  return () => {
    if (parentElement.isConnected) return; // only new data
    view.resize.disconnect();
    delete parentElement.cnnvizOverlay;
  };
}
