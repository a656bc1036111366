import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

/** A value of a key that is said to a person, written as words. What zod and the log say is for programs and their owners. */
const SENTENCE = /\b(?:reason|error|detail|title|text|words): *(['"`])[^'"`\n]*\w \w[^'"`\n]*\1/g;

test('the domain says codes and facts; the words are in lib/i18n', () => {
  const files = ['billing', 'catalog', 'orders', 'tenancy'].flatMap((room) =>
    readdirSync(`lib/${room}`, { recursive: true, encoding: 'utf8' }).map((name) => `lib/${room}/${name}`),
  );
  const said = files
    .filter((file) => /(?<!\.test)\.ts$/.test(file))
    .flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(SENTENCE)].map(([words]) => `${file}: ${words}`),
    );
  expect(said).toEqual([]);
});
