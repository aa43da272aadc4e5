/**
 * What an answer itself can show to be wrong. `broken`: the client's program cannot use it, whatever was asked. `poor`: it can be read, but another
 * member should be asked. `hint`: a doubt, which alone decides nothing.
 */
export const faultTable = {
  empty: 'broken',
  'invalid-tool-arguments': 'broken',
  'unknown-tool': 'broken',
  'tool-arguments-mismatch': 'broken',
  'tool-choice-ignored': 'broken',
  'invalid-json': 'broken',
  'json-schema-mismatch': 'broken',
  truncated: 'poor',
  refused: 'poor',
  loop: 'poor',
  'wrong-language': 'poor',
  'code-syntax': 'hint',
} as const satisfies { [code: string]: 'broken' | 'poor' | 'hint' };

export type FaultCode = keyof typeof faultTable;

/** A hard fault: such an answer is never given out while another member is left. */
export const isHardFault = (code: FaultCode): boolean => faultTable[code] !== 'hint';
