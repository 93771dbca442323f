// The channels of a layer as one picture: where each tile lies, and painting them.

const SMALLEST_SIDE = 12; // pixels of a tile; smaller ones nobody can tell apart
const LARGEST_SIDE = 160;

// Tiles this large have room between them.
const ROOMY = 32;

const gapOf = (side) => (side < ROOMY ? 1 : 3);

// The side of the largest square tiles of which `across` × `down` fit a box, with the gap that suits their size.
function sideIn(across, down, width, height) {
  const side = (gap) => Math.floor(Math.min((width + gap) / across, (height + gap) / down)) - gap;
  return side(3) >= ROOMY ? side(3) : Math.min(side(1), ROOMY - 1);
}

// Where `count` tiles lie: as large as fits a box; where they would be too small for that, the box scrolls.
function arrange(count, width, height, smallest) {
  let [across, side] = [1, 0];
  for (let tried = 1; tried <= count; tried++) {
    const found = sideIn(tried, Math.ceil(count / tried), width, height);
    if (found > side) [across, side] = [tried, found];
  }
  side = Math.max(smallest, Math.min(LARGEST_SIDE, side));
  const pitch = side + gapOf(side);
  const most = Math.max(1, Math.floor((width + gapOf(side)) / pitch));
  if (side === smallest || side === LARGEST_SIDE) across = most;
  return { across: Math.min(across, count), side, pitch, height: Math.ceil(count / Math.min(across, count)) * pitch };
}

class Sheet {
  constructor(canvas) {
    this.canvas = canvas;
  }

  // All tiles at their own size, side by side, in the order of the channels.
  colour(layer, palettes, scaleOfChannel) {
    const { count, rows, columns, levels, low, high } = layer;
    this.layer = layer;
    this.perRow = Math.max(1, Math.min(count, Math.floor(4096 / columns)));
    const [wide, tall] = [this.perRow * columns, Math.ceil(count / this.perRow) * rows];
    const image = new ImageData(wide, tall);
    const pixels = new Uint32Array(image.data.buffer);
    for (let channel = 0; channel < count; channel++) {
      const colours = levelColours(palettes, scaleOfChannel(channel), low[channel], high[channel]);
      const [top, left] = [rows * Math.floor(channel / this.perRow), columns * (channel % this.perRow)];
      writeTile(pixels, wide, top, left, levels.subarray(channel * rows * columns), rows, columns, colours);
    }
    this.tiles = new OffscreenCanvas(wide, tall);
    this.tiles.getContext("2d").putImageData(image, 0, 0);
  }

  tile(context, channel, left, top, side) {
    const { rows, columns } = this.layer;
    const { x, y, width, height, scale } = fitted(rows, columns, side);
    context.imageSmoothingEnabled = scale * (devicePixelRatio || 1) < 1;
    context.imageSmoothingQuality = "high";
    const [across, down] = [columns * (channel % this.perRow), rows * Math.floor(channel / this.perRow)];
    context.drawImage(this.tiles, across, down, columns, rows, left + x, top + y, width, height);
  }

  draw(order, width, height, smallest) {
    this.order = order;
    this.places = arrange(order.length, width, height, smallest);
    const { side, across, pitch } = this.places;
    const context = surfaceOf(this.canvas, across * pitch, Math.max(this.places.height, 1));
    order.forEach((channel, i) => {
      const [left, top] = this.at(i);
      this.tile(context, channel, left, top, side);
      if (this.layer.dead[channel]) this.strike(context, channel, left, top, side);
    });
  }

  at(i) {
    const { across, pitch } = this.places;
    return [(i % across) * pitch, Math.floor(i / across) * pitch];
  }

  // A dead channel is struck through, and grey where all of it is the same number: it has nothing to show.
  strike(context, channel, left, top, side) {
    const constant = this.layer.low[channel] === this.layer.high[channel];
    context.fillStyle = "#8c8c8c";
    if (constant) context.fillRect(left, top, side, side);
    Object.assign(context, { strokeStyle: constant ? "#fff" : "#e0301e", lineWidth: Math.max(1.5, side / 30) });
    context.beginPath();
    context.moveTo(left + 0.15 * side, top + 0.85 * side);
    context.lineTo(left + 0.85 * side, top + 0.15 * side);
    context.stroke();
  }

  // Place in the order below the pointer; -1 where there is none.
  placeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const { across, pitch } = this.places;
    const [column, row] = [(event.clientX - box.left) / pitch, (event.clientY - box.top) / pitch].map(Math.floor);
    const i = row * across + column;
    return column >= 0 && column < across && row >= 0 && i < this.order.length ? i : -1;
  }
}
