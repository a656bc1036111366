import { afterAll, beforeAll, test } from 'vitest';
import { testStripe } from '@/testing/stripe';
import { contract, openScene } from './contract';

let local: Awaited<ReturnType<typeof testStripe>>;
let scene: Awaited<ReturnType<typeof openScene>>;
beforeAll(async () => {
  local = await testStripe();
  scene = await openScene(local.stripe);
});
afterAll(async () => {
  await scene.clear();
  await local.close();
});

test.each(contract.map((clause) => [clause.says, clause] as const))('local Stripe: %s', (_says, clause) =>
  clause.check(scene),
);
