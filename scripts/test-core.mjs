// Runs the C++ core's tests with a private RabbitMQ: a CTest preset (core, asan, tsan), built first if it is not up to date.
//   node scripts/test-core.mjs asan tsan
import { buildPreset } from './build-core.mjs';
import { entry, run } from './run.mjs';

await entry(async () => {
  const presets = process.argv.slice(2);
  for (const preset of presets) buildPreset(preset);
  // Imported only now: it is compiled by the setup that precedes this.
  const { startPrivateBroker } = await import('../build/ts/tools/private-broker.js');
  const broker = await startPrivateBroker();
  try {
    for (const preset of presets) run('ctest', ['--preset', preset], { env: { ...process.env, AMQP_URL: broker.url } });
  } finally {
    await broker.stop();
  }
});
