// Mounts the lab, a pad alone with a button that hands the drawing over, or one that tells every change.

class KeepPad {
  constructor(parent, header) {
    this.host = Object.assign(document.createElement("div"), { className: "pad-lab alone" });
    parent.append(this.host);
    this.pad = new DrawingPad(this.host, new Drawing(header.key, []), () => this.follow(), null);
    this.button = Object.assign(document.createElement("button"), { type: "button", className: "keep" });
    this.button.addEventListener("click", () => this.keep());
    this.pad.element.querySelector(".tools").append(this.button);
  }

  receive({ header }, send) {
    this.send = send;
    this.pad.label(header.labels);
    this.button.textContent = header.labels.keep;
    this.follow();
  }

  follow() {
    this.button.disabled = this.pad.strokes.length === 0;
  }

  keep() {
    this.pad.lift();
    this.send("kept", this.pad.strokes);
    this.pad.show([]);
  }

  destroy() {
    this.pad.destroy();
  }
}

// Every finished line is told; what is on the pad comes from the page when the visitor picked it there.
class LivePad {
  constructor(parent, header) {
    this.host = Object.assign(document.createElement("div"), { className: "pad-lab alone" });
    parent.append(this.host);
    this.pad = new DrawingPad(this.host, new Drawing(header.key, []), ({ ended }) => this.follow(ended), null);
    this.pick = -1;
  }

  receive({ header }, send) {
    this.send = send;
    this.pad.label(header.labels);
    if (header.pick <= this.pick) return; // an answer to what was on the pad before
    this.pick = header.pick;
    if (header.strokes) this.show(header.strokes);
    else if (header.asks && this.pad.strokes.length) this.follow(true); // drawn before the page was reloaded
  }

  show(strokes) {
    this.silent = true;
    this.pad.show(strokes);
    this.silent = false;
  }

  follow(ended) {
    if (ended && !this.silent) this.send("drawn", this.pad.strokes);
  }

  destroy() {
    this.pad.destroy();
  }
}

const PARTS = { keep: KeepPad, live: LivePad, lab: PadLab };

export default function ({ data, parentElement, setTriggerValue }) {
  const message = unpack(data);
  const part = (parentElement.pad ??= new PARTS[message.header.mode](parentElement, message.header));
  part.receive(message, setTriggerValue);
  return () => {
    if (parentElement.isConnected) return; // only new data
    part.destroy();
    delete parentElement.pad;
  };
}
