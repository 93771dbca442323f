// From the pad to the picture that a network sees. The same as `as_drawn` and `centred` in
// cnnviz/training/drawing.py, where the paper is named. A frame: {side, box, enlarge}.

// The whole pad made smaller: every pixel the mean of its part of the pad.
function asDrawn(ink, frame) {
  const shares = sharesOf(PAD, frame.side, PAD / frame.side, 0);
  return enlarged(reduced(ink, { top: 0, left: 0 }, shares, shares), frame);
}

// Fitted into a box with its proportions kept, then moved by whole pixels until its mass is in the middle.
function centred(ink, frame) {
  const picture = new Float64Array(frame.side * frame.side);
  const bounds = inkBounds(ink);
  if (!bounds) return enlarged(picture, frame);
  const [height, width] = [bounds.bottom - bounds.top, bounds.right - bounds.left];
  const pitch = Math.max(height, width) / frame.box;
  const [down, across] = [height, width].map((length) => sharesOf(length, Math.ceil(length / pitch - 1e-9), pitch, null));
  const small = reduced(ink, bounds, down, across);
  const [rows, columns] = [down.length, across.length];
  const top = placeOf(sums(small, rows, columns, true), frame.side);
  const left = placeOf(sums(small, rows, columns, false), frame.side);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) picture[(top + row) * frame.side + left + column] = small[row * columns + column];
  }
  return enlarged(picture, frame);
}

// For each of `count` larger pixels, of `pitch` pixels: the first pixel it meets, and the shares of it and the next
// ones. They begin at `start`; with null, what is left over is divided between both ends.
function sharesOf(length, count, pitch, start) {
  const begin = start ?? (length - count * pitch) / 2;
  return Array.from({ length: count }, (_, i) => {
    const low = begin + i * pitch;
    const first = Math.max(Math.floor(low), 0);
    const shares = [];
    for (let pixel = first; pixel < Math.min(low + pitch, length); pixel++) {
      shares.push(Math.max(Math.min(low + pitch, pixel + 1) - Math.max(low, pixel), 0) / pitch);
    }
    return { first, shares };
  });
}

// Means over rectangles of the pad: first down the columns, then along the rows.
function reduced(ink, { top, left }, down, across) {
  const width = across.at(-1).first + across.at(-1).shares.length;
  const small = new Float64Array(down.length * across.length);
  down.forEach(({ first, shares }, row) => {
    const line = new Float64Array(width);
    shares.forEach((share, i) => {
      const start = (top + first + i) * PAD + left;
      for (let column = 0; column < width; column++) line[column] += share * ink[start + column];
    });
    across.forEach((cell, column) => {
      cell.shares.forEach((share, i) => (small[row * across.length + column] += share * line[cell.first + i]));
    });
  });
  return small;
}

function sums(picture, rows, columns, ofRows) {
  const found = new Float64Array(ofRows ? rows : columns);
  for (let i = 0; i < rows * columns; i++) found[ofRows ? Math.floor(i / columns) : i % columns] += picture[i];
  return found;
}

// Where to put rows or columns of these masses, so that their centre lies half a pixel around side / 2 + 1/2.
function placeOf(masses, side) {
  let [moment, mass] = [0, 0];
  masses.forEach((each, i) => {
    moment += (i + 0.5) * each;
    mass += each;
  });
  return Math.min(Math.max(Math.ceil(side / 2 - moment / mass - 1e-9), 0), side - masses.length);
}

// Linear interpolation between the centres of pixels.
function enlarged(picture, { side, enlarge }) {
  if (enlarge === 1) return Float32Array.from(picture);
  const size = side * enlarge;
  const large = new Float32Array(size * size);
  const at = (i) => Math.min(Math.max((i + 0.5) / enlarge - 0.5, 0), side - 1);
  for (let row = 0, o = 0; row < size; row++) {
    const [upper, down] = [Math.floor(at(row)), at(row) % 1];
    const lower = Math.min(upper + 1, side - 1);
    for (let column = 0; column < size; column++, o++) {
      const [left, right] = [Math.floor(at(column)), at(column) % 1];
      const next = Math.min(left + 1, side - 1);
      const between = (line) => (1 - right) * picture[line * side + left] + right * picture[line * side + next];
      large[o] = (1 - down) * between(upper) + down * between(lower);
    }
  }
  return large;
}
