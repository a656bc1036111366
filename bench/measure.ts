/** The middle one; of an even number the mean of the two. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

type Slice = () => Promise<number>;

/**
 * Runs slices of the two in turns, so that whatever else the machine does falls on both, and takes medians: of each side,
 * and of the ratios of neighbours. Who goes first changes with every round. One round before does not count.
 */
export async function interleave(subject: Slice, baseline: Slice, rounds: number) {
  await baseline();
  await subject();
  const pairs: { value: number; baseline: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    if (round % 2 === 0) {
      const before = await baseline();
      pairs.push({ value: await subject(), baseline: before });
    } else {
      const value = await subject();
      pairs.push({ value, baseline: await baseline() });
    }
  }
  return {
    value: median(pairs.map((pair) => pair.value)),
    baseline: median(pairs.map((pair) => pair.baseline)),
    ratio: median(pairs.map((pair) => pair.value / pair.baseline)),
  };
}

/** How often per second `work` ends, `parallel` of it at once, for so many milliseconds. It is told which of them it is. */
export async function rate(parallel: number, milliseconds: number, work: (lane: number) => Promise<unknown>) {
  const startedAt = performance.now();
  const deadline = startedAt + milliseconds;
  let done = 0;
  await Promise.all(
    Array.from({ length: parallel }, async (_, lane) => {
      while (performance.now() < deadline) {
        await work(lane);
        done++;
      }
    }),
  );
  return (done * 1000) / (performance.now() - startedAt);
}

/** The median duration, in milliseconds, of so many runs one after another. */
export async function p50(times: number, work: () => Promise<unknown>): Promise<number> {
  const durations: number[] = [];
  for (let run = 0; run < times; run++) {
    const startedAt = performance.now();
    await work();
    durations.push(performance.now() - startedAt);
  }
  return median(durations);
}

/** How long one run takes, in seconds. */
export async function seconds(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return (performance.now() - startedAt) / 1000;
}
