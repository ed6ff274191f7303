export interface Jump {
  name: string;
  /** What kind of thing it is, in a word. */
  sort: string;
  to: string;
}

/**
 * The jumps that a typed text means, best first: names that begin with it, then names with a word that does,
 * then names that hold it anywhere, then names that hold its letters in order.
 */
export function matching(jumps: Jump[], text: string): Jump[] {
  const wanted = text.trim().toLowerCase();
  if (wanted === "") return jumps;
  return jumps
    .map((jump) => ({ jump, rank: rank(jump.name.toLowerCase(), wanted) }))
    .filter(({ rank }) => rank < 4)
    .sort((a, b) => a.rank - b.rank)
    .map(({ jump }) => jump);
}

function rank(name: string, wanted: string): number {
  if (name.startsWith(wanted)) return 0;
  if (name.includes(` ${wanted}`)) return 1;
  if (name.includes(wanted)) return 2;
  return inOrder(name, wanted) ? 3 : 4;
}

function inOrder(name: string, wanted: string): boolean {
  let from = 0;
  for (const letter of wanted) {
    const found = name.indexOf(letter, from);
    if (found < 0) return false;
    from = found + 1;
  }
  return true;
}
