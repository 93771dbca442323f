// A card for each input channel: its map × its kernel = what it adds, and the number of the chosen place.

const FIRST_CARDS = 12;
const MORE_CARDS = 48;

// What input channel k is called: a number, or a colour of the picture.
function inputName({ header, arrays, labels }, k) {
  const number = arrays.channels.values[k];
  const isColour = header.head.source === "" && header.head.total === labels.colours.length;
  return isColour ? labels.colours[number] : fill(labels.channel, { number });
}

class InputCards {
  constructor(parent, onChoose, onRead) {
    [this.onChoose, this.onRead] = [onChoose, onRead];
    this.title = element("div", "caption");
    this.legend = element("div", "legend");
    this.host = element("div", "cards");
    this.host.setAttribute("role", "group");
    this.more = Object.assign(element("button", "more"), { type: "button" });
    this.note = element("div", "note");
    parent.append(this.title, this.legend, this.host, this.more, this.note);
    this.host.addEventListener("click", (event) => this.choose(event.target.closest("button")));
    this.host.addEventListener("keydown", (event) => this.key(event));
    this.host.addEventListener("pointermove", (event) => this.read(event));
    this.more.addEventListener("click", () => this.grow());
  }

  show(view) {
    this.view = view;
    this.cards = [];
    this.host.replaceChildren();
    const { header, arrays, labels, palettes } = view;
    const count = arrays.inputs.shape[0];
    this.scales = { inputs: new Scale(arrays.inputs.values, palettes), weights: new Scale(arrays.weights.values, palettes) };
    const strongest = Array.from({ length: Math.min(count, FIRST_CARDS) }, (_, k) => contribution(arrays, k));
    this.scales.contribution = new Scale(strongest.flatMap((values) => Array.from(values)), palettes);
    this.title.textContent = fill(labels.inputs, { count: header.head.total, source: header.head.source || labels.picture });
    this.host.setAttribute("aria-label", this.title.textContent);
    const legend = (name, scale) => element("span", "", `${name} `, colourBar(scale));
    this.legend.replaceChildren(
      legend(labels.input, this.scales.inputs), legend(labels.kernel, this.scales.weights), legend(labels.contribution, this.scales.contribution));
    const { total } = header.head;
    this.note.textContent = total > count ? fill(labels.others, { count, rest: total - count }) : "";
    this.append(Math.min(count, FIRST_CARDS), strongest);
  }

  append(count, made = []) {
    const start = this.cards.length;
    for (let k = start; k < start + count; k++) this.cards.push(this.card(k, made[k] ?? contribution(this.view.arrays, k)));
    const rest = this.view.arrays.inputs.shape[0] - this.cards.length;
    this.more.hidden = rest < 1;
    const { more, all } = this.view.labels;
    this.more.textContent = rest > MORE_CARDS ? fill(more, { count: MORE_CARDS, rest }) : fill(all, { rest });
  }

  grow() {
    const rest = this.view.arrays.inputs.shape[0] - this.cards.length;
    this.append(Math.min(rest, MORE_CARDS));
    this.mark(this.place, this.decimals);
  }

  card(k, values) {
    const { arrays, labels } = this.view;
    const slice = ({ shape, values: all }) => all.subarray(k * shape[1] * shape[2], (k + 1) * shape[1] * shape[2]);
    const picture = (kind, numbers, rows, columns) => {
      const canvas = element("canvas", kind);
      paintMap(canvas, numbers, rows, columns, this.scales[kind]);
      canvas.style.aspectRatio = `${columns} / ${rows}`;
      return canvas;
    };
    const name = inputName(this.view, k);
    const number = element("span", "number");
    const button = Object.assign(element("button", "card"), { type: "button", tabIndex: k ? -1 : 0 });
    button.append(
      element("span", "name", name), number,
      picture("inputs", slice(arrays.inputs), ...arrays.inputs.shape.slice(1)), element("span", "sign", "\u00d7"),
      picture("weights", slice(arrays.weights), ...arrays.weights.shape.slice(1)), element("span", "sign", "="),
      picture("contribution", values, arrays.rows.shape[0], arrays.columns.shape[0]));
    button.dataset.k = k;
    this.host.append(button);
    return { button, number };
  }

  choose(button) {
    if (!button) return;
    this.chosen = Number(button.dataset.k);
    for (const { button: each } of this.cards) {
      each.setAttribute("aria-pressed", each === button);
      each.tabIndex = each === button ? 0 : -1;
    }
    this.onChoose(this.chosen);
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

  // The number under the pointer in a card's picture.
  read(event) {
    const canvas = event.target.closest("canvas");
    if (!canvas) return;
    const { arrays, labels } = this.view;
    const k = Number(canvas.closest("button").dataset.k);
    const frame = canvas.getBoundingClientRect();
    const row = Math.min(Math.floor(((event.clientY - frame.top) / frame.height) * canvas.height), canvas.height - 1);
    const column = Math.min(Math.floor(((event.clientX - frame.left) / frame.width) * canvas.width), canvas.width - 1);
    if (row < 0 || column < 0) return;
    const kind = canvas.className;
    const from = kind === "contribution" ? null : arrays[kind];
    const value = from ? from.values[(k * from.shape[1] + row) * from.shape[2] + column] : channelSum(arrays, k, row, column);
    const name = { inputs: labels.input, weights: labels.kernel, contribution: labels.contribution }[kind];
    this.onRead(`${inputName(this.view, k)}, ${name}, ${fill(labels.cell, { row: row + 1, column: column + 1 })}: ${significant(value)}`);
  }

  mark(place, decimals) {
    [this.place, this.decimals] = [place, decimals];
    this.cards.forEach(({ number }, k) => (number.textContent = formatNumber(place.sums[k], decimals)));
  }
}
