// Mounts the lab, or a pad alone with a button that hands the drawing over.

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

export default function ({ data, parentElement, setTriggerValue }) {
  const message = unpack(data);
  const Part = message.header.mode === "keep" ? KeepPad : PadLab;
  const part = (parentElement.pad ??= new Part(parentElement, message.header));
  part.receive(message, setTriggerValue);
  return () => {
    if (parentElement.isConnected) return; // only new data
    part.destroy();
    delete parentElement.pad;
  };
}
