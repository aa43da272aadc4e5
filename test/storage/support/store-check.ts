import { test } from 'node:test';

/** Gives the function that registers one behaviour of a store as a test; each test has what `open` gives to itself, and closes it. */
export function storeCheck<Opened extends { close(): Promise<void> }>(
  name: string,
  open: () => Promise<Opened>,
): (behaviour: string, body: (opened: Opened) => Promise<void>) => void {
  return (behaviour, body) => {
    test(`${name}: ${behaviour}`, async () => {
      const opened = await open();
      try {
        await body(opened);
      } finally {
        await opened.close();
      }
    });
  };
}
