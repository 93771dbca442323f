// Where boxes and lines go. First every part is measured, then placed from top to bottom. A part has a width, a height
// and a spine: the distance from its left edge to the vertical line that enters and leaves it.

const SIZE = { box: 42, small: 26, merge: 26, group: 50, head: 30, pill: 26, title: 28 };
const GAP = 16; // between boxes
const FORK = 20; // where lines divide or meet
const BESIDE = 14; // between parallel branches
const PAD = 12; // inside of a frame
const LANE = 16; // from a rail to what it passes
const TIGHT_LANES = 96; // pixels for all rails of a densely connected block
const BETWEEN = 48; // two networks
const NARROWEST = 170;
const WIDEST = 270;
const SMALL = new Set(["normalisation", "activation", "regularisation", "reshape"]);

class Layout {
  // open: ids; words: box -> {title, left, right}; measure: (text, bold) -> pixels
  constructor(open, words, measure) {
    Object.assign(this, { open, words, measure, sizes: new Map(), gaps: new Map(), boxes: [], lines: [] });
  }

  // All networks side by side, stages that belong together at one height. pairs: of ids.
  run(trees, pairs, titled) {
    if (trees.length === 2) this.align(trees, pairs);
    const top = titled ? SIZE.title : 0;
    let [x, height] = [0, 0];
    for (const tree of trees) {
      const size = this.network(tree, x, top);
      x += size.width + BETWEEN;
      height = Math.max(height, size.height);
    }
    return { width: x - BETWEEN, height, boxes: this.boxes, lines: this.lines, titled };
  }

  isOpen(box) {
    return Boolean(box.children) && (!box.parent || this.open.has(box.id));
  }

  // ---- measuring

  size(box) {
    if (!this.sizes.has(box)) this.sizes.set(box, this.isOpen(box) ? this.frameSize(box) : this.plainSize(box));
    return this.sizes.get(box);
  }

  plainSize(box) {
    const { title, left, right, aside } = this.words(box);
    const second = this.measure(left, false) + (left && right ? 12 : 0) + this.measure(right, false);
    const small = !box.children && SMALL.has(box.family);
    const height = box.children ? SIZE.group : small ? SIZE.small : box.family === "merge" ? SIZE.merge : SIZE.box;
    const titleWidth = this.measure(title, true) + (box.children ? 22 : 0) + (height === SIZE.small || height === SIZE.merge ? 12 + this.measure(aside, false) : 0);
    const needed = Math.max(titleWidth, height > SIZE.small ? second : 0) + 22;
    const width = Math.min(Math.max(Math.ceil(needed), box.family === "merge" ? 80 : NARROWEST), WIDEST);
    return { width, height, spine: width / 2, aside: (box.count ? 7 : 0) + (box.skip ? 15 : 0) };
  }

  frameSize(box) {
    const content = this.content(box);
    const { title, left, right } = this.words(box);
    const head = box.parent ? Math.min(this.measure(title, true) + this.measure(left, false), WIDEST) + this.measure(right, false) + 64 : 0;
    const pad = box.parent ? PAD : 0;
    const more = Math.max(0, head - content.width - 2 * pad) / 2;
    const height = content.height + (box.parent ? SIZE.head + 2 * GAP : 2 * (SIZE.pill + GAP));
    return { width: content.width + 2 * (pad + more), height, spine: content.spine + pad + more, content };
  }

  content(box) {
    box.parts ??= box.links.length ? takeApart(box.children.length, box.links) : box.children.map((_, node) => ({ node }));
    const lane = Math.max(2.5, Math.min(LANE * 0.75, TIGHT_LANES / nesting(box.parts)));
    return this.seriesSize(box, box.parts, lane, FORK);
  }

