// Runs the C++ core's tests with a private RabbitMQ: a CTest preset (core, asan, tsan), built first if it is not up to date.
//   node scripts/test-core.mjs asan tsan
import { buildPreset } from './build-core.mjs';
import { entry, run } from './run.mjs';

await entry(async () => {
  const presets = process.argv.slice(2);
  for (const preset of presets) buildPreset(preset);
  // Imported only now: it is compiled by the setup that precedes this.
  const { startPrivateBroker } = await import('../build/ts/tools/private-broker.js');
  const { Authority } = await import('../build/ts/tools/certificates.js');
  const authority = await Authority.make();
  const identity = await authority.sign({ name: 'broker', ip: ['127.0.0.1'] });
  const broker = await startPrivateBroker({ tls: { ca: authority.cert, ...identity } });
  try {
    for (const preset of presets)
      run('ctest', ['--preset', preset], {
        env: { ...process.env, AMQP_URL: broker.url, AMQPS_URL: broker.tlsUrl, MATMQ_CA: broker.caFile },
      });
  } finally {
    await broker.stop();
  }
});
