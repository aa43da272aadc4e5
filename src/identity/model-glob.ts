import type { Principal } from './key.ts';

/**
 * Whether the key may call a model of this name. `*` stands for any characters, also none and also `/`; every other
 * character stands for itself.
 */
export function allowsModel(principal: Pick<Principal, 'models'>, name: string): boolean {
  return principal.models === undefined || principal.models.some((glob) => matchesGlob(glob, name));
}

/** Goes back to the last star only, so its cost is bounded by the product of the two lengths; a regular expression's is not. */
function matchesGlob(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let starText = 0;
  while (t < text.length) {
    if (glob[g] === '*') {
      star = g++;
      starText = t;
    } else if (g < glob.length && glob[g] === text[t]) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++starText;
    } else {
      return false;
    }
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}
