/** Names the slowest test files of a run, and the slowest test of each, in front of vitest's closing lines. */
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

const COUNT = 10;

const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1).padStart(6)} s`;
const durationOf = (test: TestCase) => test.diagnostic()?.duration ?? 0;

export class SlowestReporter implements Reporter {
  #vitest: Vitest | undefined;

  onInit(vitest: Vitest): void {
    this.#vitest = vitest;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length < 2) return;
    const files = modules
      .map((module) => ({ module, duration: module.diagnostic().duration }))
      .sort((a, b) => b.duration - a.duration)
      .slice(0, COUNT);
    const lines = files.map(({ module, duration }) => {
      const [test] = [...module.children.allTests()].sort((a, b) => durationOf(b) - durationOf(a));
      // Where hooks take the time, no test does.
      const shown = test !== undefined && durationOf(test) > duration / 10;
      const slowest = shown ? `, of which ${seconds(durationOf(test)).trim()}: ${test.fullName}` : '';
      return `${seconds(duration)}  ${module.relativeModuleId}${slowest}`;
    });
    this.#vitest?.logger.log(`\nThe slowest ${files.length} of ${modules.length} test files:\n${lines.join('\n')}`);
  }
}
