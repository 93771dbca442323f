// What follows the number of a percentage in the language of the last message, a space included where there is one.
let percentSign = "%";

const percentSignOf = (language) =>
  new Intl.NumberFormat(language, { style: "percent" }).formatToParts(0).slice(1).map(({ value }) => value).join("");

// A message from Python: length of the header (4 bytes), header (JSON), then the blobs it announces.
function unpack(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  if (header.labels?.language) percentSign = percentSignOf(header.labels.language);
  let start = 4 + length;
  const blobs = header.blobs.map((size) => bytes.subarray(start, (start += size)));
  return { header, blobs };
}