  // Boxes below each other are equally wide. below: room for lines that meet behind a region at the end.
  seriesSize(box, elements, lane, below) {
    const plain = elements.filter(({ node }) => node !== undefined).map(({ node }) => box.children[node]).filter((child) => !this.isOpen(child) && child.family !== "merge");
    const width = Math.max(0, ...plain.map((child) => this.size(child).width));
    for (const child of plain) Object.assign(this.size(child), { width, spine: width / 2 });
    const sizes = elements.map((element) => (element.node === undefined ? this.regionSize(box, element, lane, element === elements.at(-1) ? below : FORK) : this.size(box.children[element.node])));
    const left = Math.max(0, ...sizes.map((size) => size.spine));
    const right = Math.max(0, ...sizes.map((size) => size.width - size.spine + (size.aside ?? 0)));
    const gaps = elements.map((element, i) => this.gapBefore(box, elements, i));
    const height = sizes.reduce((total, size, i) => total + size.height + gaps[i], 0);
    return { width: left + right, height, spine: left, sizes, gaps, elements };
  }

  gapBefore(box, elements, i) {
    if (i === 0) return 0;
    const extra = elements[i].node === undefined ? 0 : this.gaps.get(box.children[elements[i].node]) ?? 0;
    return extra + (elements[i].node === undefined || elements[i - 1].node === undefined ? 0 : GAP);
  }

  regionSize(box, part, lane, below) {
    if (part.rows) return this.rowsSize(box, part);
    const branches = part.branches.map((each) => this.seriesSize(box, each, lane, 0));
    const main = mainBranch(part);
    const order = main > 0 ? [branches[main], ...branches.filter((_, i) => i !== main)] : branches;
    let x = 0;
    for (const each of order) {
      each.x = x;
      x += each.width + BESIDE;
    }
    const wide = Math.max(0, x - BESIDE);
    const spine = main >= 0 ? branches[main].spine : middle(branches, wide);
    const rails = part.rails.length ? (lane < 8 ? lane : LANE) : 0;
    const tall = Math.max(0, ...branches.map((each) => each.height));
    const [top, bottom] = [FORK, branches.length > 1 || rails ? below : Math.min(GAP, below)];
    return { width: wide + rails, height: tall + top + bottom, spine, branches, main, top, bottom, wide, rails };
  }

  rowsSize(box, part) {
    const rows = part.rows.map((row) => row.map((node) => this.size(box.children[node])));
    const widths = rows.map((row) => row.reduce((total, size) => total + size.width + BESIDE, -BESIDE));
    const wide = Math.max(...widths);
    const heights = rows.map((row) => Math.max(...row.map((size) => size.height)));
    const height = heights.reduce((total, each) => total + each + 2 * FORK, 0);
    return { width: wide + LANE, height, spine: wide / 2, rows, widths, heights, wide };
  }

