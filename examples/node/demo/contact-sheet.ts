import { CV_8UC3, Mat } from 'matmq';

const CELL = { width: 240, height: 200 };
const GAP = 12;
const PAPER = 250;

/** A sheet of small pictures: one row for each list of images (8-bit BGR). */
export function contactSheet(lists: readonly (readonly Mat[])[]): Mat {
  const columns = Math.max(...lists.map((list) => list.length));
  const sheet = new Mat(GAP + lists.length * (CELL.height + GAP), GAP + columns * (CELL.width + GAP), CV_8UC3);
  sheet.data.fill(PAPER);
  for (const [y, list] of lists.entries()) {
    for (const [x, image] of list.entries()) {
      const cell = { x: GAP + x * (CELL.width + GAP), y: GAP + y * (CELL.height + GAP), ...CELL };
      drawInto(sheet.region(cell), image);
    }
  }
  return sheet;
}

/** Draws the image into the middle of the cell, as large as fits. */
function drawInto(cell: Mat, image: Mat): void {
  const scale = Math.min(cell.cols / image.cols, cell.rows / image.rows);
  const width = Math.round(image.cols * scale);
  const height = Math.round(image.rows * scale);
  const x = (cell.cols - width) >> 1;
  const y = (cell.rows - height) >> 1;
  shrinkInto(cell.region({ x, y, width, height }), image);
}

/** Each pixel becomes the mean of those it stands for. */
function shrinkInto(target: Mat, source: Mat): void {
  for (let y = 0; y < target.rows; y++) {
    const [top, bottom] = span(y, target.rows, source.rows);
    const row = target.row(y);
    for (let x = 0; x < target.cols; x++) {
      const [left, right] = span(x, target.cols, source.cols);
      for (let channel = 0; channel < 3; channel++) {
        row[x * 3 + channel] = mean(source, top, bottom, left, right, channel);
      }
    }
  }
}

function mean(source: Mat, top: number, bottom: number, left: number, right: number, channel: number): number {
  let sum = 0;
  for (let y = top; y < bottom; y++) {
    const begin = y * source.step;
    for (let x = left; x < right; x++) sum += source.data[begin + x * 3 + channel] as number;
  }
  return sum / ((bottom - top) * (right - left));
}

/** The part of `from` places that place `index` of `to` stands for; at least one. */
function span(index: number, to: number, from: number): [begin: number, end: number] {
  const begin = Math.floor((index * from) / to);
  return [begin, Math.max(begin + 1, Math.floor(((index + 1) * from) / to))];
}
