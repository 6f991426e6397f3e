import { expect, test } from 'vitest';
import { python } from '../support/python.js';

test('Python refuses what a format cannot hold, holds its limits, and needs OpenCV for files alone', async () => {
  // It rejects with what unittest complains about.
  await expect(python('interop/test_limits.py', [])).resolves.toBe('');
});
