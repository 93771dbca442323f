// Receives the exact picture once and keeps it for the other components of the page: header, then the
// deflated differences of neighbouring levels. A canvas is not used for decoding: browsers that guard
// against fingerprinting change the pixels that are read back from one.

const store = (globalThis.cnnvizPictures ??= new Map());
const KEPT = 2; // the picture asked for last and one before it
let wanted = null;

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).arrayBuffer();
}

// Undo the differences: each level was stored minus its left neighbour's, modulo 256 or 65536.
function accumulate(levels, columns) {
  const width = columns * 3;
  for (let start = 0; start < levels.length; start += width) {
    for (let i = start + 3; i < start + width; i++) levels[i] += levels[i - 3];
  }
  return levels;
}

export default async function ({ data }) {
  const { header, blobs } = unpack(data);
  wanted = header.digest;
  if (store.has(wanted)) return;
  const buffer = await inflate(blobs[0]);
  const levels = accumulate(header.top > 255 ? new Uint16Array(buffer) : new Uint8Array(buffer), header.columns);
  store.set(header.digest, { ...header, levels });
  // Pictures may be ready in another order than they were sent: the one wanted now is never dropped.
  const spare = [...store.keys()].filter((digest) => digest !== wanted);
  for (const digest of spare.slice(0, Math.max(0, spare.length + 1 - KEPT))) store.delete(digest);
  globalThis.dispatchEvent(new CustomEvent("cnnviz-picture", { detail: header.digest }));
}
