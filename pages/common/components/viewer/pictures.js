// Pixels to bitmaps: the exact input, and exact close-ups of the output in the colours of the page.

const MOST_WORK = 4e7; // multiply-adds a close-up may cost

function inputBitmap(picture, luminanceOnly) {
  const { rows, columns, levels, top } = picture;
  const data = new ImageData(columns, rows);
  const out = data.data;
  const shade = 255 / top;
  for (let i = 0, o = 0; i < levels.length; i += 3, o += 4) {
    if (luminanceOnly) out[o] = out[o + 1] = out[o + 2] = shade * luminance(levels, i);
    else {
      out[o] = shade * levels[i];
      out[o + 1] = shade * levels[i + 1];
      out[o + 2] = shade * levels[i + 2];
    }
    out[o + 3] = 255;
  }
  return createImageBitmap(data);
}

// Whole indices from first to last within 0..count-1.
function range(first, last, count) {
  const start = Math.max(0, Math.floor(first));
  const end = Math.min(count, Math.ceil(last));
  return Int32Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
}

// One displayed colour from the result's channels, as cnnviz.figures.display does it.
function displayColour(values, display, palette) {
  if (display.mode === "signed") return divergingColour(palette, values[0], display.scale);
  const shade = {
    clip: (v) => v,
    absolute: (v) => Math.abs(v),
    rescale: (v) => (display.high > display.low ? (v - display.low) / (display.high - display.low) : 0.5),
  }[display.mode];
  const [red, green, blue] = values.length === 3 ? values : [values[0], values[0], values[0]];
  return [red, green, blue].map((v) => Math.round(255 * clamp01(shade(v))));
}

// The part of the output on screen, computed exactly; null where the sent picture already has every pixel,
// or where it cannot be done pixel by pixel.
async function closeUp(chain, stage, { display, output, palette }) {
  const zoomed = stage.scale * output.jump[1] * stage.ratio; // screen pixels per output pixel
  const sent = display.columns / output.columns;
  if (display.exact || zoomed < (sent < 1 ? 1.2 * sent : 2)) return null;
  if (display.mode === "hue" || !chain.isLocal(chain.steps.length)) return null;
  const seen = stage.visible();
  const rows = range((seen.top - output.start[0] - 1) / output.jump[0], (seen.bottom - output.start[0]) / output.jump[0] + 1, output.rows);
  const columns = range((seen.left - output.start[1] - 1) / output.jump[1], (seen.right - output.start[1]) / output.jump[1] + 1, output.columns);
  const channels = display.channel === null ? chain.channels(chain.steps.length) : 1;
  if (!rows.length || !columns.length || rows.length * columns.length * chain.cost() * channels > MOST_WORK) return null;
  const wanted = display.channel === null ? [...Array(channels).keys()] : [display.channel];
  const planes = wanted.map((channel) => chain.values(chain.steps.length, rows, columns, channel));
  const data = new ImageData(columns.length, rows.length);
  for (let i = 0; i < rows.length * columns.length; i++) {
    data.data.set([...displayColour(planes.map((plane) => plane[i]), display, palette), 255], 4 * i);
  }
  const first = stage.outputCell(rows[0], columns[0]);
  const box = { x: first.x, y: first.y, columns: first.columns * columns.length, rows: first.rows * rows.length };
  return { bitmap: await createImageBitmap(data), box };
}

// Zero mean and unit length, so that the products of two such patches add up to their correlation.
function normalised(values) {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const centred = Float64Array.from(values, (value) => value - mean);
  const length = Math.hypot(...chunkLengths(centred));
  return length > 1e-9 ? centred.map((value) => value / length) : centred.fill(0);
}

// Math.hypot takes its numbers as arguments: large patches go in pieces.
function chunkLengths(values) {
  const pieces = [];
  for (let i = 0; i < values.length; i += 1024) pieces.push(Math.hypot(...values.subarray(i, i + 1024)));
  return pieces;
}
