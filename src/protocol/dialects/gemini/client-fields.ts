import type { ClientFields } from '../client-fields.ts';

export const geminiFields: ClientFields = {
  // The service takes every name in two spellings.
  understood: new Set([
    'model',
    'models',
    'contents',
    'tools',
    ...bothSpellings('systemInstruction'),
    ...bothSpellings('toolConfig', 'functionCallingConfig'),
    ...[
      'temperature',
      'topP',
      'topK',
      'maxOutputTokens',
      'stopSequences',
      'seed',
      'presencePenalty',
      'frequencyPenalty',
      'responseMimeType',
      'responseSchema',
      'responseJsonSchema',
      'thinkingConfig',
    ].flatMap((field) => bothSpellings('generationConfig', field)),
  ]),
  reasoning: bothSpellings('generationConfig', 'thinkingConfig'),
  named: {
    temperature: 'generationConfig.temperature',
    top_p: 'generationConfig.topP',
    top_k: 'generationConfig.topK',
    seed: 'generationConfig.seed',
    presence_penalty: 'generationConfig.presencePenalty',
    frequency_penalty: 'generationConfig.frequencyPenalty',
    tool_choice: 'toolConfig.functionCallingConfig',
  },
  stop: 'generationConfig.stopSequences',
  jsonSchema: 'generationConfig.responseSchema',
  pastReasoning: 'contents.parts.thought',
  toolStrict: 'tools.functionDeclarations.strict',
  documentUrl: 'contents.parts.fileData',
};

function bothSpellings(field: string, inner?: string): string[] {
  const fields = [field, snake(field)];
  if (inner === undefined) return fields;
  return fields.flatMap((outer) => [`${outer}.${inner}`, `${outer}.${snake(inner)}`]);
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
