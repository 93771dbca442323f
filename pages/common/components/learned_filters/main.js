// The filters of a layer as a grid of buttons: a click or Enter chooses one, arrow keys move. Python paints and ranks.

class FilterGrid {
  constructor(parent) {
    this.host = Object.assign(document.createElement("div"), { className: "filters" });
    this.host.setAttribute("role", "group");
    parent.appendChild(this.host);
    this.host.addEventListener("click", (event) => this.choose(event.target.closest("button")));
    this.host.addEventListener("keydown", (event) => this.key(event));
  }

  // header: {rows, columns, filters: [{number, note, title}], chosen, labels}; the blob: RGB bytes, one after another
  receive({ header, blobs }, send) {
    this.send = send;
    const { rows, columns, filters, chosen, labels } = header;
    this.host.setAttribute("aria-label", labels.grid);
    while (this.host.children.length > filters.length) this.host.lastChild.remove();
    while (this.host.children.length < filters.length) {
      const button = Object.assign(document.createElement("button"), { type: "button", innerHTML: "<canvas></canvas><span></span>" });
      this.host.append(button);
    }
    filters.forEach(({ number, note, title }, i) => {
      const button = this.host.children[i];
      button.dataset.number = number;
      button.title = title;
      button.setAttribute("aria-label", title);
      button.setAttribute("aria-pressed", number === chosen);
      button.tabIndex = number === chosen ? 0 : -1;
      button.querySelector("span").textContent = note;
      this.paint(button.querySelector("canvas"), blobs[0].subarray(3 * rows * columns * i), rows, columns);
    });
  }

  paint(canvas, bytes, rows, columns) {
    [canvas.width, canvas.height] = [columns, rows];
    const image = new ImageData(columns, rows);
    for (let i = 0; i < rows * columns; i++) image.data.set([bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2], 255], 4 * i);
    canvas.getContext("2d").putImageData(image, 0, 0);
  }

  choose(button) {
    if (!button) return;
    for (const each of this.host.children) each.setAttribute("aria-pressed", each === button);
    this.send("chosen", Number(button.dataset.number));
  }

  key(event) {
    const buttons = [...this.host.children];
    const across = buttons.filter((each) => each.offsetTop === buttons[0].offsetTop).length;
    const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
    const next = move && buttons[buttons.indexOf(event.target) + move];
    if (!next) return;
    event.preventDefault();
    next.focus();
    this.choose(next);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const grid = (parentElement.grid ??= new FilterGrid(parentElement));
  grid.receive(unpack(data), setTriggerValue);
}
