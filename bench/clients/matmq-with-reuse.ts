/** As a program has it that is done with each body when it wants the next one. */
import { clientWith } from './matmq.js';

export const client = clientWith({ reuse: true });
