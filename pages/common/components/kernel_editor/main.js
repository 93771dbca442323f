// The kernel as a grid of cells that can be typed into, pasted over and reshaped. Python checks every number
// and answers with the kernel in use; this file only draws it and reports what was typed.

const DRAW_MAP_FROM = 8; // columns from which a small picture of the kernel helps
const PAUSE = 200; // milliseconds without a key before a finished number is sent
const NUMBER = /^\s*[-+\u2212]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?(\s*\/\s*\d+(\.\d+)?)?\s*$/i;
const ACTIONS = [
  ["add_row", "+", "rows"], ["remove_row", "\u2212", "rows"],
  ["add_column", "+", "columns"], ["remove_column", "\u2212", "columns"],
  ["rotate", "\u21bb", "turn"], ["flip_horizontal", "\u2194", "turn"], ["flip_vertical", "\u2195", "turn"],
  ["normalise", "\u03a3=1", "turn"],
];

const LONGEST_TEXT = 5; // characters that fit a cell

// What a cell shows while nobody types in it: a long number is shortened, its full text stays in `full`.
function shortText(text) {
  const number = Number(text);
  if (text.length <= LONGEST_TEXT || !Number.isFinite(number)) return text;
  return Math.abs(number) < 1 ? number.toFixed(3).replace("0.", ".") : number.toPrecision(3);
}

// "1/3" and "0.50" are kept as they were typed while the cell has the focus.
function sameNumber(first, second) {
  const [a, b] = [first, second].map((text) => text.replace(",", ".").split("/").map(Number).reduce((x, y) => x / y));
  return Math.abs(a - b) <= 1e-12 * Math.abs(b);
}

class KernelEditor {
  constructor(parent) {
    this.reports = 0; // how often cells were sent; the answer says up to which report it knows
    this.host = document.createElement("div");
    this.host.className = "editor";
    this.host.innerHTML = `<canvas class="map"></canvas><div class="scroll"><div class="cells" role="grid"></div></div><div class="tools"></div>`;
    parent.appendChild(this.host);
    this.cells = this.host.querySelector(".cells");
    this.cells.addEventListener("input", (event) => this.typed(event.target));
    this.cells.addEventListener("change", (event) => {
      event.target.full = event.target.value; // a value set without typing (by a script) counts too
      this.report();
    });
    this.cells.addEventListener("focusin", (event) => {
      event.target.value = event.target.full;
      event.target.select(); // what is typed next replaces the number
    });
    this.cells.addEventListener("mouseup", (event) => event.preventDefault()); // a click would undo the selection
    this.cells.addEventListener("focusout", (event) => (event.target.value = shortText(event.target.full)));
    this.cells.addEventListener("keydown", (event) => this.key(event));
    this.cells.addEventListener("paste", (event) => this.paste(event));
    this.host.querySelector(".tools").addEventListener("click", (event) => {
      const action = event.target.closest("button")?.dataset.action;
      if (action) this.send("action", action);
    });
  }

  // header: {cells: [[text]], values: [[number]], bad: [[row, column]], answered, labels}
  receive({ header, blobs }, send) {
    [this.send, this.header, this.palette] = [send, header, blobs[0]];
    // What was typed meanwhile must not be undone by an answer to an earlier report. Once the cells are left,
    // every answer counts: a report that was lost on its way must not make the editor deaf.
    const overtaken = header.answered < this.reports && this.cells.contains(this.cells.getRootNode().activeElement);
    this.typing = overtaken || (this.reported !== undefined && JSON.stringify(this.texts()) !== this.reported);
    this.reports = Math.max(this.reports, header.answered);
    if (!this.typing) {
      clearTimeout(this.timer);
      this.reported = JSON.stringify(header.cells);
    }
    this.drawTools(header.labels);
    if (!this.typing || header.cells.flat().length !== this.cells.children.length) this.drawCells(header);
    this.drawMap(header.values);
    this.host.dataset.shown = JSON.stringify(header.values);
  }

  drawTools(labels) {
    const tools = this.host.querySelector(".tools");
    if (tools.dataset.language === labels.language) return;
    tools.dataset.language = labels.language;
    const groups = Map.groupBy?.(ACTIONS, ([, , group]) => group) ?? ACTIONS.reduce((map, each) => map.set(each[2], [...(map.get(each[2]) ?? []), each]), new Map());
    tools.replaceChildren(...[...groups].map(([group, actions]) => {
      const box = Object.assign(document.createElement("span"), { className: "group" });
      if (labels[group]) box.append(Object.assign(document.createElement("span"), { textContent: labels[group] }));
      for (const [action, sign] of actions) {
        const button = Object.assign(document.createElement("button"), { textContent: sign, title: labels[action] });
        button.dataset.action = action;
        button.setAttribute("aria-label", labels[action]);
        box.append(button);
      }
      return box;
    }));
  }

