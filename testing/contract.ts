import type Stripe from 'stripe';
import { isOutage, stripeError } from '@/lib/stripe/client';
import { contract } from '@/lib/stripe/contract';
import type { Clause } from '@/lib/stripe/contract-clause';
import { openScene, type Scene, Untestable } from '@/lib/stripe/contract-scene';

// Plays the contract with Stripe, and keeps what a run against Stripe itself has shown (docs/stripe-contract.md).

export type Outcome = { kind: 'holds' | 'answered' | 'untestable' | 'fails'; words: string };

/**
 * Plays one clause. An answer that the app does not know is a failure; a Stripe that is out of reach, or a key that may not
 * ask, says nothing either way.
 */
export async function tryClause(clause: Clause, scene: Scene): Promise<Outcome> {
  try {
    if ('check' in clause) {
      await clause.check(scene);
      return { kind: 'holds', words: '' };
    }
    const answer = await clause.answer(scene);
    if (!clause.answers.includes(answer))
      return { kind: 'fails', words: `an answer that is not known: ${answer}` };
    return { kind: 'answered', words: answer };
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    const isMute =
      error instanceof Untestable || isOutage(error) || stripeError(error)?.type === 'StripePermissionError';
    return { kind: isMute ? 'untestable' : 'fails', words };
  }
}

/** Plays all clauses one after the other, telling each outcome, and clears away what they made. */
export async function playContract(
  stripe: Stripe,
  tell: (clause: Clause, outcome: Outcome) => void,
): Promise<void> {
  const scene = await openScene(stripe);
  try {
    for (const { clauses } of contract)
      for (const clause of clauses) tell(clause, await tryClause(clause, scene));
  } finally {
    await scene.clear();
  }
}

/** What is known of each clause, by its sentence. */
export type Standings = ReadonlyMap<string, string>;

/** As long as Stripe itself was not asked. */
const unasked = (clause: Clause) => ('check' in clause ? 'only documented' : 'unknown');

/** How a clause stands after a run against Stripe; null: as before, for the account could not show it. */
export function standingOf({ kind, words }: Outcome, date: string): string | null {
  const told = words.replace(/\s+/g, ' ').replaceAll('|', '/');
  if (kind === 'holds') return `confirmed on Stripe (${date})`;
  if (kind === 'answered') return `confirmed on Stripe (${date}): ${told}`;
  return kind === 'fails' ? `not so on Stripe (${date}): ${told}` : null;
}

/** The standings that the table tells. */
export const readStandings = (text: string): Standings =>
  new Map(
    [...text.matchAll(/^\| \d+ \| (.+?) \| [^|]+ \| ([^|]+) \|$/gm)].map(([, cell = '', standing = '']) => [
      cell.split(' *Either ')[0] ?? '',
      standing,
    ]),
  );

/** docs/stripe-contract.md: every clause, its numbers in docs/stripe.md, and how it stands. */
export function writeReport(standings: Standings): string {
  let number = 0;
  const rows = contract.flatMap(({ subject, clauses }) => [
    '',
    `## ${subject}`,
    '',
    '| | What Tierline takes for granted, or asks | stripe.md | |',
    '|---|---|---|---|',
    ...clauses.map((clause) => {
      const either = 'check' in clause ? '' : ` *Either ${clause.answers.join(' · ')}.*`;
      const standing = standings.get(clause.says) ?? unasked(clause);
      return `| ${++number} | ${clause.says}${either} | ${clause.numbers.join(', ')} | ${standing} |`;
    }),
  ]);
  return `${HEAD}${rows.join('\n')}\n`;
}

const HEAD = `# The contract with Stripe

Written by \`npm run test:stripe\` from \`lib/stripe/contract*.ts\`; not by hand. Local Stripe is held to every clause by \`npm test\`. With
STRIPE_TEST_KEY the command plays the same clauses against that test account, and writes here how each stands:

- *confirmed on Stripe (date)*: Stripe itself did so; for a question, with its answer.
- *only documented*: the documentation says so, or others saw it; no run of ours has shown it.
- *unknown*: a question that no page settles. Tierline is made to do with each of the answers.
- *not so on Stripe (date)*: Stripe did otherwise. Local Stripe is wrong then, and the app may be.

What an account or its key cannot show (Stripe Tax is not set up, its settings lead elsewhere, Stripe is out of reach) keeps its line. All that a run makes is deleted, and
what Stripe keeps for ever archived; a dispute stays in the test account. Each sentence is the clause's name: another sentence is
another clause, and begins anew.
`;
