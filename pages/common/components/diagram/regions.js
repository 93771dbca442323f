// A graph taken apart into series and parallel regions, so that it can be drawn in columns. A series is a list of
// elements: {node}, or a region between the node before it and the node after it: {branches, rails}. Every branch is a
// series; a rail is a link from the node before the region that passes layers by: to the node behind the region, or
// into a branch (dense connectivity). Nodes are numbered in a topological order; START and END stand for outside.

const START = -1;

function takeApart(count, links) {
  const END = count;
  const after = Array.from({ length: count }, () => []);
  const first = [];
  for (const [from, to] of links) {
    if (to >= 0 && to <= from) continue; // a module used again: drawn where it ran first
    (from < 0 ? first : after[from]).push(to < 0 ? END : to);
  }
  const entered = new Set([...first, ...after.flat()]);
  for (let i = 0; i < count; i++) {
    if (!after[i].length) after[i].push(END);
    if (!entered.has(i)) first.push(i);
  }
  const successors = (i) => (i === START ? first : after[i]);
  return series(START, END, new Set(Array.from({ length: count }, (_, i) => i)), successors);
}

// What lies between `start` and `end`, both left out. `inside` are the nodes in between.
function series(start, end, inside, successors) {
  const next = meetings(start, end, inside, successors);
  const elements = [];
  for (let at = start; at !== end; at = next.get(at)) {
    const to = next.get(at);
    const between = reachable(at, to, inside, successors);
    if (between.size) elements.push(region(at, to, between, successors));
    if (to !== end) elements.push({ node: to });
  }
  return elements;
}

// For every node the first one that all ways to the end have in common: its immediate post-dominator.
function meetings(start, end, inside, successors) {
  const found = new Map();
  const depth = new Map([[end, 0]]);
  const common = (a, b) => {
    while (a !== b) {
      if (depth.get(a) > depth.get(b)) a = found.get(a);
      else b = found.get(b);
    }
    return a;
  };
  for (const i of [...[...inside].sort((a, b) => b - a), start]) {
    const ways = successors(i).filter((to) => to === end || inside.has(to));
    const meeting = ways.length ? ways.reduce(common) : end;
    found.set(i, meeting);
    depth.set(i, depth.get(meeting) + 1);
  }
  return found;
}

function reachable(from, stop, inside, successors) {
  const found = new Set();
  const open = successors(from).filter((to) => to !== stop && inside.has(to));
  while (open.length) {
    const i = open.pop();
    if (found.has(i)) continue;
    found.add(i);
    open.push(...successors(i).filter((to) => to !== stop && inside.has(to)));
  }
  return found;
}

function region(from, to, between, successors) {
  const rails = successors(from).includes(to) ? [to] : [];
  const branches = parts(between, successors).map((part) => branch(from, to, part, successors, rails));
  return { from, to, branches, rails };
}

// One branch between a fork and a meeting; links that keep it from being a series become rails.
function branch(from, to, part, successors, rails) {
  let entries = successors(from).filter((i) => part.has(i));
  const within = (i) => (i === from ? entries : successors(i).filter((each) => each === to || part.has(each)));
  if (entries.length > 1 && meetings(from, to, part, within).get(from) === to) {
    const led = new Set([...part].flatMap(successors));
    rails.push(...entries.filter((i) => led.has(i)));
    entries = entries.filter((i) => !led.has(i));
  }
  if (entries.length > 1 && meetings(from, to, part, within).get(from) === to) return [rows(from, to, part, within)];
  return series(from, to, part, within);
}

// What is neither series nor parallel: rows by the longest way from the fork.
function rows(from, to, part, successors) {
  const rank = new Map([...part].map((i) => [i, 0]));
  const sorted = [...part].sort((a, b) => a - b);
  for (const i of sorted) for (const each of successors(i)) if (part.has(each)) rank.set(each, Math.max(rank.get(each), rank.get(i) + 1));
  const found = [];
  for (const i of sorted) (found[rank.get(i)] ??= []).push(i);
  return { from, to, rows: found, successors };
}

// The connected parts of a set of nodes, in order of their first node.
function parts(nodes, successors) {
  const near = new Map([...nodes].map((i) => [i, []]));
  for (const i of nodes) {
    for (const to of successors(i)) {
      if (!near.has(to)) continue;
      near.get(i).push(to);
      near.get(to).push(i);
    }
  }
  const [seen, found] = [new Set(), []];
  for (const start of [...nodes].sort((a, b) => a - b)) {
    if (seen.has(start)) continue;
    const part = new Set();
    const open = [start];
    while (open.length) {
      const i = open.pop();
      if (seen.has(i)) continue;
      seen.add(i);
      part.add(i);
      open.push(...near.get(i));
    }
    found.push(part);
  }
  return found;
}
