const nameCharsMax = 200;
const plainName = 'document';

/**
 * Names of documents as the service takes them: letters, digits, single spaces, hyphens, underscores, round and square brackets, no
 * extension (the format says it), and no name twice in one request.
 */
export class DocumentNames {
  readonly #used = new Map<string, number>();

  /** The name for a file; `format` is the extension that goes. */
  take(fileName: string | undefined, format: string): string {
    const bare = fileName?.toLowerCase().endsWith(`.${format}`)
      ? fileName.slice(0, -format.length - 1)
      : fileName;
    const clean = bare
      ?.replace(/[^A-Za-z0-9\s_()[\]-]/g, ' ')
      .replace(/\s+/g, ' ')
      .trim()
      .slice(0, nameCharsMax - 8)
      .trim();
    const name = clean === undefined || clean === '' ? plainName : clean;
    const number = (this.#used.get(name) ?? 0) + 1;
    this.#used.set(name, number);
    return number === 1 ? name : `${name} (${number})`;
  }
}
