// A message from Python: length of the header (4 bytes), header (JSON), then the blobs it announces.
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  let start = 4 + length;
  const blobs = header.blobs.map((size) => bytes.subarray(start, (start += size)));
  return { header, blobs };
}
