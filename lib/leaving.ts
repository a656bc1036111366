/**
 * Whether this process was told to end: it still answers, and is sent nothing new. On globalThis: instrumentation, which is
 * told, and routes, which tell, are separate module graphs.
 */
const kept = globalThis as unknown as { tierlineLeaving?: boolean };

export const isLeaving = (): boolean => kept.tierlineLeaving === true;

export const leave = (): void => {
  kept.tierlineLeaving = true;
};
