/** Letters and digits alone: what case, spaces, punctuation and accents say is left out. */
const bare = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');

/** Whom somebody names for a number; `address` in lines. */
export type Holder = { name: string; address: string[] };

/**
 * Where the holder of a number as VIES tells it is not ours. An address agrees when each line of ours is in it: VIES has its own
 * order, and puts the country's letters before the postal code. What one side does not say cannot differ. Pure.
 */
export function holderDiffers(
  ours: Holder,
  told: { name: string | null; address: string | null },
): 'name' | 'address' | 'both' | null {
  const [name, there] = [bare(told.name ?? ''), bare(told.address ?? '')];
  const isOtherName = name !== '' && bare(ours.name) !== '' && name !== bare(ours.name);
  const isElsewhere = there !== '' && ours.address.some((line) => !there.includes(bare(line)));
  if (isOtherName && isElsewhere) return 'both';
  return isOtherName ? 'name' : isElsewhere ? 'address' : null;
}
