// An animated GIF that loops for ever. Source: GIF89a Specification, CompuServe 1990; the loop is Netscape's extension.
// A frame stores the rectangle that changed, with colours of its own; pixels in it that stay are transparent, so that
// they cost little and cannot flicker.

const GIF_EXACT_COLOURS = 4096; // the most colours of a frame that are told apart; beyond, 5 bits per channel
const GIF_SLOTS = 1 << 15; // places for colours: three times 5 bits, or a hash table that stays at most 1/8 full
const GIF_KEPT = GIF_SLOTS; // the slot of all pixels that stay
const GIF_CODES = 4096;
const GIF_LZW_SLOTS = 1 << 13; // twice the codes: short searches
const GIF_SHORTEST_DELAY = 2; // hundredths of a second: browsers show shorter ones for 100 ms

class GifEncoder {
  #parts = [];
  #previous = null;
  #asked = 0; // milliseconds so far
  #given = 0; // the same in whole hundredths of a second
  #colourIn = new Int32Array(GIF_SLOTS);
  #count = new Int32Array(GIF_SLOTS);
  #votes = new Int32Array(GIF_SLOTS);
  #found = new Int32Array(GIF_SLOTS); // the slots in use
  #indexOf = new Uint8Array(GIF_SLOTS + 1);
  #strings = new Int32Array(GIF_LZW_SLOTS);

  // Width and height: at most 65535 pixels. `colours`: the most in one frame, 2 to 256.
  constructor(width, height, { colours = 256 } = {}) {
    Object.assign(this, { width, height, colours });
    this.slots = new Uint16Array(width * height);
    this.indices = new Uint8Array(width * height);
    this.packed = new Uint8Array(Math.ceil(1.6 * width * height) + 16); // 12 bits a pixel and the clear codes
  }

  // The frame is opaque and of the animation's size; its pixels are copied.
  addFrame({ data, width, height }, delayMs) {
    if (width !== this.width || height !== this.height) {
      throw new RangeError(`a frame of ${width}x${height} in a GIF of ${this.width}x${this.height}`);
    }
    // A pixel is 0xAABBGGRR: browsers run on little-endian machines.
    const pixels = new Uint32Array(data.buffer, data.byteOffset, width * height);
    const area = this.#previous ? this.#changed(pixels) : { left: 0, top: 0, width, height };
    const { table, transparent } = this.#colour(pixels, area);
    this.#writeFrame(area, table, transparent, this.#delay(delayMs));
    this.#previous ??= new Uint32Array(width * height);
    this.#previous.set(pixels);
  }

