// The numbers of one place, line by line, as they add up to the captured value; and the window of one input channel.

class PlaceNumbers {
  constructor(parent) {
    this.title = element("div", "title");
    this.title.setAttribute("aria-live", "polite");
    this.window = element("div", "window");
    const grid = () => new Grid(element("figure", "", element("canvas"), element("figcaption")));
    this.grids = [grid(), grid(), grid()];
    this.signs = [element("span", "sign", "\u00d7"), element("span", "sign", "=")];
    this.sum = element("div", "windowsum");
    this.window.append(this.grids[0].figure, this.signs[0], this.grids[1].figure, this.signs[1], this.grids[2].figure, this.sum);
    this.lines = element("table", "lines");
    this.detail = element("div", "note detail");
    parent.append(this.title, this.lines, this.window, this.detail);
    this.detail.setAttribute("aria-live", "polite");
    Object.assign(this.window, { tabIndex: 0, role: "application" });
    this.window.addEventListener("keydown", (event) => this.key(event));
    this.grids.forEach((each) => each.canvas.addEventListener("pointermove", (event) => this.explain(each.cellAt(event))));
  }

  // k: the input channel whose window is shown.
  show(view, place, k, decimals) {
    const { labels } = view;
    [this.view, this.k] = [view, k];
    const where = fill(labels.place, { row: place.row + 1, column: place.column + 1 });
    this.title.textContent = `${where}: ${formatNumber(place.value, decimals)}`;
    this.lines.replaceChildren(...this.list(view, place, decimals).map((line) => this.line(line)));
    this.showWindow(view, place, k, decimals);
  }

  // Rows of the table: [what, formula, number, remark]
  list({ header, labels, arrays }, place, decimals) {
    const { head, normalised, activated } = header;
    const text = (value) => formatNumber(value, decimals);
    const lines = [];
    let value = place.stages.head?.captured;
    const verdict = (name, { computed, captured, agrees }) => {
      value = agrees && computed !== undefined ? computed : captured;
      if (computed === undefined) return labels.captured_only;
      return fill(agrees ? labels.captured : labels.changed, { value: text(captured) });
    };
    const stage = (key, name, formula) => {
      const found = place.stages[key];
      const remark = verdict(name, found);
      lines.push([name, formula, text(found.computed ?? found.captured), remark, found.agrees]);
    };
    if (head?.kind === "convolution") {
      lines.push([fill(labels.products, { count: arrays.inputs.shape[0] }), "", text(place.products), ""]);
      if (arrays.others) lines.push([fill(labels.rest, { count: head.total - arrays.inputs.shape[0] }), "", text(place.others), ""]);
      if (head.bias !== null) lines.push([labels.bias, "", text(head.bias), ""]);
      stage("head", labels.convolution, "");
    } else if (head?.kind === "add" || head?.kind === "multiply") {
      const sign = head.kind === "add" ? " + " : " \u00d7 ";
      stage("head", labels[head.kind === "add" ? "addition" : "product"], place.parts.map((each) => bracketed(text(each))).join(sign));
    } else if (head?.kind === "max") stage("head", labels.max, "");
    else if (head?.kind === "average") stage("head", labels.average, `${text(place.pooled.sum)} \u00f7 ${place.pooled.divisor}`);
    if (normalised) {
      const given = bracketed(text(value));
      const { scale, shift } = normalised;
      stage("normalised", normalised.measured ? labels.group_norm : labels.batch_norm, `${precise(scale)} \u00b7 ${given} + ${bracketed(precise(shift))}`);
      const numbers = { mean: significant(normalised.mean), variance: significant(normalised.variance), weight: significant(normalised.weight), bias: significant(normalised.bias), eps: normalised.eps };
      lines.push(["", fill("\u03bc = {mean}, \u03c3\u00b2 = {variance}, \u03b3 = {weight}, \u03b2 = {bias}, \u03b5 = {eps}", numbers), "", ""]);
    }
    if (activated) stage("activated", activated.kind, formulaText(activated, text(value)));
    return lines;
  }

