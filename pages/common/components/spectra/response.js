// H of a kernel, computed where it is looked at: the same sum as in cnnviz.convolution.frequency, exact at every
// frequency. Frequencies are in cycles per pixel, rows before columns.

const TURN = 2 * Math.PI;

class KernelResponse {
  // origin: the weight that phases are measured from; sign: 1 for a correlation, -1 for a convolution.
  constructor({ rows, columns, origin, sign }, weights) {
    Object.assign(this, { rows, columns, origin, sign, weights });
  }

  at(fRow, fColumn) {
    let [re, im] = [0, 0];
    for (let u = 0; u < this.rows; u++) {
      for (let v = 0; v < this.columns; v++) {
        const weight = this.weights[u * this.columns + v];
        const angle = TURN * (fRow * (u - this.origin[0]) + fColumn * (v - this.origin[1]));
        re += weight * Math.cos(angle);
        im += this.sign * weight * Math.sin(angle);
      }
    }
    return [re, im];
  }

  // H on a grid of size x size, zero frequency at size / 2: {re, im}. First along the columns, then along the rows.
  grid(size) {
    const [down, right] = [this.waves(this.rows, this.origin[0], size), this.waves(this.columns, this.origin[1], size)];
    const [re, im] = [new Float64Array(size * size), new Float64Array(size * size)];
    const [lineRe, lineIm] = [new Float64Array(size), new Float64Array(size)];
    for (let u = 0; u < this.rows; u++) {
      lineRe.fill(0);
      lineIm.fill(0);
      for (let v = 0; v < this.columns; v++) {
        const weight = this.weights[u * this.columns + v];
        if (weight === 0) continue;
        for (let j = 0; j < size; j++) {
          lineRe[j] += weight * right.cos[v * size + j];
          lineIm[j] += weight * right.sin[v * size + j];
        }
      }
      for (let i = 0; i < size; i++) {
        const [cos, sin] = [down.cos[u * size + i], down.sin[u * size + i]];
        for (let j = 0, o = i * size; j < size; j++, o++) {
          re[o] += cos * lineRe[j] - sin * lineIm[j];
          im[o] += cos * lineIm[j] + sin * lineRe[j];
        }
      }
    }
    return { re, im };
  }

  waves(count, origin, size) {
    const [cos, sin] = [new Float64Array(count * size), new Float64Array(count * size)];
    for (let n = 0; n < count; n++) {
      for (let i = 0; i < size; i++) {
        const angle = TURN * ((i - size / 2) / size) * (n - origin);
        cos[n * size + i] = Math.cos(angle);
        sin[n * size + i] = this.sign * Math.sin(angle);
      }
    }
    return { cos, sin };
  }

  // What the kernel makes of the wave cos(2 pi (f_row r + f_column c)), size x size pixels: weight by weight.
  filtered(fRow, fColumn, size) {
    const values = new Float64Array(size * size);
    // The wave also beyond the edges, as far as the kernel reaches.
    const margin = Math.max(this.rows, this.columns);
    const side = size + 2 * margin;
    const wave = grating(fRow, fColumn, side, margin);
    for (let u = 0; u < this.rows; u++) {
      for (let v = 0; v < this.columns; v++) {
        const weight = this.weights[u * this.columns + v];
        const [down, right] = [this.sign * (u - this.origin[0]), this.sign * (v - this.origin[1])];
        for (let r = 0, o = 0; r < size; r++) {
          let i = (r + down + margin) * side + right + margin;
          for (let c = 0; c < size; c++) values[o++] += weight * wave[i++];
        }
      }
    }
    return values;
  }
}

// A filter designed in frequency: real gains on a grid, between 0 and 1, sent as 16-bit levels.
class DesignedResponse {
  constructor({ size }, levels) {
    this.size = size;
    this.gains = Float64Array.from(levels, (level) => level / 65535);
  }

  at(fRow, fColumn) {
    const place = (f) => (((Math.round(f * this.size) + this.size / 2) % this.size) + this.size) % this.size;
    return [this.gains[place(fRow) * this.size + place(fColumn)], 0];
  }

  grid() {
    return { re: this.gains, im: new Float64Array(this.gains.length) };
  }

  filtered(fRow, fColumn, size) {
    const [gain] = this.at(fRow, fColumn);
    return grating(fRow, fColumn, size).map((value) => gain * value);
  }
}

// The wave cos(2 pi (f_row r + f_column c)), size x size pixels that begin `margin` rows and columns before zero.
function grating(fRow, fColumn, size, margin = 0) {
  const values = new Float64Array(size * size);
  for (let r = -margin, o = 0; o < values.length; r++) {
    for (let c = -margin; c < size - margin; c++) values[o++] = Math.cos(TURN * (fRow * r + fColumn * c));
  }
  return values;
}

// Amplitude of the wave of this frequency in a picture: least squares with a cosine and a sine.
function amplitudeOf(values, fRow, fColumn, size) {
  let [cc, ss, cs, yc, ys] = [0, 0, 0, 0, 0];
  for (let r = 0, o = 0; r < size; r++) {
    for (let c = 0; c < size; c++, o++) {
      const angle = TURN * (fRow * r + fColumn * c);
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      cc += cos * cos;
      ss += sin * sin;
      cs += cos * sin;
      yc += values[o] * cos;
      ys += values[o] * sin;
    }
  }
  const determinant = cc * ss - cs * cs;
  if (determinant < 1e-9 * cc * cc) return Math.abs(yc / cc); // at 0 and at the highest frequencies there is no sine
  return Math.hypot((yc * ss - ys * cs) / determinant, (ys * cc - yc * cs) / determinant);
}

const decibels = (gain, floor) => 20 * Math.log10(Math.max(gain, 10 ** (floor / 20)));

// Where a frequency is found after every `stride`-th pixel: in cycles per output pixel, -0.5 to below 0.5.
function folded(f, stride) {
  const turns = f * stride;
  return turns - Math.floor(turns + 0.5);
}
