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
const MANY = 3; // branches beside each other: then boxes are narrow, and write on one line more
const NARROW = { least: 112, most: 190, line: 16 };
const SMALL = new Set(["normalisation", "activation", "regularisation", "reshape"]);

class Layout {
  // open: ids; words: box -> {title, left, right, aside}; measure: (text, bold) -> pixels; narrow: all boxes are
  constructor(open, words, measure, narrow = false) {
    Object.assign(this, { open, words, measure, narrow, sizes: new Map(), gaps: new Map(), boxes: [], lines: [] });
  }

  // All networks side by side, stages that belong together at one height. pairs: of ids.
  run(trees, pairs, titled) {
    if (trees.length > 1) this.align(trees, pairs);
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

  size(box, narrow = this.narrow) {
    if (!this.sizes.has(box)) this.sizes.set(box, this.isOpen(box) ? this.frameSize(box, narrow) : this.plainSize(box, narrow));
    return this.sizes.get(box);
  }

  plainSize(box, narrow) {
    const { title, left, right, aside } = this.words(box);
    const widths = [left, right].map((text) => this.measure(text, false));
    const small = !box.children && SMALL.has(box.family);
    const height = box.children ? SIZE.group : small ? SIZE.small : box.family === "merge" ? SIZE.merge : SIZE.box;
    const titleWidth = this.measure(title, true) + (box.children ? 22 : 0) + (height === SIZE.small || height === SIZE.merge ? 12 + this.measure(aside, false) : 0);
    const tall = narrow && height > SIZE.small && Boolean(left) && Boolean(right);
    const second = tall ? Math.max(...widths) : widths[0] + widths[1] + (left && right ? 12 : 0);
    const needed = Math.ceil(Math.max(titleWidth, height > SIZE.small ? second : 0)) + 22;
    const [least, most] = narrow ? [NARROW.least, NARROW.most] : [NARROWEST, WIDEST];
    const width = Math.min(Math.max(needed, box.family === "merge" ? 80 : least), most);
    return { width, height: height + (tall ? NARROW.line : 0), spine: width / 2, tall, aside: (box.count ? 7 : 0) + (box.skip ? 15 : 0) };
  }

  frameSize(box, narrow) {
    const content = this.content(box, narrow);
    const { title, left, right } = this.words(box);
    const head = box.parent ? Math.min(this.measure(title, true) + (narrow ? 0 : this.measure(left, false)), WIDEST) + this.measure(right, false) + 64 : 0;
    const pad = box.parent ? PAD : 0;
    const more = Math.max(0, head - content.width - 2 * pad) / 2;
    const height = content.height + (box.parent ? SIZE.head + 2 * GAP : 2 * (SIZE.pill + GAP));
    return { width: content.width + 2 * (pad + more), height, spine: content.spine + pad + more, content };
  }

  content(box, narrow) {
    box.parts ??= box.links.length ? takeApart(box.children.length, box.links) : box.children.map((_, node) => ({ node }));
    const lane = Math.max(2.5, Math.min(LANE * 0.75, TIGHT_LANES / nesting(box.parts)));
    return this.seriesSize(box, box.parts, { lane, narrow }, FORK);
  }

  // Boxes below each other are equally wide. below: room for lines that meet behind a region at the end.
  seriesSize(box, elements, look, below) {
    const plain = elements.filter(({ node }) => node !== undefined).map(({ node }) => box.children[node]).filter((child) => !this.isOpen(child) && child.family !== "merge");
    const width = Math.max(0, ...plain.map((child) => this.size(child, look.narrow).width));
    for (const child of plain) Object.assign(this.size(child), { width, spine: width / 2 });
    const sizes = elements.map((element) => (element.node === undefined ? this.regionSize(box, element, look, element === elements.at(-1) ? below : FORK) : this.size(box.children[element.node], look.narrow)));
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

  regionSize(box, part, look, below) {
    const { lane } = look;
    const narrow = look.narrow || part.branches?.length >= MANY;
    if (part.rows) return this.rowsSize(box, part);
    const branches = part.branches.map((each) => this.seriesSize(box, each, { lane, narrow }, 0));
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
