// A drawing as a list of strokes: kept for the next visit, undone, moved and scaled. A list is never changed, only
// replaced, so that its history is a list of lists.

const MOST_STROKES = 200;
const MOST_POINTS = 20_000;
const MOST_STEPS = 100; // that can be undone
const FARTHEST = 2 * PAD; // a drawing may be moved off the pad, but not out of reach

class Drawing {
  // key: where it is kept in this browser's tab; start: strokes to begin with.
  constructor(key, start) {
    this.place = `cnnviz-drawing/${key}`;
    this.past = [];
    this.strokes = this.remembered() ?? start;
  }

  remembered() {
    try {
      const strokes = JSON.parse(sessionStorage.getItem(this.place));
      return isDrawing(strokes) ? strokes : null;
    } catch {
      return null; // nothing there, not ours, or storage is switched off
    }
  }

  remember() {
    try {
      sessionStorage.setItem(this.place, JSON.stringify(this.strokes));
    } catch {
      // full, or switched off: the drawing is then gone after a reload
    }
  }

  replace(strokes) {
    this.past = [...this.past.slice(1 - MOST_STEPS), this.strokes];
    this.strokes = strokes;
    this.remember();
  }

  undo() {
    if (this.past.length === 0) return false;
    this.strokes = this.past.pop();
    this.remember();
    return true;
  }

  get isFull() {
    return this.strokes.length >= MOST_STROKES || this.points >= MOST_POINTS;
  }

  get points() {
    return this.strokes.reduce((sum, { points }) => sum + points.length / 2, 0);
  }

  // Move by (right, down) pixels of the pad.
  move(right, down) {
    this.transform((x, y) => [x + right, y + down], 1);
  }

  // Scale around the centre of its box; the lines become thinner or thicker with it.
  scale(factor) {
    const { left, right, top, bottom } = boxOf(this.strokes);
    const [x0, y0] = [(left + right) / 2, (top + bottom) / 2];
    this.transform((x, y) => [x0 + factor * (x - x0), y0 + factor * (y - y0)], factor);
  }

  // A third of the pad high or wide, in its upper left corner.
  intoCorner() {
    const { left, right, top, bottom } = boxOf(this.strokes);
    const factor = PAD / 3 / Math.max(right - left, bottom - top, 1);
    this.transform((x, y) => [10 + factor * (x - left), 10 + factor * (y - top)], factor);
  }

  transform(to, factor) {
    if (this.strokes.length === 0) return;
    const moved = this.strokes.map(({ points, width }) => ({ points: mapPairs(points, to), width: width * factor }));
    if (isDrawing(moved)) this.replace(moved);
  }
}

function mapPairs(points, to) {
  const moved = [];
  for (let i = 0; i < points.length; i += 2) moved.push(...to(points[i], points[i + 1]));
  return moved;
}

// The rectangle that holds all lines, their width included.
function boxOf(strokes) {
  const box = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
  for (const { points, width } of strokes) {
    for (let i = 0; i < points.length; i += 2) {
      box.left = Math.min(box.left, points[i] - width / 2);
      box.right = Math.max(box.right, points[i] + width / 2);
      box.top = Math.min(box.top, points[i + 1] - width / 2);
      box.bottom = Math.max(box.bottom, points[i + 1] + width / 2);
    }
  }
  return box;
}

function isDrawing(strokes) {
  const isCoordinate = (number) => Number.isFinite(number) && Math.abs(number) <= FARTHEST;
  const isStroke = (stroke) =>
    Array.isArray(stroke?.points) && stroke.points.length >= 2 && stroke.points.length % 2 === 0 &&
    stroke.points.length <= 2 * MOST_POINTS && stroke.points.every(isCoordinate) && stroke.width >= 0.5 && stroke.width <= PAD;
  return Array.isArray(strokes) && strokes.length <= MOST_STROKES && strokes.every(isStroke);
}
