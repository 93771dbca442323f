// What is told about the chosen box: exact numbers with the arithmetic behind them.

const MOST_SUMMANDS = 8; // of a group's sum
const BYTES = 4; // of a number

Object.assign(Diagram.prototype, {
  tell() {
    if (!this.chosen) return;
    const box = this.chosen;
    this.part(".told").replaceChildren(this.pathTo(box), this.heading(box), this.table(box), ...this.remarks(box));
    this.tellField(box);
    this.tellCode();
    this.tellBelow(box);
    this.host.dataset.selected = this.selected;
  },

  // On a phone the facts are below the whole diagram: a line at its lower edge says that there are some.
  tellBelow(box) {
    const { labels } = this;
    this.part(".below").hidden = !box.parent;
    this.part(".below b").textContent = box.parent ? box.name : "";
    this.part(".below span").textContent = [shapeText(box.shape, " × "), `${short(box.parameters)} ${labels.paints.parameters}`].filter(Boolean).join(" · ");
    this.part(".below button").textContent = `${labels.tabs.facts} ↓`;
  },

  goToFacts() {
    this.showTab("facts");
    this.part(".aside").scrollIntoView({ block: "start" });
  },

  // The way to the box, from the network on; each step leads there.
  pathTo(box) {
    const path = Object.assign(document.createElement("div"), { className: "path" });
    for (const each of ancestors(box)) {
      const step = Object.assign(document.createElement("button"), { type: "button", textContent: each.parent ? each.name : this.trees[each.number].title });
      step.dataset.key = each.key;
      path.append(step, " › ");
    }
    return path;
  },

  heading(box) {
    const heading = document.createElement("h4");
    const swatch = Object.assign(document.createElement("i"), { className: "swatch" });
    if (!box.children) {
      swatch.style.background = `var(--${box.family})`;
      swatch.style.borderColor = `var(--${box.family}-hue)`;
      heading.append(swatch);
    }
    const name = /^\d+$/.test(box.name) && box.parent.parent ? `${box.parent.name}.${box.name}` : box.name;
    heading.append(box.parent ? name : this.trees[box.number].title);
    const kind = document.createElement("small");
    const title = titleOf(box, this.labels);
    kind.textContent = [box.children ? "" : this.labels.families[box.family], title.includes(box.kind) || box.count ? "" : box.kind, title].filter(Boolean).join(" · ");
    heading.append(kind);
    return heading;
  },

  table(box) {
    const { labels } = this;
    const compared = [box, this.counterpart(box)].filter(Boolean).sort((one, two) => one.number - two.number);
    const rows = [
      [labels.input, (each) => [this.inputs(each)]],
      [labels.output, (each) => [joinedChannels(each), shapeText(each.shape, " × ") || "–"]],
      [labels.paints.parameters, (each) => this.counted(each, "parameters")],
      [labels.paints.macs, (each) => this.counted(each, "macs")],
      [labels.paints.memory, (each) => this.memory(each)],
      [labels.paints.field, (each) => this.fieldLines(each)],
    ];
    const table = document.createElement("table");
    if (compared.length > 1) table.append(row("", compared.map((each) => [this.trees[each.number].title]), "th"));
    for (const [name, say] of rows) table.append(row(name, compared.map(say)));
    return table;
  },

  // The box of the same place in the other network.
  counterpart(box) {
    if (this.trees.length < 2) return null;
    const id = box.parent ? (this.pairs.find((pair) => pair[box.number] === box.id)?.[1 - box.number] ?? box.id) : "";
    return this.boxes.get(`${1 - box.number}:${id}`) ?? null;
  },

  inputs(box) {
    const [texts, counts] = [box.inputs.map((shape) => shapeText(shape, " × ")), new Map()];
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
    return [...counts].map(([text, count]) => (count > 1 ? `${count} × (${text})` : text)).join(" + ") || "–";
  },

  // [arithmetic, number, share]
  counted(box, what) {
    const number = box[what];
    if (!number) return ["0"];
    const words = box[`${what}Words`] || this.sum(box, what);
    return [words ? `${words} =` : "", ["b", grouped(number)], this.share(box, what)];
  },

  share(box, what) {
    const share = box.parent && shareText(box[what], this.trees[box.number][what]);
    return share ? fill(this.labels.share, { share }) : "";
  },

  // A group's number is the sum of its parts', where that is short to say.
  sum(box, what) {
    const parts = (box.children ?? []).filter((child) => child[what]);
    if (parts.length === 1 && parts[0][what] === box[what]) return parts[0][`${what}Words`] || this.sum(parts[0], what);
    if (box.count > 1 && parts.every((part) => part[what] === parts[0][what])) return `${parts.length}·${grouped(parts[0][what])}`;
    const total = parts.reduce((sum, part) => sum + part[what], 0);
    if (parts.length < 2 || parts.length > MOST_SUMMANDS || total !== box[what]) return "";
    return parts.map((part) => grouped(part[what])).join(" + ");
  },

  memory(box) {
    const { memory } = box;
    if (!memory) return ["–"];
    const words = box.children ? "" : `${shapeText(box.shape, "·")}·${BYTES} =`;
    return [words, `${grouped(memory)} B =`, ["b", bytesText(memory)], this.share(box, "memory")];
  },

  fieldLines(box) {
    const { labels } = this;
    if (box.whole) return [["b", this.trees[box.number].whole]];
    if (!box.field) return ["–"];
    const [rows, columns] = [box.field.rows, box.field.columns];
    const both = (i) => (rows[i] === columns[i] ? number(rows[i]) : `${number(rows[i])} × ${number(columns[i])}`);
    return [["b", fill(labels.pixels, { rows: grouped(rows[0]), columns: grouped(columns[0]) })], fill(labels.jump, { jump: both(1), start: both(2) })];
  },

  remarks(box) {
    const { labels } = this;
    const texts = [];
    if (!box.parent) texts.push(labels.hint);
    if (box.skip) texts.push(labels.skip_inside);
    if (box.mark) texts.push(labels[`${box.mark}_long`]);
    const { failure } = this.trees[box.number];
    if (failure) texts.unshift(failure.text);
    return texts.map((textContent) => Object.assign(document.createElement("p"), { textContent }));
  },

  tellField(box) {
    if (box) this.field?.show(box, this.labels);
  },
});