  // ---- placing

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
  }

  pillWidth(root) {
    const texts = ["input", "output"].map((end) => this.words(root, end).title);
    return Math.ceil(Math.max(...texts.map((text) => this.measure(text, false)))) + 28;
  }

  placeBox(box, x, y) {
    const { width, height, spine, content } = this.size(box);
    this.boxes.push({ box, x, y, width, height, open: Boolean(content) });
    if (!content) return;
    const at = x + spine;
    const start = { from: box, node: -1, points: [[at, y + SIZE.head]] };
    const out = this.placeSeries(box, content, at, y + SIZE.head + GAP, [start]);
    for (const line of out) this.leave(box, line, at, y + height, false);
  }

  // Returns the lines that leave the series below. A line is {from, node, points, beside}.
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
  }

  placeNode(box, node, size, at, y, lines) {
    const child = box.children[node];
    const [x, middle] = [at - size.spine, y + (size.content ? SIZE.head : size.height) / 2];
    const awaited = this.awaited?.get(child) ?? [];
    for (const line of [...lines, ...awaited]) {
      this.finish(box, line, node, [...line.points, ...entry(line, at, x + size.width, y, middle)], true);
    }
    this.placeBox(child, x, y);
    return { from: child, node, points: [[at, y + size.height]] };
  }

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
      const left_ = this.placeSeries(box, own, spine, y + size.top, [entry]);
      return left_.map((line) => this.joins(part, size, box, line, spine, at, join, i));
    });
    return part.rails.includes(part.to) ? [...out, this.rail(start, at, fork, lane)] : out;
  }

  rail(start, at, y, lane) {
    return { ...start, points: [...start.points, [at, y], [lane, y]], beside: lane, rail: true };
  }

  wait(child, line) {
    this.awaited ??= new Map();
    this.awaited.set(child, [...(this.awaited.get(child) ?? []), line]);
  }

  // How a line goes on below its branch: a shortcut's branch meets the next box from the side, others from above.
  joins(part, size, box, line, spine, at, y, i) {
    if (line.beside || spine === at) return line;
    const target = box.children[part.to];
    const aside = size.main >= 0 && i !== size.main && target && !this.isOpen(target) && spine > at + this.size(target).width / 2 + 6;
    if (aside) return { ...line, beside: spine };
    return { ...line, points: [...line.points, [spine, y], [at, y]] };
  }

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
  }

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
  }

  leave(box, line, at, y, arrow) {
    const turn = line.beside ? [[line.beside, y - (arrow ? 10 : 8)], [at, y - (arrow ? 10 : 8)]] : [];
    this.finish(box, line, -1, [...line.points, ...turn, [at, y]], arrow);
  }

  // Only links that are there are drawn: what nobody reads, or what reads nothing, has no line.
  finish(box, line, node, points, arrow) {
    box.linked ??= new Set(box.links.map((pair) => pair.join()));
    if (!box.linked.has(`${line.node},${node}`)) return;
    const to = node < 0 ? box : box.children[node];
    this.lines.push({ within: box, from: line.from, to, points, arrow, rail: line.rail ? line.beside : null });
  }

  // ---- two networks

  // Extra gaps before stages that belong together, so that they begin at one height.
  align(trees, pairs) {
    const tops = trees.map(({ root }) => this.topsOf(root));
    const [moved, last] = [[0, 0], [-1, -1]];
    for (const pair of pairs) {
      const spots = pair.map((id, side) => tops[side].get(id));
      if (spots.some((spot, side) => !spot || spot.place <= last[side])) continue;
      const behind = spots[1].y + moved[1] - spots[0].y - moved[0];
      const late = behind > 0 ? 0 : 1;
      this.gaps.set(spots[late].box, Math.abs(behind));
      moved[late] += Math.abs(behind);
      spots.forEach((spot, side) => (last[side] = spot.place));
    }
    for (const { root } of trees) this.sizes.delete(root);
  }

  topsOf(root) {
    const { content } = this.size(root);
    const found = new Map();
    let y = 0;
    content.elements.forEach((element, i) => {
      y += content.gaps[i];
      if (element.node !== undefined && i > 0) found.set(root.children[element.node].id, { box: root.children[element.node], y, place: i });
      y += content.sizes[i].height;
    });
    return found;
  }
}

// Where a line enters a box: from above, or from the side when it runs beside it.
function entry({ beside }, at, right, top, middle) {
  if (!beside) return [[at, top]];
  if (beside > right + 6) return [[beside, middle], [right, middle]];
  return [[beside, top - 9], [at, top - 9], [at, top]];
}

// Of two branches of unequal length the longer one is the main one, and the other a shortcut beside it.
function mainBranch(part) {
  if (part.branches.length === 1) return 0;
  if (part.branches.length !== 2) return -1;
  const [first, second] = part.branches.map(steps);
  if (first === second) return -1;
  return first > second ? 0 : 1;
}

const steps = (elements) => elements.reduce((total, each) => total + (each.node === undefined ? (each.rows?.flat().length ?? each.branches.reduce((sum, branch) => sum + steps(branch), 0)) : 1), 0);

// The middle of parallel branches; a branch that is nearly there gets a straight line.
function middle(branches, width) {
  const spines = branches.map((each) => each.x + each.spine);
  const near = spines.find((spine) => Math.abs(spine - width / 2) < 12);
  return near ?? width / 2;
}

// How many rails run beside each other.
function nesting(elements) {
  return Math.max(1, ...elements.filter((each) => each.branches).map((each) => (each.rails.length ? 1 : 0) + Math.max(0, ...each.branches.map(nesting))));
}
