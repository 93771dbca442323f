// Boxes and lines as SVG text: for the page with the theme's variables, for a file with colours of its own.

const CORNER = 7;
const TITLE = 14; // pixels of letters
const TEXT = 12.5;
const REACH = { fine: 30, coarse: 44 }; // sides of what can be hit around a sign of 14: enough when zoomed out a little
const PAGE_THEME = {
  ink: "var(--st-text-color)", paper: "var(--st-background-color)", line: "var(--line)", frame: "var(--frame)",
  group: "var(--group)", edge: "var(--edge)", mark: "var(--mark)", font: "var(--st-font)",
  family: (name) => `var(--${name})`, hue: (name) => `var(--${name}-hue)`,
};
const FILE_THEME = {
  ink: "#1a1c24", paper: "#ffffff", line: "#5a6070", frame: "#8a909e", group: "#f1f3f7", edge: "#6a7080",
  mark: "#b34700", font: "Arial, Helvetica, sans-serif",
  family: (name) => mixed(HUES[name], 0.2), hue: (name) => HUES[name],
};

const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const MOST_ARCS = 6; // small ones beside a box
const SMALL_TEXT = 10.5; // along a line
const half = (number) => Math.round(number * 2) / 2;

class Drawing {
  // measure: (text, bold) -> pixels; says: box -> what a screen reader says; identity: what is written along a shortcut
  constructor({ theme, measure, words, scale, says, identity }) {
    Object.assign(this, { theme, measure, words, scale, says, identity });
  }

  // Everything inside of <svg>: frames below the lines that run in them, boxes above.
  draw({ boxes, lines, titled }) {
    const within = new Map();
    for (const line of lines) {
      if (!within.has(line.within)) within.set(line.within, []);
      within.get(line.within).push(line);
    }
    const parts = boxes.filter((spot) => spot.pill === "input").map(({ box }) => this.lines(within.get(box) ?? []));
    for (const spot of boxes) {
      if (spot.pill) parts.push(this.pill(spot, titled));
      else if (spot.open) parts.push(this.frame(spot), this.lines(within.get(spot.box) ?? []));
      else parts.push(this.box(spot));
    }
    return parts.join("");
  }

  // ---- lines

  lines(lines) {
    const { theme } = this;
    const rails = lines.filter((line) => line.rail !== null);
    const single = crowded(rails) ? lines.filter((line) => line.rail === null) : lines;
    const paths = single.map(({ points }) => rounded(points));
    const dots = [];
    if (single !== lines) bundle(rails, paths, dots);
    const heads = new Set(lines.filter((line) => line.arrow).map(({ points }) => arrowHead(points)));
    return `<path class="lines" d="${paths.join("")}" fill="none" stroke="${theme.line}" stroke-width="1.5"/>`
      + `<path d="${[...heads].join("")}${dots.join("")}" fill="${theme.line}"/>`
      + (single === lines ? rails.map((line) => this.lineName(line)).join("") : "");
  }

  // A shortcut that leads from the group's input into an addition changes nothing on its way.
  lineName({ within, from, to, rail, points }) {
    if (from !== within || within.run || !isAddition(to)) return "";
    const [top, bottom] = [points.find(([x]) => x === rail)[1], points.findLast(([x]) => x === rail)[1]];
    return `<text class="line-name" transform="translate(${half(rail - 5)} ${half((top + bottom) / 2)}) rotate(-90)" text-anchor="middle" font-size="${SMALL_TEXT}" fill-opacity="0.76">${escaped(this.identity)}</text>`;
  }

  // ---- boxes

  pill({ pill, tree, box, x, y, width, height }, titled) {
    const { theme } = this;
    const heading = titled && pill === "input" ? this.text(tree.title, x + width / 2, y - 10, { anchor: "middle", bold: true }) : "";
    const { title } = this.words(box, pill);
    const stopped = pill === "output" && tree.failure;
    return `<g aria-hidden="true">${heading}<rect x="${half(x)}" y="${half(y)}" width="${width}" height="${height}" rx="13" fill="${theme.paper}" stroke="${stopped ? theme.mark : theme.edge}"${stopped ? ' stroke-width="2" stroke-dasharray="4 2"' : ""}/>`
      + `${this.text(title, x + width / 2, y + height / 2 + 4.5, { anchor: "middle" })}</g>`;
  }

