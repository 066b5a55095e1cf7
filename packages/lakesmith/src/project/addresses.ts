import type { Diagnostic, Place } from '../core/errors.ts';
import { nearestName } from '../core/nearest-name.ts';
import type { Connection } from './model.ts';
import type { YamlValue } from './yaml.ts';

/** The `connections:` of lakesmith.yml. */
export function readConnections(
  value: YamlValue | undefined,
  diagnostics: Diagnostic[],
): ReadonlyMap<string, Connection> {
  const connections = new Map<string, Connection>();
  for (const { name, url, place } of namedUrls(value)) {
    const scheme = url === 'none' ? 'none' : isSecret(url) ? 'secret' : /^([a-z][a-z0-9+.-]*):\/\//.exec(url)?.[1];
    // What could not be put in is told already.
    if (scheme === undefined && !url.includes('${')) {
      const message = `Connection ${name} has no driver: ${url === '' ? 'it is empty' : 'its URL begins with no scheme'}`;
      const hint = 'write a URL such as sample://shop or postgres://host/database, or none';
      diagnostics.push({ code: 'LS1303', message, place, hint });
    }
    connections.set(name, { name, url, scheme: scheme ?? 'none' });
  }
  return connections;
}

/** The names of `channels:`, where alerts go. */
export function readChannels(value: YamlValue | undefined, diagnostics: Diagnostic[]): ReadonlySet<string> {
  const channels = namedUrls(value);
  for (const { name, url, place } of channels) {
    if (/^(console|none|(slack|teams|https?):\/\/.+|mailto:.+@.+)$/.test(url) || url.includes('${')) continue;
    const message = `Channel ${name} leads nowhere: ${url === '' ? 'it is empty' : url}`;
    const hint = 'write a URL with slack://, teams://, mailto: or https://, or console';
    diagnostics.push({ code: 'LS1305', message, place, hint });
  }
  return new Set(channels.map(({ name }) => name));
}

/** A finding for each of some words that is no channel. */
export function channelProblems(
  words: readonly { readonly name: string; readonly place: Place }[],
  channels: ReadonlySet<string> | undefined,
): readonly Diagnostic[] {
  if (channels === undefined) return [];
  return words
    .filter(({ name }) => !channels.has(name))
    .map(({ name, place }) => {
      const near = nearestName(name, channels);
      const hint = near === undefined ? 'add it to channels: in lakesmith.yml' : `Did you mean ${near}?`;
      return { code: 'LS1305', message: `Channel ${name} is not defined in lakesmith.yml`, place, hint };
    });
}

function namedUrls(
  value: YamlValue | undefined,
): readonly { readonly name: string; readonly url: string; readonly place: Place }[] {
  const entries = value?.kind === 'map' ? [...value.entries] : [];
  return entries.map(([name, { value: url }]) => ({
    name,
    url: url.kind === 'scalar' && typeof url.value === 'string' ? url.value : '',
    place: url.place,
  }));
}

function isSecret(url: string): boolean {
  return /^\$\{secret:[^}]+\}$/.test(url);
}
