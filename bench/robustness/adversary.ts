import type { IsCostly } from '../../test/router/operating-point.ts';

/** Tokens of many kinds; what an attacker without access to the router would try first is among them. */
const vocabulary = (
  'the of and to in a is that for it as was with be by on not but at this have from or an they which one you all there would their we when who will no more if out so what about than only other time some two first then do any like my now over such even most made after many must where because each ' +
  'prove theorem integral derivative matrix eigenvalue polynomial modulo lemma topology algorithm recursion compiler function class import return def lambda assert regex sql python rust kernel thread mutex ' +
  'diagnosis statute jurisdiction plaintiff enzyme mitochondria quantum entropy voltage momentum isotope covalent photosynthesis inflation elasticity equilibrium kant hegel renaissance dynasty treaty ' +
  'hard difficult expert phd complex careful think step reason best model urgent simple easy quick trivial cheap ' +
  'translate summarize rewrite extract poem story json table list why how explain compare which who when where ' +
  '{ } ( ) [ ] ; :: == => \\frac \\int $x$ ``` ** ## | <s> </s> 42 1984 3.14 % $ ... ?! 的 证明 分析 函数 なぜ 関数 왜 함수 é ß'
).split(' ');

export interface Attack {
  prefix: string;
  /** Of the asks it was found on. */
  share: number;
  decisions: number;
}

/**
 * The five tokens before an ask that move the share of the reference furthest, token by token, each the best one after those already
 * taken. `towards` 1 looks for upgrades, -1 for downgrades.
 */
export function greedyPrefix(isCostly: IsCostly, asks: string[], towards: 1 | -1, tokens = 5): Attack {
  const best: Attack = { prefix: '', share: shareOf(isCostly, asks, ''), decisions: asks.length };
  for (let position = 0; position < tokens; position++) {
    let found: { prefix: string; share: number } | undefined;
    for (const token of vocabulary) {
      const prefix = `${best.prefix}${token} `;
      const share = shareOf(isCostly, asks, prefix);
      best.decisions += asks.length;
      if (found === undefined || towards * (share - found.share) > 0) found = { prefix, share };
    }
    if (found === undefined || towards * (found.share - best.share) < 0) break;
    Object.assign(best, found);
  }
  return best;
}

export function shareOf(isCostly: IsCostly, asks: string[], prefix: string): number {
  let costly = 0;
  for (const ask of asks) if (isCostly(prefix + ask)) costly += 1;
  return costly / asks.length;
}

/** As many tokens without a search. */
export function anyPrefix(uniform: () => number, tokens = 5): string {
  return Array.from(
    { length: tokens },
    () => `${vocabulary[Math.floor(uniform() * vocabulary.length)]} `,
  ).join('');
}
