/**
 * The id of a call to which the vendor gave none. It has the answer's id in it, because histories in which two calls share one are
 * refused by some vendors.
 */
export function madeCallId(answerId: string | undefined, index: number): string {
  return `call_${(answerId ?? '').replace(/[^A-Za-z0-9]/g, '').slice(-16)}_${index}`;
}