  line([name, formula, number, remark, agrees = true]) {
    const row = element("tr", agrees ? "" : "changed");
    row.append(element("th", "", name), element("td", "formula", formula), element("td", "number", number), element("td", "remark", remark));
    return row;
  }

  showWindow(view, place, k, decimals) {
    const { header, arrays, labels, palettes } = view;
    const { head } = header;
    const pooled = place.pooled;
    this.window.hidden = !pooled && head?.kind !== "convolution";
    this.detail.textContent = "";
    if (this.window.hidden) return;
    const found = pooled ?? windowAt(arrays, k, place.row, place.column);
    this.found = found;
    this.cell = -1;
    this.window.setAttribute("aria-label", labels.walk);
    const contents = pooled
      ? [[labels.window, pooled.values, formatNumber]]
      : [[labels.window, found.values, formatNumber], [labels.kernel, found.weights, formatWeight], [labels.products_of, found.products, formatNumber]];
    const cell = this.cellSize(found, contents.length);
    this.grids.forEach((grid, i) => {
      grid.figure.hidden = !contents[i];
      if (!contents[i]) return;
      const [caption, values, format] = contents[i];
      const scale = new Scale(values, palettes);
      grid.caption.textContent = caption;
      const outside = i === 0 ? found.outside : undefined;
      grid.draw({ rows: found.rows, columns: found.columns, values, outside, outlined: found.chosen, format, colour: (value) => scale.colour(value) }, cell);
    });
    this.signs.forEach((sign, i) => (sign.hidden = !contents[i + 1]));
    this.sum.textContent = pooled ? "" : `${inputName(view, k)}: \u03a3 = ${formatNumber(place.sums[k], decimals)}`;
  }

  cellSize({ rows, columns }, count) {
    const room = this.window.parentElement.clientWidth - 40 * count;
    return Math.max(2, Math.floor(Math.min(46, room / count / columns, 150 / rows)));
  }

  key(event) {
    const { rows, columns } = this.found ?? {};
    const [down, across] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key] ?? [];
    if (!rows || down === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    if (this.cell < 0) return this.walkTo(0);
    const [row, column] = [Math.floor(this.cell / columns) + down, (this.cell % columns) + across];
    if (row >= 0 && row < rows && column >= 0 && column < columns) this.walkTo(row * columns + column);
  }

  walkTo(i) {
    this.explain(i);
    for (const grid of this.grids) if (!grid.figure.hidden) grid.draw({ ...grid.content, outlined: i }, grid.cell);
  }

  // The numbers of one cell in full, for windows whose cells are too small to write in.
  explain(i) {
    if (i < 0 || !this.found) return;
    this.cell = i;
    const { found, view: { labels } } = this;
    const where = fill(labels.cell, { row: Math.floor(i / found.columns) + 1, column: (i % found.columns) + 1 });
    const value = `${significant(found.values[i])}${found.outside[i] ? ` (${labels.outside})` : ""}`;
    const product = found.products ? ` \u00d7 ${significant(found.weights[i])} = ${significant(found.products[i])}` : "";
    this.detail.textContent = `${where}: ${value}${product}`;
  }
}

const bracketed = (text) => (text.startsWith("\u2212") ? `(${text})` : text);

function formulaText({ formula, kind, settings }, value) {
  const texts = {
    relu: `max(0, ${value})`,
    relu6: `min(6, max(0, ${value}))`,
    gelu: `x \u00b7 \u03a6(x), x = ${value}`,
    silu: `x \u00b7 \u03c3(x), x = ${value}`,
    leaky: `max(x, ${significant(settings?.slope ?? 0)} \u00b7 x), x = ${value}`,
  };
  return texts[formula] ?? `${kind}(${value})`;
}
