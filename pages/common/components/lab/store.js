// What has come of a run: lines of metrics and steps, and the observations, each fetched once and kept compressed.

const OPENED = 24; // observations kept unpacked

async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class RunStore {
  constructor(changed) {
    this.changed = changed;
    Object.assign(this, { run: null, rows: [], steps: [], epochs: 0, kept: new Map(), opened: new Map(), asked: new Set(), offered: [], pictures: null });
  }

  // A message of the feed; everything in it may have been in one before.
  receive(message) {
    Object.assign(this, { run: message.run, epochs: message.epochs, perEpoch: message.perEpoch });
    this.take(message);
    this.offered = message.files.map(([, first, last]) => [first, last]);
    for (const file of message.files) this.fetchFile(...file);
    if (message.pictures && this.pictures?.address !== message.pictures) {
      this.fetchOnce(message.pictures, async (bytes) => (this.pictures = { address: message.pictures, ...unpack(await inflate(bytes)) }));
    }
  }

  take({ history, rows, steps }) {
    if (history && history[0] !== this.past?.address) {
      const [address] = history;
      this.waiting = { address, rows, steps };
      this.fetchOnce(address, async (bytes) => {
        const past = JSON.parse(new TextDecoder().decode(await inflate(bytes)));
        if (this.waiting?.address !== address) return; // a newer one is on its way
        this.past = { address, ...past };
        this.join(this.waiting);
      });
    } else this.join({ rows, steps }, !history);
  }

  join({ rows, steps }, alone = false) {
    if (alone) this.past = null;
    this.waiting = null;
    this.rows = [...(this.past?.rows ?? []), ...rows];
    this.steps = [...(this.past?.steps ?? []), ...steps];
  }

  fetchFile(address, first, last, stamp) {
    const held = [...this.kept].filter(([epoch]) => epoch >= first && epoch <= last);
    if (held.length && held.reduce((sum, [, each]) => sum ^ each.stamp, 0) === (stamp | 0)) return;
    this.fetchOnce(address, (bytes) => {
      const { header, blobs } = unpack(bytes);
      header.epochs.forEach((record, i) => {
        this.kept.set(record.epoch, { ...record, packed: blobs[i].length ? blobs[i] : null });
        this.opened.delete(record.epoch);
      });
    });
  }

  async fetchOnce(address, use) {
    if (this.asked.has(address)) return;
    this.asked.add(address);
    try {
      const answer = await fetch(address);
      if (!answer.ok) throw new Error(answer.status);
      await use(new Uint8Array(await answer.arrayBuffer()));
    } catch {
      return; // a later message asks again
    } finally {
      this.asked.delete(address);
    }
    this.changed();
  }

  // The newest epoch that anything is known of.
  get last() {
    const seen = Math.max(0, ...this.kept.keys());
    return Math.max(seen, this.rows.at(-1)?.[0] ?? 0);
  }

  rowOf(epoch) {
    return this.rows.find((row) => row[0] === epoch) ?? null;
  }

  // {header, blobs} of an epoch; null when nothing was kept of it, undefined while it is being fetched or opened.
  open(epoch) {
    const record = this.kept.get(epoch);
    if (!record && this.offered.some(([first, last]) => first <= epoch && epoch <= last)) return undefined;
    if (!record?.packed) return null;
    const found = this.opened.get(epoch);
    if (found === undefined) {
      this.opened.set(epoch, false);
      inflate(record.packed).then((bytes) => {
        this.opened.set(epoch, new Seen(unpack(bytes)));
        for (const old of [...this.opened.keys()].slice(0, Math.max(0, this.opened.size - OPENED))) this.opened.delete(old);
        this.changed();
      });
    }
    return found || undefined;
  }

  // The largest weight shown, in an epoch or in all of them; null before there is one.
  extent(epoch, all) {
    const records = all ? [...this.kept.values()] : [this.kept.get(epoch)];
    return records.reduce((most, record) => Math.max(most, record?.extent ?? 0), 0);
  }

  // The range of a kind of norm in all epochs.
  normRange(kind) {
    const ranges = [...this.kept.values()].map((record) => record.norms?.[kind]).filter(Boolean);
    return ranges.length ? [Math.min(...ranges.map(([low]) => low)), Math.max(...ranges.map(([, high]) => high))] : null;
  }
}

// An observation, opened: header and arrays.
class Seen {
  constructor({ header, blobs }) {
    Object.assign(this, header, { blobs });
  }

  // float32, uint32 or uint8 values of a record
  array(record, kind = Uint8Array) {
    const bytes = this.blobs[record.blob];
    return kind === Uint8Array ? bytes : new kind(bytes.slice().buffer);
  }
}
