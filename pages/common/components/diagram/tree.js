// The networks as trees of boxes. A run of equal blocks becomes a box of its own, and every box knows its parent.

// records: from Python, see pages/common/diagram.py. Boxes of one id in two networks open together.
function growTrees(networks) {
  return networks.map((network, number) => ({ ...network, number, root: grow(network.root, null, number) }));
}

function grow(record, parent, number) {
  const box = { ...record, parent, number, key: `${number}:${record.id}`, depth: parent ? parent.depth + 1 : 0 };
  if (!record.children) return box;
  const { items, links } = withRuns(record);
  box.count = alikeCount(record);
  box.links = links;
  box.children = items.map((item) => grow(item, box, number));
  return box;
}

// A group that is nothing but one run says so itself: it needs no box for the run inside.
function alikeCount({ children, repeats, run }) {
  if (run) return children.length;
  return repeats?.length === 1 && repeats[0][1] === children.length ? children.length : 0;
}

// The children with every run joined to one item, and the links between what is left.
function withRuns(record) {
  const { children, links } = record;
  const runs = alikeCount(record) ? [] : (record.repeats ?? []).filter((run) => oneWay(run, links));
  const [items, place] = [[], []];
  for (let i = 0; i < children.length; i++) {
    const run = runs.find(([first]) => first === i);
    if (run) items.push(joined(children.slice(i, i + run[1]), links, i));
    else if (!runs.some(([first, count]) => i > first && i < first + count)) items.push(children[i]);
    place.push(items.length - 1);
  }
  const moved = links.map((pair) => pair.map((i) => (i < 0 ? -1 : place[i])));
  return { items, links: distinct(moved.filter(([from, to]) => from !== to || from < 0)) };
}

// Whether the blocks of a run follow each other, or stand side by side, with nothing leading into the middle.
function oneWay([first, count], links) {
  const within = (i) => i >= first && i < first + count;
  const inner = links.filter(([from, to]) => within(from) && within(to));
  const entered = new Set(links.filter(([from, to]) => !within(from) && within(to)).map(([, to]) => to));
  const left = new Set(links.filter(([from, to]) => within(from) && !within(to)).map(([from]) => from));
  if (!inner.length) return entered.size === count && left.size === count;
  const chained = inner.every(([from, to]) => to === from + 1);
  return chained && [...entered].every((to) => to === first) && [...left].every((from) => from === first + count - 1);
}

function joined(members, links, first) {
  const last = members.at(-1);
  const within = (i) => i >= first && i < first + members.length;
  const own = links
    .filter(([from, to]) => within(from) || within(to))
    .map((pair) => pair.map((i) => (within(i) ? i - first : -1)));
  const sum = (name) => members.reduce((total, member) => total + member[name], 0);
  return {
    id: `${members[0].id}*${members.length}`, name: `${members[0].name} … ${last.name}`, kind: members[0].kind, family: "",
    label: "", inputs: members[0].inputs, shape: last.shape, parameters: sum("parameters"), macs: sum("macs"), memory: sum("memory"),
    field: last.field, whole: last.whole, mark: members.find((member) => member.mark)?.mark ?? "",
    skip: members.some((member) => member.skip), children: members, links: distinct(own), repeats: [], run: true,
  };
}

const distinct = (pairs) => [...new Map(pairs.map((pair) => [pair.join(), pair])).values()];

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

function* walk(box) {
  yield box;
  for (const child of box.children ?? []) yield* walk(child);
}

function ancestors(box) {
  const found = [];
  for (let each = box.parent; each; each = each.parent) found.unshift(each);
  return found;
}

const isAddition = (box) => SIGNS[box.kind] === "+";

// A group that is one residual block: what enters it divides, and meets again in its only addition.
function isBlock(box) {
  return Boolean(box.skip) && !box.run && !box.count && box.children.filter(isAddition).length === 1 && new Set(box.links.filter(([from]) => from < 0).map(([, to]) => to)).size > 1;
}

// How many shortcuts a group shows: one for each block in it, and those that lead past its own parts.
function shortcutsInside(box) {
  if (!box.skip || !box.children) return 0;
  const own = () => box.children.filter((_, to) => endsShortcut(box, to)).length;
  box.shortcuts ??= isBlock(box) ? 1 : own() + box.children.reduce((total, child) => total + shortcutsInside(child), 0);
  return box.shortcuts;
}

// Whether a way to a child leads past other parts; what is multiplied is weighed, and passes nothing by.
function endsShortcut({ children, links }, to) {
  const sources = [...new Set(links.filter((pair) => pair[1] === to).map(([from]) => from))];
  if (sources.length < 2 || SIGNS[children[to].kind] === "×") return false;
  return isAddition(children[to]) || sources.some((one) => sources.some((other) => other !== one && reaches(links, one, other)));
}

function reaches(links, from, to) {
  const seen = new Set([from]);
  for (const each of seen) for (const [start, end] of links) if (start === each && end >= 0) seen.add(end);
  return seen.has(to);
}

// Families of the layers inside, in the order of the forward pass; of a run only its first block.
function familiesInside(box) {
  if (!box.children) return [box.family];
  return (box.count ? box.children.slice(0, 1) : box.children).flatMap(familiesInside);
}

// Classes that only hold others: what is in them says more than their name.
const CONTAINERS = new Set(["Sequential", "ModuleList", "ModuleDict"]);
// Layers whose label alone says what they are.
const SPEAKING = new Set(["convolution", "pooling"]);

const SIGNS = { add: "+", iadd: "+", Add: "+", mul: "×", imul: "×", Multiply: "×" };

// What a box is, in one line.
function titleOf(box, labels) {
  if (SIGNS[box.kind]) return `${SIGNS[box.kind]} ${box.kind}`;
  if (!box.children) return SPEAKING.has(box.family) && box.label ? box.label : [box.kind, box.label].filter(Boolean).join(" ");
  if (box.count) return `${box.count} × ${box.children[0].kind}`;
  if (!CONTAINERS.has(box.kind)) return box.kind;
  const kinds = new Set(box.children.map((child) => child.kind));
  const count = box.children.reduce((total, child) => total + (child.run ? child.count : 1), 0);
  if (count === 1) return box.children[0].kind;
  if (kinds.size === 1 && box.children[0].children) return `${count} × ${[...kinds][0]}`;
  return fill(box.children.some((child) => child.children) ? labels.parts : labels.layers, { count });
}