const number = (value) => (value < 0 ? "\u2212" : "") + (Number.isInteger(value) ? grouped(Math.abs(value)) : Math.abs(value).toString());

// Of layers that put what they read on top of each other: the channels, and what they give; else nothing.
function joinedChannels({ children, inputs, shape }) {
  if (children || inputs.length < 2 || !shape?.length) return "";
  const channels = inputs.map(([first]) => first);
  if (channels.reduce((total, each) => total + each, 0) !== shape[0]) return "";
  return `${(channels.length > MOST_SUMMANDS ? repeated(channels) : channels.map(grouped)).join(" + ")} = ${grouped(shape[0])},`;
}

// Equal neighbours as one product: 64, 32, 32 -> 64, 2·32
function repeated(numbers) {
  const runs = [];
  for (const each of numbers) {
    if (runs.at(-1)?.[1] === each) runs.at(-1)[0]++;
    else runs.push([1, each]);
  }
  return runs.map(([count, each]) => (count > 1 ? `${count}·${grouped(each)}` : grouped(each)));
}

// Each cell is a list of lines: a text, or [element, text].
function row(name, cells, tag = "td") {
  const line = document.createElement("tr");
  line.append(Object.assign(document.createElement("th"), { textContent: name, scope: "row" }));
  for (const lines of cells) {
    const cell = document.createElement(tag);
    for (const each of lines.filter(Boolean)) {
      const [kind, text] = Array.isArray(each) ? each : ["span", each];
      cell.append(Object.assign(document.createElement(kind), { textContent: text }), " ");
    }
    line.append(cell);
  }
  return line;
}
