// An animated WebP of still ones. Source: WebP Container Specification, RFC 9649, section 2.

const WEBP_ALPHA = 0x10; // flags of the chunk VP8X
const WEBP_ANIMATION = 0x02;
const WEBP_OVERWRITE = 0x02; // flag of a frame: its pixels replace, not blend

// Frames: { blob, duration }, a still WebP of the animation's size and its milliseconds. Loops for ever, on white.
// Browsers that cannot write WebP hand out PNG instead of it: an Error, as for frames of another size.
async function animatedWebp(frames, width, height) {
  const ascii = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const number = (value, bytes) => Uint8Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** i));

  function join(parts) {
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  function chunk(name, ...parts) {
    const data = join(parts);
    return join([ascii(name), number(data.length, 4), data, new Uint8Array(data.length % 2)]);
  }

  function chunksOf(bytes) {
    const view = new DataView(bytes.buffer);
    const name = (at) => String.fromCharCode(...bytes.subarray(at, at + 4));
    if (name(0) !== "RIFF" || name(8) !== "WEBP") throw new Error("not a WebP picture");
    const chunks = {};
    for (let at = 12; at + 8 <= bytes.length; ) {
      const length = view.getUint32(at + 4, true);
      chunks[name(at)] = bytes.subarray(at + 8, at + 8 + length);
      at += 8 + length + (length % 2);
    }
    return chunks;
  }

  // Size and transparency as the bitstream tells them: RFC 6386, section 9.1 (VP8), and RFC 9649, section 3 (VP8L).
  function describe({ "VP8 ": lossy, VP8L: lossless, ALPH: alpha }) {
    const data = lossy ?? lossless;
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    if (lossy) return [view.getUint16(6, true) & 0x3fff, view.getUint16(8, true) & 0x3fff, Boolean(alpha)];
    const bits = view.getUint32(1, true);
    return [(bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1, Boolean((bits >> 28) & 1)];
  }

  let [asked, given, transparent] = [0, 0, false];
  const parts = [];
  for (const { blob, duration } of frames) {
    const chunks = chunksOf(new Uint8Array(await blob.arrayBuffer()));
    const [ownWidth, ownHeight, alpha] = describe(chunks);
    if (ownWidth !== width || ownHeight !== height) {
      throw new RangeError(`a frame of ${ownWidth}x${ownHeight} in a WebP of ${width}x${height}`);
    }
    transparent ||= alpha;
    asked += duration;
    const time = Math.round(asked) - given; // rounds the time since the start: errors do not add up
    given += time;
    const place = [number(0, 6), number(width - 1, 3), number(height - 1, 3), number(time, 3), [WEBP_OVERWRITE]];
    const names = ["ALPH", "VP8 ", "VP8L"].filter((name) => chunks[name]);
    parts.push(chunk("ANMF", ...place, ...names.map((name) => chunk(name, chunks[name]))));
  }
  const flags = WEBP_ANIMATION | (transparent ? WEBP_ALPHA : 0);
  const canvas = chunk("VP8X", number(flags, 4), number(width - 1, 3), number(height - 1, 3));
  const animation = chunk("ANIM", [255, 255, 255, 255], number(0, 2));
  return chunk("RIFF", ascii("WEBP"), canvas, animation, ...parts);
}