  finish() {
    if (!this.#parts.length) throw new RangeError("a GIF without a frame");
    const parts = [...this.#parts, [0x3b]];
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  // Rounds the time since the start, not each delay: errors do not add up.
  #delay(delayMs) {
    this.#asked += delayMs;
    const delay = Math.min(Math.max(Math.round(this.#asked / 10) - this.#given, GIF_SHORTEST_DELAY), 0xffff);
    this.#given += delay;
    return delay;
  }

  // The smallest rectangle around all changes; one pixel when there is none.
  #changed(pixels) {
    const { width } = this;
    const previous = this.#previous;
    let first = 0;
    let last = pixels.length - 1;
    while (first <= last && pixels[first] === previous[first]) first++;
    if (first > last) return { left: 0, top: 0, width: 1, height: 1 };
    while (pixels[last] === previous[last]) last--;
    const top = Math.floor(first / width);
    const bottom = Math.floor(last / width);
    let left = width - 1;
    let right = 0;
    for (let start = top * width; start <= bottom * width; start += width) {
      let x = 0;
      while (x < left && pixels[start + x] === previous[start + x]) x++;
      left = x;
      x = width - 1;
      while (x > right && pixels[start + x] === previous[start + x]) x--;
      right = x;
    }
    return { left, top, width: right - left + 1, height: bottom - top + 1 };
  }

  // Fills `indices` for the area; returns its colours and the index that means "stays", or -1.
  #colour(pixels, area) {
    const keeps = this.#previous !== null;
    let counted = this.#countColours(pixels, area, keeps, false);
    if (counted.kept && counted.found === this.colours) {
      // No place for "stays", but perhaps all colours of the area can be exact without it.
      const whole = this.#countColours(pixels, area, false, false);
      counted = whole.found <= this.colours ? whole : this.#countColours(pixels, area, true, false);
    }
    if (counted.found > GIF_EXACT_COLOURS) counted = this.#countColours(pixels, area, keeps, true);
    const table = this.#chooseColours(counted.found, this.colours - (counted.kept ? 1 : 0));
    const transparent = counted.kept ? table.length : -1;
    if (counted.kept) this.#indexOf[GIF_KEPT] = table.push(0) - 1;
    const { slots, indices } = this;
    const indexOf = this.#indexOf;
    for (let i = area.width * area.height - 1; i >= 0; i--) indices[i] = indexOf[slots[i]];
    return { table, transparent };
  }

  // Gives every pixel of the area the slot of its colour. Stops early where more exact colours are found than may be.
  #countColours(pixels, { left, top, width, height }, keeps, coarse) {
    const [previous, colourIn, count, votes] = [this.#previous, this.#colourIn, this.#count, this.#votes];
    const { slots } = this;
    colourIn.fill(-1);
    count.fill(0);
    votes.fill(0);
    let [at, found, kept, slot, seen] = [0, 0, false, 0, -1];
    for (let y = top; y < top + height; y++) {
      const start = y * this.width + left;
      for (let i = start; i < start + width; i++) {
        if (keeps && pixels[i] === previous[i]) {
          slots[at++] = GIF_KEPT;
          kept = true;
          continue;
        }
        const colour = pixels[i] & 0xffffff;
        if (colour !== seen) {
          slot = coarse ? this.#bin(colour) : this.#slot(colour);
          seen = colour;
          if (count[slot] === 0) this.#found[found++] = slot;
          if (!coarse && found > GIF_EXACT_COLOURS) return { found, kept };
        }
        count[slot]++;
        // The majority of a slot speaks for it (Boyer and Moore 1981), so that flat areas stay exact.
        if (colourIn[slot] === colour) votes[slot]++;
        else if (votes[slot] > 0) votes[slot]--;
        else [colourIn[slot], votes[slot]] = [colour, 1];
        slots[at++] = slot;
      }
    }
    return { found, kept };
  }

  #slot(colour) {
    let slot = Math.imul(colour, 0x9e3779b1) >>> 17;
    while (this.#colourIn[slot] !== -1 && this.#colourIn[slot] !== colour) slot = (slot + 1) % GIF_SLOTS;
    return slot;
  }

  #bin(colour) {
    return ((colour >> 3) & 0x1f) | ((colour >> 6) & 0x3e0) | ((colour >> 9) & 0x7c00);
  }

  // Start with the most frequent colour, then always take the one whose pixels would suffer most without it (their
  // number times the squared distance to what is there). Sets the index of every found slot: the nearest colour.
  #chooseColours(found, most) {
    const slots = this.#found.subarray(0, found);
    const colours = Int32Array.from(slots, (slot) => this.#colourIn[slot]);
    const weights = Float64Array.from(slots, (slot) => this.#count[slot]);
    const distances = new Float64Array(found).fill(Infinity);
    const table = [];
    let next = weights.reduce((best, weight, i) => (weight > weights[best] ? i : best), 0);
    while (table.length < Math.min(most, found)) {
      const chosen = colours[next];
      const index = table.push(chosen) - 1;
      let worst = 0;
      for (let i = 0; i < found; i++) {
        const red = (colours[i] & 255) - (chosen & 255);
        const green = ((colours[i] >> 8) & 255) - ((chosen >> 8) & 255);
        const blue = (colours[i] >> 16) - (chosen >> 16);
        const distance = red * red + green * green + blue * blue;
        if (distance < distances[i]) {
          distances[i] = distance;
          this.#indexOf[slots[i]] = index;
        }
        if (weights[i] * distances[i] > worst) {
          worst = weights[i] * distances[i];
          next = i;
        }
      }
    }
    return table;
  }

  #writeFrame({ left, top, width, height }, table, transparent, delay) {
    const word = (value) => [value & 255, value >> 8];
    const bits = Math.max(1, Math.ceil(Math.log2(table.length)));
    const colours = new Uint8Array(3 << bits);
    table.forEach((colour, i) => colours.set([colour & 255, (colour >> 8) & 255, colour >> 16], 3 * i));
    const first = !this.#parts.length; // its colours are the global table
    if (first) {
      const screen = [...word(this.width), ...word(this.height), 0xf0 | (bits - 1), 0, 0];
      const loop = [0x21, 0xff, 11, ...this.#ascii("NETSCAPE2.0"), 3, 1, ...word(0), 0];
      this.#parts.push([...this.#ascii("GIF89a"), ...screen], colours, loop);
    }
    const leaveInPlace = 1 << 2;
    const control = [leaveInPlace | (transparent >= 0), ...word(delay), Math.max(transparent, 0)];
    const place = [...word(left), ...word(top), ...word(width), ...word(height), first ? 0 : 0x80 | (bits - 1)];
    this.#parts.push([0x21, 0xf9, 4, ...control, 0, 0x2c, ...place]);
    if (!first) this.#parts.push(colours);
    this.#parts.push(this.#blocks(Math.max(2, bits), width * height));
  }

  #ascii(text) {
    return Array.from(text, (letter) => letter.charCodeAt(0));
  }

  // The compressed pixels in blocks of at most 255 bytes.
  #blocks(bits, pixels) {
    const data = this.packed.subarray(0, this.#compress(bits, pixels));
    const blocks = new Uint8Array(data.length + Math.ceil(data.length / 255) + 2);
    blocks[0] = bits;
    for (let from = 0, to = 1; from < data.length; from += 255, to += 256) {
      const block = data.subarray(from, from + 255);
      blocks[to] = block.length;
      blocks.set(block, to + 1);
    }
    return blocks;
  }

  // LZW with codes of variable length (GIF89a, appendix F) from `indices` to `packed`; returns the number of bytes.
  #compress(bits, pixels) {
    const { indices, packed } = this;
    const strings = this.#strings; // in one number: known string (12 bits), pixel after it (8), the code of both (12)
    const clear = 1 << bits;
    let [width, next, buffer, filled, at] = [bits + 1, clear + 2, 0, 0, 0];
    const write = (code) => {
      buffer |= code << filled;
      for (filled += width; filled >= 8; filled -= 8) {
        packed[at++] = buffer & 255;
        buffer >>>= 8;
      }
    };
    strings.fill(0);
    write(clear);
    let code = indices[0];
    for (let i = 1; i < pixels; i++) {
      const key = (code << 8) | indices[i];
      let slot = Math.imul(key, 0x9e3779b1) >>> 19;
      while (strings[slot] !== 0 && strings[slot] >>> 12 !== key) slot = (slot + 1) % GIF_LZW_SLOTS;
      if (strings[slot] !== 0) {
        code = strings[slot] & 0xfff;
        continue;
      }
      write(code);
      if (next < GIF_CODES) {
        if (next === 1 << width) width++; // the decoder is one string behind
        strings[slot] = (key << 12) | next++;
      } else {
        write(clear);
        strings.fill(0);
        [width, next] = [bits + 1, clear + 2];
      }
      code = indices[i];
    }
    write(code);
    if (next === 1 << width && next < GIF_CODES) width++;
    write(clear + 1);
    if (filled > 0) packed[at++] = buffer;
    return at;
  }
}