  frame(spot) {
    const { box, x, y, width, height } = spot;
    const { theme } = this;
    const { title, left, right } = this.words(box);
    const room = width - 46 - this.measure(right, false);
    const name = this.clip(title, room, true);
    const rest = room - this.measure(name, true) - 12;
    return this.group(spot, "frame")
      + `<rect class="body" x="${half(x)}" y="${half(y)}" width="${half(width)}" height="${half(height)}" rx="8" fill="${theme.frame}" fill-opacity="0.07" stroke="${theme.frame}"${box.run ? ' stroke-dasharray="5 3"' : ""}/>`
      + `<path d="M${half(x)} ${half(y + SIZE.head)}h${half(width)}" stroke="${theme.frame}" stroke-opacity="0.4"/>`
      + this.sign(x + 8, y + 8, false)
      + this.text(name, x + 28, y + 20, { bold: true })
      + (rest > 24 ? this.text(this.clip(left, rest, false), x + 36 + this.measure(name, true), y + 20, { faint: true }) : "")
      + this.text(right, x + width - 9, y + 20, { anchor: "end", faint: true })
      + this.mark(spot) + "</g>";
  }

  box(spot) {
    const { box, x, y, width, height } = spot;
    const colour = this.scale?.colour(box);
    const ink = colour ? readable(colour) : undefined;
    const fill = this.scale ? (colour ? css(colour) : this.theme.paper) : box.children ? this.theme.group : this.theme.family(box.family);
    const round = box.family === "merge" ? height / 2 : 5;
    return this.group(spot, box.children ? "folded" : "leaf")
      + (isBlock(box) ? this.arc(spot) : this.smallArcs(spot))
      + (box.count ? this.stack(spot, fill) : "")
      + `<rect class="body" x="${half(x)}" y="${half(y)}" width="${half(width)}" height="${height}" rx="${round}" fill="${fill}" stroke="${box.children || this.scale ? this.theme.edge : this.theme.hue(box.family)}"/>`
      + this.colours(spot)
      + (box.children ? this.sign(x + 8, y + (this.scale ? 11 : 7), true) : "")
      + this.writing(spot, ink) + this.mark(spot) + "</g>";
  }

  group({ box, x, y, width, height, open }, kind) {
    const says = this.says ? ` role="treeitem" tabindex="-1" aria-level="${box.depth}"${box.children ? ` aria-expanded="${open}"` : ""} aria-label="${escaped(this.says(box))}"` : "";
    return `<g class="box ${kind}" data-key="${escaped(box.key)}"${says}>`;
  }

  writing({ box, x, y, width, height, tall }, ink) {
    const { title, left, right, aside } = this.words(box);
    const [from, end] = [x + 11 + (box.children ? 19 : 0), x + width - 9];
    if (box.family === "merge" && !aside) return this.text(this.clip(title, width - 20, true), x + width / 2, y + 18, { bold: true, ink, anchor: "middle" });
    if (height === SIZE.small) {
      const shown = this.clip(title, end - from, true);
      const rest = end - from - this.measure(shown, true) - 10;
      return this.text(shown, from, y + 18, { bold: true, ink }) + (rest > 20 ? this.text(this.clip(aside, rest, false), end, y + 18, { anchor: "end", faint: !ink, ink }) : "");
    }
    const room = end - x - 11 - (tall ? 0 : this.measure(right, false) + 8);
    if (this.scale && box.children) y += 4; // no stripes below
    return this.text(this.clip(title, end - from, true), from, y + 18, { bold: true, ink })
      + (room > 20 ? this.text(this.clip(left, room, false), x + 11, y + 35, { faint: !ink, ink }) : "")
      + this.text(right, end, y + 35 + (tall ? NARROW.line : 0), { anchor: "end", ink });
  }

  // The kind's colour at the left edge of a layer; the layers inside, from first to last, at the lower edge of a group.
  colours({ box, x, y, width, height }) {
    if (this.scale) return "";
    if (!box.children) return box.family === "merge" ? "" : `<path d="M${half(x) + 5} ${half(y)}h-1a4 4 0 0 0 -4 4v${height - 8}a4 4 0 0 0 4 4h1z" fill="${this.theme.hue(box.family)}"/>`;
    const families = stripOf(box);
    const each = (width - 22) / families.length;
    return families.map((family, i) => `<rect x="${(x + 11 + i * each).toFixed(1)}" y="${y + height - 9}" width="${Math.max(0.5, each - (each > 4 ? 1 : 0)).toFixed(1)}" height="4" fill="${this.theme.hue(family)}"/>`).join("");
  }

