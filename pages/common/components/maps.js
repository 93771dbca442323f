// Maps as Python packs them (cnnviz.figures.tiles): levels, each channel on a scale of its own, under one colour scale.

// Signed numbers diverge from zero, both sides alike; others run from zero to the largest.
function scaleOf(low, high) {
  const signed = low < 0;
  return { signed, low: signed ? -Math.max(-low, high) : 0, high: signed ? Math.max(-low, high) : high };
}

// Both palettes, also packed as ImageData has its pixels.
function palettesOf(diverging, sequential) {
  const packed = (palette) => {
    const bytes = new Uint8Array((palette.length / 3) * 4).fill(255);
    for (let i = 0; 3 * i < palette.length; i++) bytes.set(palette.subarray(3 * i, 3 * i + 3), 4 * i);
    return new Uint32Array(bytes.buffer);
  };
  return { diverging, sequential, pixels: { diverging: packed(diverging), sequential: packed(sequential) } };
}

// Place of a value in its scale's palette.
function indexOn(scale, value) {
  if (!(scale.high > 0)) return scale.signed ? MIDDLE : 0;
  return scale.signed ? levelOf(value, scale.high) : Math.round(255 * clamp01(value / scale.high));
}

function colourOf(palettes, scale, value) {
  const palette = scale.signed ? palettes.diverging : palettes.sequential;
  const i = 3 * indexOn(scale, value);
  return [palette[i], palette[i + 1], palette[i + 2]];
}

// Pixels of the 256 levels that run from `low` to `high`.
function levelColours({ pixels }, scale, low, high) {
  const palette = scale.signed ? pixels.diverging : pixels.sequential;
  const colours = new Uint32Array(256);
  const step = (high - low) / 255;
  for (let level = 0; level < 256; level++) colours[level] = palette[indexOn(scale, low + level * step)];
  return colours;
}

// One tile of rows × columns levels, written into an ImageData's pixels at a place.
function writeTile(pixels, across, top, left, levels, rows, columns, colours) {
  let i = 0;
  for (let row = 0; row < rows; row++) {
    let at = (top + row) * across + left;
    for (let column = 0; column < columns; column++) pixels[at++] = colours[levels[i++]];
  }
}

// A canvas that lies below the page's own pixels; returns its context, in units of the page.
function surfaceOf(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

// The largest box of the tile's proportions in a square of a side.
function fitted(rows, columns, side) {
  const scale = side / Math.max(rows, columns);
  return { width: columns * scale, height: rows * scale, x: (side - columns * scale) / 2, y: (side - rows * scale) / 2, scale };
}

// A colour bar from left to right.
function paintBar(canvas, palettes, scale, width, height) {
  const context = surfaceOf(canvas, width, height);
  for (let x = 0; x < width; x++) {
    context.fillStyle = css(colourOf(palettes, scale, scale.low + ((x + 0.5) / width) * (scale.high - scale.low)));
    context.fillRect(x, 0, 1.5, height);
  }
}

const shapeText = (shape) => shape.join("×");
