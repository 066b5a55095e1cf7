import { join } from 'node:path';
import { measure, median } from './measure.mjs';
import { folder, lakesmith, rounded } from './setting.mjs';

/** How long until something happens, and how long it takes to see that nothing has to. */
export function start() {
  const bare = median(9, () => measure(folder, ['-e', '0']));
  const version = median(9, () => lakesmith('--version'));
  const sample = join(folder, 'retail');
  lakesmith('init', sample, '--sample');
  lakesmith('run', '--project', sample);
  const noop = median(9, () => lakesmith('run', '--project', sample));
  return {
    'lakesmith --version, ms': rounded(version.wallMs),
    'no-op run of the sample, ms after the start of node': rounded(noop.wallMs - bare.wallMs),
    'node -e 0, ms': rounded(bare.wallMs),
  };
}
