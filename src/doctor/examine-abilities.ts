import type { Deployment } from '../catalog/index.ts';
import type { Caller } from './caller.ts';
import type { CheckName, Outcome, Verdict } from './check.ts';
import { checkContext } from './checks/context.ts';
import { checkImage } from './checks/image.ts';
import { checkJsonSchema } from './checks/json-schema.ts';
import { checkStream } from './checks/stream.ts';
import { checkSystem } from './checks/system.ts';
import { checkThinking } from './checks/thinking.ts';
import { checkTools } from './checks/tools.ts';
import type { Listing } from './listing.ts';
import { candidateOf, isSwitchable, type Subject } from './subject.ts';

/** Checks that can be left out. */
export const skippable = [
  'stream',
  'thinking',
  'system',
  'tools',
  'json-schema',
  'image',
  'context',
] as const satisfies CheckName[];

export type Skippable = (typeof skippable)[number];

export interface AbilityExam {
  deployment: Deployment;
  caller: Caller;
  listing: Listing;
  skip: ReadonlySet<Skippable>;
  /** Told as soon as it is known. */
  tell(verdict: Verdict): void;
}

/** What a deployment that answers can do: all that is claimed, and of a model that nobody has described also what may be there unclaimed. */
export async function examineAbilities(exam: AbilityExam): Promise<Outcome['findings']> {
  const { deployment, caller, listing, skip } = exam;
  const { capabilities, facts } = deployment.model;
  const undescribed = facts.length === 0;
  const findings: Outcome['findings'] = [];
  const run = async (name: Skippable, check: () => Promise<Outcome>): Promise<Outcome | undefined> => {
    if (skip.has(name) || caller.stopped) return undefined;
    const outcome = await check();
    for (const verdict of outcome.verdicts) exam.tell(verdict);
    findings.push(...outcome.findings);
    return outcome;
  };
  const thinking = await run('thinking', () => checkThinking(deployment, caller));
  const offWorks = thinking?.findings.some(
    (each) => each.capability === 'thinking-off' && each.value === true,
  );
  const quiet = isSwitchable(deployment) && offWorks === true ? 'off' : 'default';
  const subject: Subject = { deployment, caller, quiet: candidateOf(deployment, quiet) };
  await run('stream', () => checkStream(subject));
  await run('system', () => checkSystem(subject));
  if (capabilities.tools) await run('tools', () => checkTools(subject));
  else if (undescribed) await run('tools', () => unclaimed(checkTools(subject), 'capabilities.tools: true'));
  if (capabilities.jsonSchema) await run('json-schema', () => checkJsonSchema(subject));
  else if (undescribed)
    await run('json-schema', () => unclaimed(checkJsonSchema(subject), 'capabilities.json_schema: true'));
  if (capabilities.imageInput) await run('image', () => checkImage(subject));
  await run('context', () => checkContext(subject, listing));
  return findings;
}

/** Nobody said that it can, so it is no fault that it cannot. */
async function unclaimed(checked: Promise<Outcome>, statement: string): Promise<Outcome> {
  const { verdicts, findings } = await checked;
  return {
    findings,
    verdicts: verdicts.flatMap((verdict): Verdict[] =>
      verdict.status === 'ok'
        ? [{ ...verdict, says: `${verdict.says}; not claimed: state ${statement} for routes to use it` }]
        : verdict.status === 'skipped'
          ? [verdict]
          : [{ check: verdict.check, status: 'ok', says: `not claimed, and not there: ${verdict.says}` }],
    ),
  };
}
