/** As a program has it that may keep every body. */
import { clientWith } from './matmq.js';

export const client = clientWith(false);
