import { expect, test } from 'vitest';
import { localPath } from './local-path';

test('a path of ours stays as it is', () => {
  for (const path of ['/', '/store/ACME/billing?tab=1#plans', '/store/%C3%A9'])
    expect(localPath(path)).toBe(path);
});

test("what a browser reads as another site's address leads home", () => {
  const others = [
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/\r\\evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    'javascript:alert(1)',
    ' /store',
    '',
    null,
    undefined,
    ['/store'],
  ];
  for (const other of others) expect(localPath(other), String(other)).toBe('/');
});

test('line ends go, as a header cannot hold them', () => {
  expect(localPath('/store/\nFULL')).toBe('/store/FULL');
});
