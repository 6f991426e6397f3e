// Where the C headers of the running Node are. They are never downloaded: every official build of Node brings them.
import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds `include/node/node_api.h`: beside the running node, or else what `npm_config_nodedir` names. */
export function nodeDir(execPath = process.execPath, env = process.env) {
  const tried = [dirname(dirname(realpathSync(execPath))), dirname(dirname(execPath)), env.npm_config_nodedir];
  const found = tried.find((dir) => dir && existsSync(join(dir, 'include/node/node_api.h')));
  if (found) return found;
  throw new Error(
    `The headers of Node ${process.version} are not installed: there is no include/node/node_api.h in any of\n` +
      [...new Set(tried.filter(Boolean))].map((dir) => `  ${dir}\n`).join('') +
      'Mend it in one of these ways:\n' +
      '  - Node from a distribution: install its headers (Debian and Ubuntu: libnode-dev, Fedora: nodejs-devel)\n' +
      '  - use a Node that brings them: nodejs.org, NodeSource, nvm, fnm, Homebrew\n' +
      '  - name the folder that has include/node in it: npm_config_nodedir=/path npm run build\n',
  );
}

/** The environment for cmake-js and node-gyp: with `npm_config_nodedir` set, both take the installed headers. */
export function buildEnv() {
  return { ...process.env, npm_config_nodedir: nodeDir() };
}
