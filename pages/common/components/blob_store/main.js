// Keeps what changes rarely (a picture, its spectrum) for the other components of the page: bytes by name.

const blobStore = (globalThis.cnnvizBlobs ??= new Map());
const KEPT = 12; // the ones used last

export default function ({ data }) {
  const { header, blobs } = unpack(data);
  header.keys.forEach((key, i) => {
    blobStore.delete(key); // the newest stand last
    blobStore.set(key, blobs[i].slice());
  });
  for (const key of [...blobStore.keys()].slice(0, Math.max(0, blobStore.size - KEPT))) blobStore.delete(key);
  globalThis.dispatchEvent(new CustomEvent("cnnviz-blobs"));
}
