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
      lake: './lake',
      timezone: 'UTC',
      clockMs: Date.UTC(2026, 2, 10, 12),
      onRebuild: 'rebuild',
      release: 'each',
      connections: new Map([
        ['shop', { name: 'shop', url: 'sample://shop', scheme: 'sample' }],
        ['warehouse', { name: 'warehouse', url: 'none', scheme: 'none' }],
      ]),
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

  it('asks only for the variables of the environment in use', () => {
    expect(read('prod').diagnostics.map(({ code, message }) => [code, message])).toEqual([
      ['LS1006', 'Environment variable EVENTS is not set'],
    ]);
    expect(read('local', { SHOP_URL: 'postgres://db/shop' }).settings?.connections.get('shop')?.scheme).toBe(
      'postgres',
    );
  });
});
