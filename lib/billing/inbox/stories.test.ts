import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStage, type Stage } from '@/testing/stage';
import { tellStory } from '@/testing/stories';

const first = Number(process.env.STORY_SEED ?? 1);
const count = process.env.STORY_SEED && !process.env.STORIES ? 1 : Number(process.env.STORIES ?? 12);

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

test(`${count} random stories end in Stripe's own state, each side effect once`, async () => {
  const failed: unknown[] = [];
  for (let seed = first; seed < first + count; seed++) {
    await tellStory(stage, seed).catch((error: unknown) => failed.push(error));
    if (failed.length > 4) break;
  }
  if (failed.length > 1) throw new AggregateError(failed, failed.map(String).join('\n'));
  if (failed[0]) throw failed[0];
  expect(failed).toEqual([]);
}, 3_600_000);
