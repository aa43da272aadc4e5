import type { TaskFamily } from '../../router/index.ts';

const rubrics: { readonly [task in TaskFamily]?: string } = {
  lookup: 'What matters is whether the facts are right; one wrong fact outweighs any wording.',
  extraction:
    'What matters is that exactly what was asked for is taken from the text: nothing left out, nothing made up, in the form that was asked for.',
  rewrite:
    'What matters is that the meaning is kept and the change that was asked for is made, and no other.',
  translate:
    'What matters is that the meaning, names, numbers and tone are carried over in natural words of the target language.',
  summarise:
    'What matters is that the main points are there, and nothing that the text does not say. Shorter is as good where nothing is missing.',
  maths:
    'What matters is the final result; work it out yourself first. With the same result they are a tie, unless the reasoning of one is wrong.',
  code: 'What matters is whether the code does what was asked when it is run, edge cases included; comments and explanations do not.',
  'agent-step':
    'What matters is the next step: the same tool with arguments that mean the same is a tie; a step that loses data, repeats one that was made, or stops too early is worse.',
  reasoning: 'What matters is the conclusion and that the steps lead to it; work it out yourself first.',
  'long-context': 'What matters is that the answer rests on what the long text says, where it says it.',
  creative: 'What matters is that every wish is met, and then how well it reads in its language.',
  utility:
    'What matters is that the answer can be used as it is, by a program where the request reads like one.',
};

const usual = 'What matters is that the person who asked is helped with what they asked.';

/** What a judge is told to look at, by the kind of work. */
export const rubricOf = (task: TaskFamily | undefined): string =>
  (task === undefined ? undefined : rubrics[task]) ?? usual;
