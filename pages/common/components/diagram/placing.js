// From measured parts to boxes and lines with coordinates. A line on its way is {from, node, points, beside}: the box it
// comes from and its place among the children, where it has been, and the x at which it runs beside other boxes.

Object.assign(Layout.prototype, {
  network(tree, x, top) {
    const { root } = tree;
    const { width, height, spine, content } = this.size(root);
    const wide = this.pillWidth(root);
    const at = x + Math.max(spine, wide / 2);
    const bottom = top + height - SIZE.pill;
    for (const [pill, y] of [["input", top], ["output", bottom]]) this.boxes.push({ pill, tree, box: root, x: at - wide / 2, y, width: wide, height: SIZE.pill });
    const start = { from: root, node: -1, points: [[at, top + SIZE.pill]] };
    const out = this.placeSeries(root, content, at, top + SIZE.pill + GAP, [start]);
    for (const line of out) this.leave(root, line, at, bottom, true);
    return { width: Math.max(spine, wide / 2) + Math.max(width - spine, wide / 2), height: top + height };
  },

  pillWidth(root) {
    const texts = ["input", "output"].map((end) => this.words(root, end).title);
    return Math.ceil(Math.max(...texts.map((text) => this.measure(text, false)))) + 28;
  },

  placeBox(box, x, y) {
    const { width, height, spine, content, tall } = this.size(box);
    this.boxes.push({ box, x, y, width, height, tall, open: Boolean(content) });
    if (!content) return;
    const at = x + spine;
    const start = { from: box, node: -1, points: [[at, y + SIZE.head]] };
    const out = this.placeSeries(box, content, at, y + SIZE.head + GAP, [start]);
    for (const line of out) this.leave(box, line, at, y + height, false);
  },

  // Returns the lines that leave the series below.
  placeSeries(box, size, at, y, lines) {
    size.elements.forEach((element, i) => {
      y += size.gaps[i];
      const own = size.sizes[i];
      if (element.rows) lines = this.placeRows(box, element, own, at, y, lines);
      else if (element.node === undefined) lines = this.placeRegion(box, element, own, at, y, lines);
      else lines = [this.placeNode(box, element.node, own, at, y, lines)];
      y += own.height;
    });
    return lines;
  },

  placeNode(box, node, size, at, y, lines) {
    const child = box.children[node];
    const [x, middle] = [at - size.spine, y + (size.content ? SIZE.head : size.height) / 2];
    const awaited = this.awaited?.get(child) ?? [];
    for (const line of [...lines, ...awaited]) {
      this.finish(box, line, node, [...line.points, ...entry(line, at, x + size.width, y, middle)], true);
    }
    this.placeBox(child, x, y);
    return { from: child, node, points: [[at, y + size.height]] };
  },

  placeRegion(box, part, size, at, y, lines) {
    const left = at - size.spine;
    const lane = left + size.wide + size.rails;
    const [fork, join] = [y + size.top - 10, y + size.height - size.bottom + 8];
    const start = lines[0];
    for (const to of part.rails.filter((node) => node !== part.to)) this.wait(box.children[to], this.rail(start, at, fork, lane));
    const out = part.branches.flatMap((branch, i) => {
      const own = size.branches[i];
      const spine = left + own.x + own.spine;
      const entry = { ...start, points: spine === at ? start.points : [...start.points, [at, fork], [spine, fork]] };
      const ends = this.placeSeries(box, own, spine, y + size.top, [entry]);
      return ends.map((line) => this.joins(part, size, box, line, spine, at, join, i));
    });
    return part.rails.includes(part.to) ? [...out, this.rail(start, at, fork, lane)] : out;
  },

  rail(start, at, y, lane) {
    return { ...start, points: [...start.points, [at, y], [lane, y]], beside: lane, rail: true };
  },

  wait(child, line) {
    this.awaited ??= new Map();
    this.awaited.set(child, [...(this.awaited.get(child) ?? []), line]);
  },

  // How a line goes on below its branch: a shortcut's branch meets the next box from the side, others from above.
  joins(part, size, box, line, spine, at, y, i) {
    if (line.beside || spine === at) return line;
    const target = box.children[part.to];
    const aside = size.main >= 0 && i !== size.main && target && !this.isOpen(target) && spine > at + this.size(target).width / 2 + 6;
    if (aside) return { ...line, beside: spine };
    return { ...line, points: [...line.points, [spine, y], [at, y]] };
  },

  placeRows(box, part, size, at, y, lines) {
    const spots = new Map();
    part.rows.forEach((row, r) => {
      let x = at - size.widths[r] / 2;
      y += FORK;
      row.forEach((node, i) => {
        const own = size.rows[r][i];
        spots.set(node, { x, y, r, bottom: y + own.height, at: x + own.spine, right: x + own.width });
        this.placeBox(box.children[node], x, y);
        x += own.width + BESIDE;
      });
      y += size.heights[r] + FORK;
    });
    return this.rowLines(box, part, spots, lines[0], at, at - size.spine + size.width, y);
  },

  rowLines(box, part, spots, start, at, lane, end) {
    const out = [];
    for (const to of part.successors(part.from)) {
      const spot = spots.get(to);
      if (spot) this.finish(box, start, to, [...start.points, [at, spot.y - 10], [spot.at, spot.y - 10], [spot.at, spot.y]], true);
    }
    for (const [node, spot] of spots) {
      const line = { from: box.children[node], node, points: [[spot.at, spot.bottom]] };
      for (const to of part.successors(node)) {
        const next = spots.get(to);
        if (!next) out.push({ ...line, points: [...line.points, [spot.at, end - 10], [at, end - 10]] });
        else if (next.r === spot.r + 1) this.finish(box, line, to, [...line.points, [spot.at, next.y - 10], [next.at, next.y - 10], [next.at, next.y]], true);
        else this.finish(box, line, to, [...line.points, [spot.at, spot.bottom + 8], [lane, spot.bottom + 8], [lane, next.y + 12], [next.right, next.y + 12]], true);
      }
    }
    return out;
  },

  leave(box, line, at, y, arrow) {
    const turn = line.beside ? [[line.beside, y - (arrow ? 10 : 8)], [at, y - (arrow ? 10 : 8)]] : [];
    this.finish(box, line, -1, [...line.points, ...turn, [at, y]], arrow);
  },

  // Only links that are there are drawn: what nobody reads, or what reads nothing, has no line.
  finish(box, line, node, points, arrow) {
    box.linked ??= new Set(box.links.map((pair) => pair.join()));
    if (!box.linked.has(`${line.node},${node}`)) return;
    const to = node < 0 ? box : box.children[node];
    this.lines.push({ within: box, from: line.from, to, points, arrow, rail: line.rail ? line.beside : null });
  },
});

// Where a line enters a box: from above, or from the side when it runs beside it.
function entry({ beside }, at, right, top, middle) {
  if (!beside) return [[at, top]];
  if (beside > right + 6) return [[beside, middle], [right, middle]];
  return [[beside, top - 9], [at, top - 9], [at, top]];
}