  stack({ x, y, width, height }, fill) {
    return [6, 3].map((shift) => `<rect x="${half(x + shift)}" y="${half(y + shift)}" width="${half(width)}" height="${height}" rx="5" fill="${fill}" stroke="${this.theme.edge}"/>`).join("");
  }

  // Shortcuts of the blocks inside of a folded group, one arc for each: none of them leads past the group.
  smallArcs({ box, x, y, width, height }) {
    const count = shortcutsInside(box);
    if (!count) return "";
    const shown = count > MOST_ARCS ? MOST_ARCS - 1 : count;
    const each = Math.min(14, (height - 4) / Math.min(count, MOST_ARCS));
    const [left, top] = [x + width + (box.count ? 9 : 3), y + (height - each * Math.min(count, MOST_ARCS)) / 2];
    const bow = each - 3;
    const arcs = Array.from({ length: shown }, (_, i) => `M${half(left)} ${(top + i * each + 1.5).toFixed(1)}h1a5 ${(bow / 2).toFixed(1)} 0 0 1 0 ${bow.toFixed(1)}h-1`);
    const dots = shown < count ? [-1, 0, 1].map((i) => `<circle cx="${half(left + 3)}" cy="${(top + (shown + 0.5) * each + 3 * i).toFixed(1)}" r="0.9" fill="${this.theme.line}"/>`) : [];
    return `<path class="arc small" d="${arcs.join("")}" fill="none" stroke="${this.theme.line}" stroke-width="1.5"/>${dots.join("")}`;
  }

  // The shortcut of a folded block leads past it.
  arc({ box, x, y, width, height }) {
    const [at, right] = [x + width / 2, x + width + (box.count ? 6 : 0)];
    const [from, to] = [y - 9, y + height + (box.count ? 9 : 4)];
    const out = right + 13;
    const d = `M${at} ${from}H${out - CORNER}q${CORNER} 0 ${CORNER} ${CORNER}V${to - CORNER}q0 ${CORNER} ${-CORNER} ${CORNER}H${at}`;
    return `<path class="arc" d="${d}" fill="none" stroke="${this.theme.line}" stroke-width="1.5"/>`;
  }

  sign(x, y, closed) {
    const reach = matchMedia("(pointer: coarse)").matches ? REACH.coarse : REACH.fine;
    const more = (reach - 14) / 2;
    return `<g class="sign"><rect class="reach" x="${half(x) - more}" y="${half(y) - more}" width="${reach}" height="${reach}" fill="transparent"/><rect x="${half(x)}" y="${half(y)}" width="14" height="14" rx="3" fill="${this.theme.paper}" stroke="${this.theme.ink}"/>`
      + `<path d="M${half(x) + 3.5} ${half(y) + 7}h7${closed ? "m-3.5 -3.5v7" : ""}" stroke="${this.theme.ink}" stroke-width="1.6" fill="none"/></g>`;
  }

  // Comparison: a sign and a dashed outline, so that it does not hang on the colour. Lines run right of a box and
  // through its middle: the sign stands at the left, the outline inside.
  mark({ box, x, y, width, height, open }) {
    if (!box.mark) return "";
    const { mark, paper } = this.theme;
    const sign = box.mark === "only" ? "M-4 0L0 -4.5L4 0L0 4.5z" : "M-4.5 -2h9M-4.5 2h9M-2.5 5L2.5 -5";
    const round = box.family === "merge" ? height / 2 - 3 : 4;
    const dashes = (colour, wide, dashed) => `<rect x="${half(x) + 3}" y="${half(y) + 3}" width="${half(width) - 6}" height="${height - 6}" rx="${round}" fill="none" stroke="${colour}" stroke-width="${wide}"${dashed}/>`;
    const outline = open ? "" : (this.scale ? dashes(paper, 3, "") : "") + dashes(mark, 1.6, ` stroke-dasharray="${box.mark === "only" ? "2 3" : "7 3"}"`);
    return `<g class="mark">${outline}<g transform="translate(${half(x - 2)} ${half(y)})"><circle r="8.5" fill="${mark}"/><path d="${sign}" fill="${box.mark === "only" ? paper : "none"}" stroke="${paper}" stroke-width="1.6"/></g></g>`;
  }

