import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readStandings, standingOf, tryClause, writeReport } from '@/testing/contract';
import { OTHERWISE } from '@/testing/otherwise';
import { testStripe } from '@/testing/stripe';
import { contract } from './contract';
import type { Clause } from './contract-clause';
import { openScene, Untestable } from './contract-scene';

const clauses = contract.flatMap((part) => part.clauses);
const questions = clauses.filter((clause) => 'answer' in clause);
const named = <T extends Clause>(some: T[]) => some.map((clause) => [clause.says, clause] as const);
const root = fileURLToPath(new URL('../..', import.meta.url));

let local: Awaited<ReturnType<typeof testStripe>>;
let scene: Awaited<ReturnType<typeof openScene>>;
beforeAll(async () => {
  local = await testStripe();
  await local.control('settings', { dunning_end: 'unpaid' });
  scene = await openScene(local.stripe, {
    disputedCard: 'pm_card_visa',
    dispute: (charge) => local.control('trigger', { type: 'charge.dispute.created', charge }),
    mandate: (stripe, customer, method) => stripe.paymentMethods.attach(method, { customer }),
  });
});
afterAll(async () => {
  await scene.clear();
  await local.close();
});

const answers = new Map<string, string>();

describe('local Stripe', () => {
  test.each(named(clauses))('%s', async (says, clause) => {
    const { kind, words } = await tryClause(clause, scene);
    if (kind !== 'holds' && kind !== 'answered') throw new Error(words);
    answers.set(says, words);
  });
});

/** No setting of local Stripe says otherwise; the last has one of its own, beside the one above. */
const ALWAYS_SO = [
  'Does a list by lookup key hold an archived price?',
  'Which plan does the preview of a scheduled subscription show, when items are asked for?',
];

describe('local Stripe, told to answer otherwise', () => {
  beforeAll(() => local.control('settings', OTHERWISE));
  test.each(named(questions))('%s', async (says, clause) => {
    const { kind, words } = await tryClause(clause, scene);
    expect({ kind, words, same: words === answers.get(says) }).toEqual({
      kind: 'answered',
      words: expect.any(String),
      same: ALWAYS_SO.includes(says),
    });
  });
});

describe('docs/stripe-contract.md', () => {
  const text = readFileSync(`${root}/docs/stripe-contract.md`, 'utf8');
  const rows = text.split('\n').filter((line) => /^\| \d/.test(line));

  test('lists exactly the clauses, each with how it stands', () => {
    expect(rows.map((row) => row.split(' | ')[1]?.split(' *Either ')[0])).toEqual(
      clauses.map((clause) => clause.says),
    );
    const standing =
      /\| (only documented|unknown|(confirmed|not so) on Stripe \(\d{4}-\d\d-\d\d\)(: .+)?) \|$/;
    expect(rows.filter((row) => !standing.test(row))).toEqual([]);
  });

  test('is as `npm run test:stripe` writes it', () => {
    expect(text).toBe(writeReport(readStandings(text)));
  });

  test('each clause names numbers of docs/stripe.md', () => {
    const list = readFileSync(`${root}/docs/stripe.md`, 'utf8');
    const numbers = new Set(
      [...list.matchAll(/^(?:(\d+)\. |- \*\*([DFG]\d+)\*\* )/gm)].map(
        ([, plain, lettered]) => plain ?? lettered,
      ),
    );
    expect(clauses.filter((clause) => clause.numbers.length === 0)).toEqual([]);
    expect(clauses.flatMap((clause) => clause.numbers).filter((number) => !numbers.has(number))).toEqual([]);
  });

  test('keeps what Stripe showed: a confirmation, an answer, a refutation; an account that cannot show it changes nothing', async () => {
    const [clause] = questions as [Clause & { answers: readonly string[] }];
    const says = (answer: () => Promise<string>) =>
      tryClause({ ...clause, answers: ['yes', 'no'], answer }, scene).then((outcome) =>
        standingOf(outcome, '2026-12-01'),
      );
    const yes = await says(async () => 'yes');
    expect(yes).toBe('confirmed on Stripe (2026-12-01): yes');
    expect(await says(async () => 'perhaps')).toMatch(/^not so on Stripe \(2026-12-01\): .*perhaps/);
    expect(await says(() => Promise.reject(new Error('a | b\nc')))).toBe(
      'not so on Stripe (2026-12-01): a / b c',
    );
    expect(await says(() => Promise.reject(new Untestable('Stripe Tax is not set up')))).toBeNull();
    const down = new Stripe.errors.StripeConnectionError({ message: 'down', type: 'api_error' });
    expect(await says(() => Promise.reject(down))).toBeNull();
    const kept = new Map([[clause.says, yes ?? '']]);
    expect(readStandings(writeReport(kept)).get(clause.says)).toBe(yes);
  });
});