  drawCells({ cells, values, bad, labels }) {
    const columns = Math.max(...cells.map((row) => row.length));
    this.cells.style.gridTemplateColumns = `repeat(${columns}, minmax(2rem, 3.6rem))`;
    this.cells.classList.toggle("small", columns > 5);
    const wanted = cells.length * columns;
    while (this.cells.children.length > wanted) this.cells.lastChild.remove();
    while (this.cells.children.length < wanted) this.cells.append(this.newInput());
    const scale = Math.max(...values.flat().map(Math.abs), 0);
    const wrong = new Set(bad.map(([row, column]) => row * columns + column));
    cells.flat().forEach((text, i) => this.drawCell(this.cells.children[i], text, values.flat()[i], scale, wrong.has(i)));
    const anchor = Math.floor((cells.length - 1) / 2) * columns + Math.floor((columns - 1) / 2);
    [...this.cells.children].forEach((input, i) => {
      input.classList.toggle("anchor", i === anchor && wanted > 1); // the weight that lies on the pixel itself
      input.setAttribute("aria-label", labels.cell.replace("{row}", Math.floor(i / columns) + 1).replace("{column}", (i % columns) + 1));
    });
    this.columns = columns;
  }

  newInput() {
    const input = document.createElement("input");
    Object.assign(input, { type: "text", inputMode: "text", autocomplete: "off", spellcheck: false });
    return input;
  }

  drawCell(input, text, value, scale, wrong) {
    const focused = input.getRootNode().activeElement === input;
    if (input.full !== text && !(focused && sameNumber(input.full, text))) {
      input.full = text;
      input.value = focused ? text : shortText(text);
    }
    input.title = text;
    input.classList.toggle("wrong", wrong);
    input.setAttribute("aria-invalid", wrong);
    const colour = wrong || value === undefined ? [255, 255, 255] : divergingColour(this.palette, value, scale);
    input.style.background = css(colour);
    input.style.color = inkOn(colour);
  }

  drawMap(values) {
    const map = this.host.querySelector(".map");
    const [rows, columns] = [values.length, values[0].length];
    map.hidden = Math.max(rows, columns) < DRAW_MAP_FROM;
    if (map.hidden) return;
    [map.width, map.height] = [columns, rows];
    const scale = Math.max(...values.flat().map(Math.abs));
    const data = new ImageData(columns, rows);
    values.flat().forEach((value, i) => data.data.set([...divergingColour(this.palette, value, scale), 255], 4 * i));
    map.getContext("2d").putImageData(data, 0, 0);
    map.style.aspectRatio = `${columns} / ${rows}`;
  }

  // ---- typing

  // A number still being typed ("-", "1/") is not sent until the cell is left: it would only be called wrong.
  typed(input) {
    clearTimeout(this.timer);
    input.full = input.value;
    if (NUMBER.test(input.value)) this.timer = setTimeout(() => this.report(), PAUSE);
  }

  // The cells as they stand, row by row.
  texts() {
    const texts = [...this.cells.children].map((input) => input.full);
    const rows = [];
    for (let i = 0; i < texts.length; i += this.columns) rows.push(texts.slice(i, i + this.columns));
    return rows;
  }

  report() {
    clearTimeout(this.timer);
    const rows = this.texts();
    const now = JSON.stringify(rows);
    if (now === this.reported) return;
    this.reported = now;
    this.reports += 1;
    this.send("cells", { rows, report: this.reports });
  }

  key(event) {
    const input = event.target;
    const i = [...this.cells.children].indexOf(input);
    const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
    const atEnd = input.selectionStart === input.value.length;
    const steps = { ArrowUp: -this.columns, ArrowDown: this.columns, Enter: this.columns };
    if (whole || input.selectionEnd === 0) steps.ArrowLeft = -1;
    if (whole || atEnd) steps.ArrowRight = 1;
    const next = this.cells.children[i + steps[event.key]];
    if (event.key === "Enter") this.report();
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.select();
  }

  paste(event) {
    const text = event.clipboardData.getData("text");
    if (NUMBER.test(text)) return;
    event.preventDefault();
    this.send("paste", text.slice(0, 65536));
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const editor = (parentElement.editor ??= new KernelEditor(parentElement));
  editor.receive(unpack(data), setTriggerValue);
}
