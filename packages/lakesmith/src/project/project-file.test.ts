import { describe, expect, it } from 'vitest';
import { readProjectFile } from './project-file.ts';

const text = `lakesmith: 1
name: retail
lake: ./lake
clock: 2026-03-10 12:00
connections:
  shop: \${env:SHOP_URL:-sample://shop}
  warehouse: none
environments:
  prod:
    lake: s3://acme/retail
    connections:
      shop: \${secret:shop/url}
      events: \${env:EVENTS}
    release: all
`;

const read = (environment: string | undefined, env: Record<string, string> = {}) =>
  readProjectFile(text, { environment, env });

describe('lakesmith.yml', () => {
  it('is the environment local at its top', () => {
    const { settings, diagnostics } = read(undefined);
    expect(diagnostics).toEqual([]);
    expect(settings).toEqual({
      name: 'retail',
      environment: 'local',
      overlays: [],
      base: undefined,
      lake: './lake',
      timezone: 'UTC',
      clockMs: Date.UTC(2026, 2, 10, 12),
      onRebuild: 'rebuild',
      release: 'each',
      connections: new Map([
        ['shop', { name: 'shop', url: 'sample://shop', scheme: 'sample' }],
        ['warehouse', { name: 'warehouse', url: 'none', scheme: 'none' }],
      ]),
      channels: new Set(),
      parameters: [],
    });
  });

  it('lets an environment override keys and add to blocks, keeps secrets as references, and holds rebuilds in a bucket', () => {
    const { settings, diagnostics } = read('prod', { EVENTS: 'kafka://events' });
    expect(diagnostics).toEqual([]);
    expect(settings).toMatchObject({
      environment: 'prod',
      lake: 's3://acme/retail',
      onRebuild: 'hold',
      release: 'all',
    });
    expect([...(settings?.connections ?? [])].map(([name, { url, scheme }]) => [name, url, scheme])).toEqual([
      ['shop', '${secret:shop/url}', 'secret'],
      ['warehouse', 'none', 'none'],
      ['events', 'kafka://events', 'kafka'],
    ]);
  });

  it('lays an environment without a lake over its base, with the keys of that', () => {
    const over = `${text}  vat:
    base: prod
    on_rebuild: rebuild
  dev:
    timezone: Europe/Berlin
`;
    const env = { EVENTS: 'kafka://events' };
    expect(readProjectFile(over, { environment: 'vat', env }).settings).toMatchObject({
      environment: 'vat',
      overlays: ['vat'],
      base: 'prod',
      lake: 's3://acme/retail',
      release: 'all',
      onRebuild: 'rebuild',
    });
    expect(readProjectFile(over, { environment: 'dev', env }).settings).toMatchObject({
      overlays: ['dev'],
      base: 'local',
      timezone: 'Europe/Berlin',
    });
    const bases = new Map([['pr-12', 'vat']]);
    expect(readProjectFile(over, { environment: 'pr-12', env, bases }).settings).toMatchObject({
      environment: 'pr-12',
      overlays: ['vat', 'pr-12'],
      base: 'vat',
      lake: 's3://acme/retail',
    });
  });

  it('refuses environments that stand on each other', () => {
    const circle = 'lakesmith: 1\nname: x\nenvironments:\n  a:\n    base: b\n  b:\n    base: a\n';
    const { diagnostics } = readProjectFile(circle, { environment: 'a', env: {} });
    expect(diagnostics.map(({ code, message, place }) => [code, message, place?.line])).toEqual([
      ['LS1007', 'Environment a is based on itself', 5],
      ['LS1007', 'Environment b is based on itself', 7],
    ]);
  });

  it('asks only for the variables of the environment in use', () => {
    expect(read('prod').diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ['LS1006', 'Environment variable EVENTS is not set'],
    ]);
    expect(read('local', { SHOP_URL: 'postgres://db/shop' }).settings?.connections.get('shop')?.scheme).toBe(
      'postgres',
    );
  });
});
