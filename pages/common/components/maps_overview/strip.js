// One step of the network: its name, and the strongest of its maps or, for a vector, its numbers as bars.

const TILE_GAP = 2;

class Strip {
  constructor(overview) {
    this.overview = overview;
    this.host = element("button", "strip");
    this.host.type = "button";
    this.host.strip = this;
    this.parts = Object.fromEntries(["name", "kind", "shape", "range"].map((part) => [part, element("span", part)]));
    this.canvas = element("canvas");
    this.host.append(this.parts.name, this.parts.kind, this.parts.shape, this.canvas, this.parts.range);
    this.row = null;
  }

  get isVector() {
    return !this.record.channels;
  }

  get count() {
    return this.isVector ? 0 : this.record.channels.length;
  }

  show(record, blob) {
    this.record = record;
    this.levels = blob;
    if (this.isVector) this.bars = new Float32Array(blob.slice().buffer);
    this.name();
    this.parts.kind.textContent = record.kind;
    this.parts.shape.textContent = shapeText(record.shape);
    this.host.title = record.name;
    this.host.dataset.step = record.name;
    this.host.setAttribute("aria-label", this.said(null));
    this.painted = null;
  }

  // "conv2_x.0.conv1" in its stage: the block on one line, the step on the next.
  name() {
    const { name, stage, label } = this.record;
    const rest = name.slice(stage.length).replace(/^\./, "") || label;
    const cut = rest.lastIndexOf(".");
    this.parts.name.replaceChildren(element("span", "", rest.slice(0, Math.max(cut, 0))), element("span", "", rest.slice(cut + 1)));
  }

  // ---- colours

  scale(of) {
    const { low, high } = this.record;
    if (of === "channel") return (i) => scaleOf(low[i], high[i]);
    const whole = of === "network" ? this.overview.extent : Math.max(...low.map(Math.abs), ...high.map(Math.abs));
    const shared = scaleOf(Math.min(...low) < 0 ? -whole : 0, whole);
    return () => shared;
  }

  paint() {
    const { tile, narrow, scaled, look } = this.overview;
    const state = [tile, narrow, scaled, look, this.row, this.hovered].join();
    if (state === this.painted) return;
    this.painted = state;
    const long = SHOWN_TILES * (tile + TILE_GAP) - TILE_GAP;
    const count = this.isVector ? SHOWN_TILES : this.count;
    const side = this.isVector ? long : count * (tile + TILE_GAP) - TILE_GAP;
    const context = surfaceOf(this.canvas, narrow ? side : tile, narrow ? tile : side);
    if (this.isVector) this.paintBars(context, long, tile, narrow);
    else this.paintTiles(context, tile, narrow, this.scale(scaled));
    this.parts.range.textContent = this.rangeText(scaled);
  }

  paintTiles(context, tile, narrow, scale) {
    const [rows, columns] = this.record.size;
    const box = fitted(rows, columns, tile);
    context.imageSmoothingEnabled = box.scale * (devicePixelRatio || 1) < 1;
    context.imageSmoothingQuality = "high";
    const sheet = this.sheet(rows, columns, scale);
    for (let i = 0; i < this.count; i++) {
      const at = i * (tile + TILE_GAP);
      const [x, y] = narrow ? [at + box.x, box.y] : [box.x, at + box.y];
      context.drawImage(sheet, 0, i * rows, columns, rows, x, y, box.width, box.height);
      if (i === this.row || i === this.hovered) this.frame(context, x, y, box.width, box.height);
    }
  }

  sheet(rows, columns, scale) {
    const image = new ImageData(columns, this.count * rows);
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < this.count; i++) {
      const colours = levelColours(this.overview.palettes, scale(i), this.record.low[i], this.record.high[i]);
      writeTile(pixels, columns, i * rows, 0, this.levels.subarray(i * rows * columns), rows, columns, colours);
    }
    const sheet = new OffscreenCanvas(columns, this.count * rows);
    sheet.getContext("2d").putImageData(image, 0, 0);
    return sheet;
  }

  frame(context, x, y, width, height) {
    for (const [colour, line] of [["#fff", 4], [this.overview.accent, 2.5]]) {
      Object.assign(context, { strokeStyle: colour, lineWidth: line });
      context.strokeRect(x + 1.5, y + 1.5, width - 3, height - 3);
    }
  }

  // Each part of the vector from its smallest to its largest number, and to zero; blue below, orange above.
  paintBars(context, long, thick, narrow) {
    const parts = this.bars.length / 2;
    const [low, high] = [Math.min(0, this.record.low[0]), Math.max(0, this.record.high[0])];
    const place = (value) => (thick * (value - low)) / (high - low || 1);
    const { diverging } = this.overview.palettes;
    const step = long / parts;
    const bar = (part, from, to, colour) => {
      context.fillStyle = css(divergingColour(diverging, colour, 1));
      const [start, size] = [part * step, Math.max(step - (step > 3 ? 1 : 0), 0.7)];
      const [near, far] = [place(from), place(to)];
      if (narrow) context.fillRect(start, thick - far, size, far - near);
      else context.fillRect(near, start, far - near, size);
    };
    for (let part = 0; part < parts; part++) {
      bar(part, Math.min(0, this.bars[2 * part]), 0, -0.8);
      bar(part, 0, Math.max(0, this.bars[2 * part + 1]), 0.8);
    }
    context.fillStyle = getComputedStyle(this.host).color;
    if (narrow) context.fillRect(0, thick - place(0) - 0.5, long, 1);
    else context.fillRect(place(0) - 0.5, 0, 1, long);
  }

  // ---- words

  rangeText(scaled) {
    const { low, high } = this.record;
    if (this.isVector) return `${short(low[0], 2)}…${short(high[0], 2)}`;
    if (scaled === "channel") return "";
    const scale = this.scale(scaled)(0);
    return scale.signed ? `±${short(scale.high, 2)}` : `0…${short(scale.high, 2)}`;
  }

  said(row) {
    const { labels } = this.overview;
    const { name, kind, shape, low, high, channels, largest, factor } = this.record;
    const range = (from, to) => ({ low: short(from), high: short(to) });
    if (this.isVector) return told(labels.vector, { step: name, kind, count: shape[0], largest: this.largestName(largest), ...range(low[0], high[0]) });
    const text = row === null
      ? told(labels.step, { step: name, kind, shape: shapeText(shape), ...range(Math.min(...low), Math.max(...high)) })
      : told(labels.map, { step: name, number: channels[row], count: shape[0], ...range(low[row], high[row]) });
    return factor > 1 ? `${text} · ${told(labels.reduced, { factor })}` : text;
  }

  // Of the last step, it is a class.
  largestName(number) {
    const { labels, scores, answer } = this.overview;
    return this.record.name === scores && answer !== undefined ? `“${answer}”` : told(labels.one, { number });
  }

  // ---- pointing

  // The tile below the pointer, or null above and below the tiles.
  rowAt(event) {
    if (this.isVector || event.target !== this.canvas) return null;
    const box = this.canvas.getBoundingClientRect();
    const { tile, narrow } = this.overview;
    const along = narrow ? event.clientX - box.left : event.clientY - box.top;
    return Math.min(this.count - 1, Math.max(0, Math.floor(along / (tile + TILE_GAP))));
  }

  mark(row, hovered = null) {
    [this.row, this.hovered] = [row, hovered];
    this.paint();
  }
}
