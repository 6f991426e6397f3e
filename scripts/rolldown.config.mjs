// lib/ to the one module of dist/; tsc writes its declarations beside it.
export default {
  input: 'lib/index.ts',
  platform: 'node',
  transform: { target: 'node20' },
  output: { file: 'dist/index.js', format: 'esm', sourcemap: true },
};
