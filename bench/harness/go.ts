import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** Says that all is set up, and waits for the word to begin. */
export async function readyToGo(): Promise<void> {
  const input = createInterface(process.stdin);
  // Without the benchmark there is nobody to measure for.
  const orphaned = () => process.exit(1);
  input.once('close', orphaned);
  console.log('ready');
  await once(input, 'line');
  input.off('close', orphaned).close();
  process.stdin.destroy();
}
