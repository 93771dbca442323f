// Ink on the pad, computed and not read back from a canvas: browsers that guard against fingerprinting change the
// pixels that are read. The same as `ink` in cnnviz/training/drawing.py.

const PAD = 280; // rows and columns of the pad

// A stroke: {points: [x, y, x, y, …], width}, in pixels of the pad from its upper left corner.
function inkOf(strokes) {
  const ink = new Float32Array(PAD * PAD);
  for (const stroke of strokes) addInk(ink, stroke, 0);
  return ink;
}

// Ink of a stroke from its point number `from` on.
function addInk(ink, { points, width }, from) {
  if (points.length === 2) return coverLine(ink, points[0], points[1], points[0], points[1], width / 2);
  for (let i = 2 * from; i + 3 < points.length; i += 2) {
    coverLine(ink, points[i], points[i + 1], points[i + 2], points[i + 3], width / 2);
  }
}

// What a round brush covers on a straight way: of each pixel the share r - d + 1/2, d from its centre to the way.
function coverLine(ink, x0, y0, x1, y1, radius) {
  const reach = (a, b) => [Math.max(Math.floor(Math.min(a, b) - radius - 1), 0), Math.min(Math.ceil(Math.max(a, b) + radius + 1), PAD)];
  const [left, right] = reach(x0, x1);
  const [top, bottom] = reach(y0, y1);
  const [alongX, alongY] = [x1 - x0, y1 - y0];
  const length = alongX * alongX + alongY * alongY;
  for (let row = top; row < bottom; row++) {
    const y = row + 0.5 - y0;
    for (let column = left; column < right; column++) {
      const x = column + 0.5 - x0;
      const part = length > 0 ? clamp01((x * alongX + y * alongY) / length) : 0;
      const distance = Math.sqrt((x - part * alongX) ** 2 + (y - part * alongY) ** 2);
      const share = clamp01(radius - distance + 0.5);
      if (share > ink[row * PAD + column]) ink[row * PAD + column] = share;
    }
  }
}

// The rectangle that holds the ink: rows and columns from the first to before the last; null without ink.
function inkBounds(ink) {
  let [top, bottom, left, right] = [PAD, 0, PAD, 0];
  for (let row = 0; row < PAD; row++) {
    for (let column = 0; column < PAD; column++) {
      if (ink[row * PAD + column] === 0) continue;
      if (row < top) top = row;
      bottom = row + 1;
      if (column < left) left = column;
      if (column >= right) right = column + 1;
    }
  }
  return bottom > 0 ? { top, bottom, left, right } : null;
}

// Ink moved by whole pixels; what leaves the pad is lost.
function movedInk(ink, down, right) {
  const moved = new Float32Array(PAD * PAD);
  for (let row = Math.max(down, 0); row < Math.min(PAD + down, PAD); row++) {
    const start = (row - down) * PAD + Math.max(-right, 0);
    moved.set(ink.subarray(start, start + PAD - Math.abs(right)), row * PAD + Math.max(right, 0));
  }
  return moved;
}