  // Letters have the colour of the whole drawing, unless they stand on paint.
  text(text, x, y, { bold = false, faint = false, anchor = "start", ink } = {}) {
    if (!text) return "";
    const look = `${anchor === "start" ? "" : ` text-anchor="${anchor}"`}${bold ? ' font-weight="600"' : ""}`;
    return `<text x="${half(x)}" y="${half(y)}" font-size="${bold ? TITLE : TEXT}"${ink ? ` fill="${ink}"` : faint ? ' fill-opacity="0.76"' : ""}${look}>${escaped(text)}</text>`;
  }

  // As much of a text as fits.
  clip(text, room, bold) {
    if (!text || this.measure(text, bold) <= room) return text;
    let end = Math.max(1, Math.floor((text.length * room) / this.measure(text, bold)));
    while (end > 1 && this.measure(`${text.slice(0, end)}…`, bold) > room) end--;
    return `${text.slice(0, end)}…`;
  }
}

// At most forty stripes, else the shares of the families.
function stripOf(box) {
  box.strip ??= familiesInside(box);
  if (box.strip.length <= 40) return box.strip;
  const sorted = FAMILIES.flatMap((family) => box.strip.filter((each) => each === family));
  return Array.from({ length: 40 }, (_, i) => sorted[Math.floor(((i + 0.5) * sorted.length) / 40)]);
}

// ---- paths

function rounded(points) {
  const way = points.filter(([x, y], i) => i === 0 || x !== points[i - 1][0] || y !== points[i - 1][1]);
  let d = `M${half(way[0][0])} ${half(way[0][1])}`;
  for (let i = 1; i < way.length; i++) {
    const [[x0, y0], [x, y]] = [way[i - 1], way[i]];
    if (i === way.length - 1) return `${d}L${half(x)} ${half(y)}`;
    const [x1, y1] = way[i + 1];
    const radius = Math.min(CORNER, Math.hypot(x - x0, y - y0) / 2, Math.hypot(x1 - x, y1 - y) / 2);
    const [before, after] = [toward(x, y, x0, y0, radius), toward(x, y, x1, y1, radius)];
    d += `L${before}Q${half(x)} ${half(y)} ${after}`;
  }
  return d;
}

function toward(x, y, x1, y1, distance) {
  const length = Math.hypot(x1 - x, y1 - y) || 1;
  return `${half(x + ((x1 - x) * distance) / length)} ${half(y + ((y1 - y) * distance) / length)}`;
}

function arrowHead(points) {
  const [[x0], [x, y]] = points.slice(-2);
  if (x0 > x) return `M${half(x)} ${half(y)}l8 -4v8z`;
  return `M${half(x)} ${half(y)}l-4 -8h8z`;
}

// Many rails into one box, as in a densely connected block.
const crowded = (rails) => new Set(rails.map(({ to }) => to)).size < rails.length;

// Every source has one rail, every target one line that crosses the rails; dots are where they are joined.
function bundle(rails, paths, dots) {
  const [sources, targets] = [new Map(), new Map()];
  for (const line of rails) {
    sources.set(line.from, [...(sources.get(line.from) ?? []), line]);
    targets.set(line.to, [...(targets.get(line.to) ?? []), line]);
  }
  for (const group of sources.values()) {
    const lowest = group.reduce((a, b) => (b.points.at(-2)[1] > a.points.at(-2)[1] ? b : a));
    paths.push(rounded(lowest.points.slice(0, lowest.points.findIndex(([x]) => x === lowest.rail) + 1).concat([[lowest.rail, lowest.points.at(-2)[1]]])));
  }
  for (const group of targets.values()) {
    const widest = group.reduce((a, b) => (b.rail > a.rail ? b : a));
    const turn = widest.points.findLastIndex(([x]) => x === widest.rail);
    paths.push(rounded(widest.points.slice(turn)));
    const radius = group.length > 12 ? 1 : 2;
    for (const { rail, points } of group) dots.push(`M${half(rail) - radius} ${half(points.findLast(([x]) => x === rail)[1])}a${radius} ${radius} 0 1 0 ${2 * radius} 0a${radius} ${radius} 0 1 0 ${-2 * radius} 0z`);
  }
}
