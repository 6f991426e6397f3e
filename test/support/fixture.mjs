/** What the fixtures have in common: their options, how they print a value for the test, and an image. */
import { CV_8UC3, Mat } from 'matmq';

export const options = JSON.parse(process.argv[2] ?? '{}');

export function print(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** An image that takes its codec a while. */
export function slowImage() {
  const mat = new Mat(600, 800, CV_8UC3);
  for (let i = 0, state = 1; i < mat.data.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    mat.data[i] = state >>> 24;
  }
  return mat;
}
