// What lies over the numbers of grids: the colours of marked cells, and pictures of grids too fine for numbers.

const PLACES = 1 << 20; // more than a row has columns

// The colours of the cells of one grid; "current" for the one that is pointed at.
class Marks {
  cells = new Map();

  set(row, column, colour) {
    this.cells.set(row * PLACES + column, { row, column, colour });
  }

  at(row, column) {
    return this.cells.get(row * PLACES + column)?.colour;
  }

  all() {
    return this.cells.values();
  }
}

// The same for the grids of all channels or filters.
class PlaneMarks {
  planes = new Map();

  of(plane) {
    if (!this.planes.has(plane)) this.planes.set(plane, new Marks());
    return this.planes.get(plane);
  }

  set(plane, row, column, colour) {
    this.of(plane).set(row, column, colour);
  }
}

// A picture with a pixel per cell.
class Raster {
  constructor(rows, columns) {
    [this.rows, this.columns] = [rows, columns];
    this.levels = new ImageData(columns, rows);
    this.canvas = new OffscreenCanvas(columns, rows);
  }

  set(i, [red, green, blue]) {
    const levels = this.levels.data;
    [levels[4 * i], levels[4 * i + 1], levels[4 * i + 2], levels[4 * i + 3]] = [red, green, blue, 255];
  }
}
