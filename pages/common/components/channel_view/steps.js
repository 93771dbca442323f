// The steps of the chain as pictures with the number of the chosen place below each: what goes in, the sum, what follows.

class StepPictures {
  constructor(parent) {
    this.host = element("div", "steps");
    parent.append(this.host);
  }

  // view: {header, arrays, labels, palettes}
  show(view) {
    this.figures = this.list(view).map((step) => this.figure(step, view));
    if (view.header.head?.kind === "joined") return this.host.replaceChildren(branchBar(view.header, view.labels));
    this.host.replaceChildren(...this.figures.map(({ sign, node }) => element("span", "step", element("span", "sign", sign), node)));
  }

  // What is drawn: {array, name, note, sign, step, number(place)}
  list({ header, labels }) {
    const { head, normalised, activated } = header;
    const found = [];
    const stage = (key, fields) => found.push({ array: key, number: ({ stages }) => stages[key].captured, ...fields });
    if (head?.kind === "convolution") {
      const sum = head.bias === null ? labels.sum : labels.sum_bias;
      stage("head", { name: sum, step: head.step, sign: "" });
    } else if (head?.kind === "add" || head?.kind === "multiply") {
      head.parts.forEach((part, i) => {
        const name = labels[part.role] ?? fill(labels.part, { number: i + 1 });
        const sign = i ? (head.kind === "add" ? "+" : "\u00d7") : "";
        found.push({ array: `part${i}`, name, step: part.step, sign, number: ({ parts }) => parts[i] });
      });
      stage("head", { name: head.kind === "add" ? labels.addition : labels.product, step: head.step, sign: "=" });
    } else if (head?.kind === "max" || head?.kind === "average") {
      found.push({ array: "input", name: labels.input, step: head.source, sign: "" });
      stage("head", { name: labels[head.kind], step: head.step, sign: "\u2192" });
    } else if (head?.kind === "carried") stage("head", { name: labels.input, step: head.source, sign: "" });
    if (normalised) stage("normalised", { name: normalised.measured ? labels.group_norm : labels.batch_norm, step: normalised.step, sign: "\u2192" });
    if (activated) stage("activated", { name: activated.kind, step: activated.step, sign: "\u2192" });
    return found;
  }

  figure(step, { header, arrays, labels, palettes }) {
    const { shape, values } = arrays[step.array];
    const scale = new Scale(values, palettes);
    const canvas = element("canvas", "picture");
    paintMap(canvas, values, ...shape, scale);
    canvas.style.aspectRatio = `${shape[1]} / ${shape[0]}`;
    const number = element("div", "number");
    const name = element("div", "name", step.name);
    const node = element("figure", "", name, canvas, colourBar(scale), number);
    node.title = step.step || labels.picture;
    node.classList.toggle("asked", step.step === header.step);
    return { sign: step.sign, node, number, step };
  }

  mark(place, decimals) {
    for (const { number, step } of this.figures ?? []) {
      number.textContent = step.number ? formatNumber(step.number(place), decimals) : "";
    }
  }
}

// The branches of a concatenation, each as wide as it has channels, and where in them the channel lies.
function branchBar({ head, channel }, labels) {
  const total = head.branches.reduce((sum, { channels }) => sum + channels, 0);
  const bar = element("div", "branches");
  head.branches.forEach(({ step, channels }, i) => {
    const part = element("span", i === head.branch ? "branch asked" : "branch", String(channels));
    part.style.flexGrow = channels;
    part.title = fill(labels.branch, { step: step || labels.picture, count: channels });
    bar.append(part);
  });
  const mark = element("span", "mark");
  mark.style.left = `${(100 * (channel + 0.5)) / total}%`;
  bar.append(mark);
  return bar;
}
